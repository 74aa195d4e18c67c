/** Checks of untrusted JSON: each failure names the field and what is allowed there. */

export class ConfigError extends Error {
  constructor(field: string, problem: string) {
    super(field === '' ? problem : `${field}: ${problem}`);
  }
}

/** Levels of lists and objects: no configuration and no result has a tenth of them. What looks at them calls itself for each. */
export const DEPTH_MAX = 100;

/** Do lists and objects lie in each other deeper than that? */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) return true;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
}

export type Fields = Readonly<Record<string, unknown>>;

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
};

export function fields(value: unknown, at: string, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ConfigError(at, `must be an object, not ${shown(value)}`);
  for (const name of Object.keys(value))
    if (!known.includes(name)) throw new ConfigError(at, `there is no field '${name}'; there are ${known.join(', ')}`);
  return value as Fields;
}

export function list(value: unknown, at: string, most: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new ConfigError(at, `must be a list, not ${shown(value)}`);
  if (value.length > most) throw new ConfigError(at, `has ${value.length} elements, at most ${most} are possible`);
  return value;
}

export function whole(value: unknown, at: string, least: number, most: number, otherwise?: number): number {
  if (value === undefined && otherwise !== undefined) return otherwise;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw new ConfigError(at, `must be a whole number from ${least} to ${most}, not ${shown(value)}`);
  return value;
}

export function flag(value: unknown, at: string, otherwise: boolean): boolean {
  if (value === undefined) return otherwise;
  if (typeof value !== 'boolean') throw new ConfigError(at, `must be true or false, not ${shown(value)}`);
  return value;
}

export function oneOf<T extends string>(value: unknown, at: string, allowed: readonly T[], otherwise?: T): T {
  if (value === undefined && otherwise !== undefined) return otherwise;
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new ConfigError(at, `must be one of ${allowed.join(', ')}, not ${shown(value)}`);
  return found;
}

export function text(value: unknown, at: string, otherwise: string): string {
  if (value === undefined) return otherwise;
  if (typeof value !== 'string' || value === '' || value.length > 200)
    throw new ConfigError(at, `must be a short text, not ${shown(value)}`);
  return value;
}
