/** The route beside Send: which one, and what would leave this machine for where. */

import { said } from '../../view/said';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ChatModel } from '../../chat/chat-model';
import type { IRoute } from '../../protocol/routes';
import type { ISent } from '../../protocol/sent';
import { sentSummary, thousands } from './context-row';
import { h } from '../../view/element';

export function RouteBar({ model }: { readonly model: ChatModel }): JSX.Element | null {
  const { trans, preview, route } = model;
  const current = route.current;
  if (route.routes.length < 2 && !current?.place) {
    return null;
  }
  return (
    <div className={`jp-devstral-route${current?.place ? ' jp-mod-leaves' : ''}`}>
      {route.routes.length > 1 && (
        <select
          aria-label={trans.__('Route')}
          value={route.chosen}
          onChange={event => void route.choose(event.target.value)}
        >
          {route.routes.map(one => (
            <option key={one.name} value={one.name} disabled={one.problem !== ''} title={said(one.problem)}>
              {label(one, trans)}
            </option>
          ))}
        </select>
      )}
      {current?.place && <span>{leaving(current, preview, trans)}</span>}
    </div>
  );
}

function label(route: IRoute, trans: TranslationBundle): string {
  return route.place ? `${route.name} · ${route.place}` : trans.__('%1 · on this machine', route.name);
}

/** "Leaves for llm.example: 14 cells, 5.1k tokens, 2 secrets hidden; not sent: outputs, files". */
function leaving(route: IRoute, sent: ISent | null, trans: TranslationBundle): string {
  if (!sent || sent.route !== route.name) {
    return trans.__('Leaves for %1', route.place);
  }
  const parts = [
    sentSummary(sent, trans),
    trans.__('%1 tokens', thousands(sent.tokens)),
    trans._n('%1 secret hidden', '%1 secrets hidden', sent.redactions)
  ].join(', ');
  const kept = route.keeps.map(kind => kindName(kind, trans)).join(', ');
  return kept
    ? trans.__('Leaves for %1: %2; never sent there: %3', route.place, parts, kept)
    : trans.__('Leaves for %1: %2', route.place, parts);
}

function kindName(kind: string, trans: TranslationBundle): string {
  switch (kind) {
    case 'source':
      return trans.__('source');
    case 'schemas':
      return trans.__('variables');
    case 'outputs':
      return trans.__('outputs');
    case 'files':
      return trans.__('files');
    case 'images':
      return trans.__('pictures');
    default:
      return kind;
  }
}
