/** The ways to a model that the configuration names; a page knows them by name, and no address. */

import { list, record, text, texts } from './json-values';

export const LOCAL = 'local';

export interface IRoute {
  readonly name: string;
  /** The host that prompts leave this machine for, "" for none. */
  readonly place: string;
  readonly model: string;
  /** What may not go there. */
  readonly keeps: readonly string[];
  /** Why it cannot be taken, "" where it can. */
  readonly problem: string;
}

export interface IRoutes {
  readonly routes: readonly IRoute[];
  /** The one of this notebook. */
  readonly chosen: string;
}

export function readRoutes(data: unknown): IRoutes {
  const read = record(data);
  const routes = list(read.routes)
    .map(record)
    .map(one => ({
      name: text(one.name),
      place: text(one.place),
      model: text(one.model),
      keeps: texts(one.keeps),
      problem: text(one.problem)
    }))
    .filter(one => one.name !== '');
  const chosen = text(read.chosen);
  return { routes, chosen: routes.some(one => one.name === chosen) ? chosen : LOCAL };
}
