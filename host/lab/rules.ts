/**
 * What values of a configuration may be, as data: they are checked by it, defaults are filled in, and the JSON Schema that editors use is
 * written from it.
 */
import { ConfigError, fields, flag, list, oneOf, text, whole } from './check.js';

interface About {
  readonly about: string;
}
interface Whole extends About {
  readonly kind: 'whole';
  readonly least: number;
  readonly most: number;
  readonly otherwise?: number;
}
interface Flag extends About {
  readonly kind: 'flag';
  readonly otherwise: boolean;
}
interface Text extends About {
  readonly kind: 'text';
  /** Left out: undefined. */
  readonly otherwise?: string;
}
interface One<T extends string = string> extends About {
  readonly kind: 'one';
  readonly of: readonly T[];
  readonly otherwise?: T;
}
/** A whole number, or a word for it. */
interface Ways extends About {
  readonly kind: 'ways';
  readonly most: number;
}
interface List<R extends Rule = Rule> extends About {
  readonly kind: 'list';
  readonly each: R;
  readonly least: number;
  readonly most: number;
  /** What an empty one lacks. */
  readonly lacks?: string;
  readonly otherwise?: readonly unknown[];
}
interface Thing<F extends Rules = Rules> extends About {
  readonly kind: 'object';
  readonly fields: F;
}
/** May be left out: undefined. null: it is null then, and may be said so. {}: it is an object of defaults then. */
interface Optional<R extends Rule = Rule, O = undefined | null | Record<string, never>> {
  readonly kind: 'optional';
  readonly rule: R;
  readonly otherwise: O;
}
export type Rule = Whole | Flag | Text | One | Ways | List<Rule> | Thing<Rules> | Optional<Rule>;
export type Rules = { readonly [name: string]: Rule };

/** What comes out of a check. */
export type Checked<R> =
  R extends Optional<infer Inner, infer O>
    ? Checked<Inner> | (O extends Record<string, never> ? never : O)
    : R extends Whole
      ? number
      : R extends Flag
        ? boolean
        : R extends Text
          ? string | undefined
          : R extends One<infer T>
            ? T
            : R extends Ways
              ? number | 'full'
              : R extends List<infer Each>
                ? readonly Checked<Each>[]
                : R extends Thing<infer F>
                  ? { readonly [K in keyof F]: Checked<F[K]> }
                  : never;

const under = (at: string, name: string): string => (at === '' ? name : `${at}.${name}`);

/** A value of a file. Throws ConfigError, which names the field. */
export function checked<R extends Rule>(rule: R, value: unknown, at: string): Checked<R> {
  return check(rule, value, at) as Checked<R>;
}

function check(rule: Rule, value: unknown, at: string): unknown {
  switch (rule.kind) {
    case 'whole':
      return whole(value, at, rule.least, rule.most, rule.otherwise);
    case 'flag':
      return flag(value, at, rule.otherwise);
    case 'text':
      return value === undefined ? rule.otherwise : text(value, at, '');
    case 'one':
      return oneOf(value, at, rule.of, rule.otherwise);
    case 'ways':
      return value === undefined || value === 'full' ? 'full' : whole(value, at, 1, rule.most);
    case 'list': {
      const found = list(value ?? rule.otherwise, at, rule.most).map((one, i) => check(rule.each, one, `${at}[${i}]`));
      if (found.length < rule.least) throw new ConfigError(at, `must have at least one ${rule.lacks ?? 'element'}`);
      return found;
    }
    case 'object': {
      const given = fields(value, at, Object.keys(rule.fields));
      return Object.fromEntries(Object.entries(rule.fields).map(([name, one]) => [name, check(one, given[name], under(at, name))]));
    }
    case 'optional':
      if (value !== undefined && !(value === null && rule.otherwise !== undefined)) return check(rule.rule, value, at);
      return typeof rule.otherwise === 'object' && rule.otherwise !== null ? check(rule.rule, rule.otherwise, at) : rule.otherwise;
  }
}

type Schema = { readonly [key: string]: unknown };

/** The JSON Schema (2020-12) of what a rule takes; what two fields must have in common it can't say. */
export function schemaOf(rule: Rule): Schema {
  switch (rule.kind) {
    case 'whole':
      return { description: rule.about, type: 'integer', minimum: rule.least, maximum: rule.most, default: rule.otherwise };
    case 'flag':
      return { description: rule.about, type: 'boolean', default: rule.otherwise };
    case 'text':
      return { description: rule.about, type: 'string', minLength: 1, maxLength: 200, default: rule.otherwise };
    case 'one':
      return { description: rule.about, enum: rule.of, default: rule.otherwise };
    case 'ways':
      return {
        description: rule.about,
        anyOf: [{ type: 'integer', minimum: 1, maximum: rule.most }, { const: 'full' }],
        default: 'full',
      };
    case 'list':
      return {
        description: rule.about,
        type: 'array',
        items: schemaOf(rule.each),
        minItems: rule.least > 0 ? rule.least : undefined,
        maxItems: rule.most,
        default: rule.otherwise,
      };
    case 'object': {
      const required = Object.entries(rule.fields).flatMap(([name, one]) => (isRequired(one) ? [name] : []));
      return {
        description: rule.about,
        type: 'object',
        properties: Object.fromEntries(Object.entries(rule.fields).map(([name, one]) => [name, schemaOf(one)])),
        required: required.length > 0 ? required : undefined,
        additionalProperties: false,
      };
    }
    case 'optional':
      return rule.otherwise === null ? nullable(schemaOf(rule.rule)) : schemaOf(rule.rule);
  }
}

const nullable = ({ description, ...schema }: Schema): Schema => ({ description, anyOf: [schema, { type: 'null' }], default: null });

function isRequired(rule: Rule): boolean {
  if (rule.kind === 'optional' || rule.kind === 'text' || rule.kind === 'ways') return false;
  return rule.kind === 'object' || rule.otherwise === undefined;
}
