/** In which fields configurations differ, and which of them makes the axis of a plot. */
import type { Json, JsonObject, SystemResult } from './results.js';

export type Primitive = string | number | boolean | null;

/** Names, not properties. */
const NOT_COMPARED = /^(name|source|\$schema)$|\.(name|source)$/;

/** Field -> value: "tlbs[0].entries" -> 16. A fully associative array has ways "full", whatever its size. */
export function flatten(config: JsonObject): Map<string, Primitive> {
  const found = new Map<string, Primitive>();
  const visit = (value: Json, path: string): void => {
    if (Array.isArray(value)) {
      if (value.length === 0) found.set(path, 'none');
      else if (value.every((one) => typeof one === 'string')) found.set(path, value.join(' '));
      else value.forEach((one, i) => visit(one, `${path}[${i}]`));
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, one] of Object.entries(value)) {
        const full = name === 'ways' && one === (value as JsonObject).entries;
        visit(full ? 'full' : one, path === '' ? name : `${path}.${name}`);
      }
    } else if (!NOT_COMPARED.test(path)) found.set(path, value as Primitive);
  };
  visit(config, '');
  return found;
}

/** Fields whose values are not the same in all, in the order in which they come. */
export function variedFields(configs: readonly JsonObject[]): string[] {
  const flat = configs.map(flatten);
  const names = new Set(flat.flatMap((one) => [...one.keys()]));
  return [...names].filter((name) => new Set(flat.map((one) => one.get(name))).size > 1);
}

export interface Line {
  readonly name: string;
  /** Sorted by x. */
  readonly points: readonly { readonly x: number; readonly system: SystemResult }[];
}

/** Systems as lines over one of their fields. */
export interface Varied {
  readonly field: string;
  readonly lines: readonly Line[];
}

const LINES_MAX = 24;

/**
 * The number that is varied most, with systems that differ in nothing but it as a line; undefined: nothing is varied that way.
 * `least`: values that it must have.
 */
export function variedAxis(systems: readonly SystemResult[], least = 3): Varied | undefined {
  const flat = systems.map(({ config }) => flatten(config));
  const fields = variedFields(systems.map(({ config }) => config));
  let best: { varied: Varied; values: number } | undefined;
  for (const field of fields) {
    const values = flat.map((one) => one.get(field));
    if (!values.every((value): value is number => typeof value === 'number')) continue;
    const distinct = new Set(values).size;
    if (distinct < least || (best !== undefined && distinct <= best.values)) continue;
    const others = (but: readonly string[]): string[] =>
      flat.map((one) => JSON.stringify(fields.filter((name) => !but.includes(name)).map((name) => one.get(name) ?? null)));
    // Of an array with as many ways as entries nobody knows whether the one or the other was meant.
    let keys = others([field, field.replace(/entries$/, 'ways')]);
    if (new Set(keys.map((key, i) => `${key} ${values[i]}`)).size < systems.length) keys = others([field]);
    const groups = new Map<string, { x: number; system: SystemResult }[]>();
    systems.forEach((system, i) => {
      groups.set(keys[i], [...(groups.get(keys[i]) ?? []), { x: values[i], system }]);
    });
    const lines = [...groups.values()];
    if (lines.length > LINES_MAX || lines.some((line) => line.length < 2)) continue;
    best = { values: distinct, varied: { field, lines: lines.map((points) => named(field, points)) } };
  }
  return best?.varied;
}

function named(field: string, points: { x: number; system: SystemResult }[]): Line {
  const [{ x, system }] = points;
  return { name: system.config.name.replace(` ${field}=${x}`, ''), points: points.sort((a, b) => a.x - b.x) };
}
