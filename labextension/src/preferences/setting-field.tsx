/** One entry of the settings page; what a file or a policy has fixed is shown so. */

import * as React from 'react';
import { said } from '../view/said';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IEntry } from './entries';
import { CONFIGURED } from './entries';
import type { Preferences } from './preferences';
import { h } from '../view/element';

/** What the form hands to a field. */
export interface IField {
  readonly formData?: unknown;
  onChange(value: unknown): void;
}

interface IProps {
  readonly field: IField;
  readonly entry: IEntry;
  readonly preferences: Preferences;
  /** Names to choose from. */
  readonly names: () => readonly string[];
  readonly trans: TranslationBundle;
}

export function SettingField({ field, entry, preferences, names, trans }: IProps): JSX.Element {
  const [, drawAgain] = React.useState(0);
  React.useEffect(() => {
    const draw = () => drawAgain(count => count + 1);
    preferences.learned.connect(draw);
    return () => void preferences.learned.disconnect(draw);
  }, [preferences]);
  const fact = preferences.facts.get(entry.name);
  const locked = fact?.lockedBy ?? '';
  const id = `jp-devstral-setting-${entry.key}`;
  const problems = preferences.problems.filter(problem => problem.includes(entry.name));
  const common = { id, 'aria-describedby': `${id}-about`, disabled: locked !== '' };
  return (
    <div className="jp-devstral-setting" data-setting={entry.name} data-locked={locked !== ''}>
      <label className="jp-FormGroup-fieldLabel" htmlFor={id}>
        {entry.title}
      </label>
      <Input entry={entry} common={common} field={field} inForce={fact?.value ?? ''} names={names} trans={trans} />
      <div id={`${id}-about`} className="jp-FormGroup-description">
        {said(fact?.about ?? '')}
        {fact?.note && <p>{said(fact.note)}</p>}
        {locked && <p className="jp-devstral-locked">{trans.__('%1: locked by %2', fact?.value ?? '', said(locked))}</p>}
        {problems.map(problem => (
          <p key={problem} className="jp-devstral-notice-error">
            {said(problem)}
          </p>
        ))}
      </div>
    </div>
  );
}

interface IInputProps {
  readonly entry: IEntry;
  readonly common: { readonly id: string; readonly disabled: boolean };
  readonly field: IField;
  readonly inForce: string;
  readonly names: () => readonly string[];
  readonly trans: TranslationBundle;
}

function Input({ entry, common, field, inForce, names, trans }: IInputProps): JSX.Element {
  const { formData } = field;
  const onChange = (value: unknown) => field.onChange(value);
  const value = common.disabled ? inForce : formData === undefined ? '' : String(formData);
  if (entry.options.length > 0) {
    const first = common.disabled ? inForce : entry.options[0][0];
    return (
      <select {...common} className="jp-mod-styled" value={value || first} onChange={event => onChange(event.target.value)}>
        {entry.options.map(([option, label]) => (
          <option key={option} value={option}>
            {option === CONFIGURED && inForce ? trans.__('%1 (now: %2)', label, labelOf(entry, inForce)) : label}
          </option>
        ))}
      </select>
    );
  }
  if (entry.key === 'trialSeconds') {
    return (
      <input
        {...common}
        className="jp-mod-styled"
        type="number"
        min={0}
        max={600}
        value={value}
        placeholder={inForce}
        onChange={event => onChange(event.target.value === '' ? undefined : Number(event.target.value))}
      />
    );
  }
  return <NameInput common={common} value={value} inForce={inForce} onChange={onChange} names={names} />;
}

interface INameProps {
  readonly common: { readonly id: string; readonly disabled: boolean };
  readonly value: string;
  readonly inForce: string;
  readonly onChange: (value: string) => void;
  readonly names: () => readonly string[];
}

/** Every letter is a name of its own to the server: it is told when the field is left. */
function NameInput({ common, value, inForce, onChange, names }: INameProps): JSX.Element {
  const [typed, setTyped] = React.useState(value);
  React.useEffect(() => setTyped(value), [value]);
  const list = `${common.id}-names`;
  return (
    <>
      <input
        {...common}
        className="jp-mod-styled"
        type="text"
        list={list}
        value={typed}
        placeholder={inForce}
        onChange={event => setTyped(event.target.value)}
        onBlur={() => typed !== value && onChange(typed)}
        onKeyDown={event => event.key === 'Enter' && typed !== value && onChange(typed)}
      />
      <datalist id={list}>
        {names().map(name => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}

function labelOf(entry: IEntry, value: string): string {
  return entry.options.find(([option]) => option === value)?.[1] ?? value;
}
