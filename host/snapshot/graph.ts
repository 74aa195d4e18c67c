/**
 * How objects lie in a snapshot. Three parts follow one another:
 *
 *   texts    count, then each
 *   shapes   count, then of each: how many keys, and the keys as numbers of texts
 *   heads    count, then of each object, by its number: KIND_*, and what is needed to make it empty
 *   bodies   of each object, in the same order: what it holds
 *   tables   side tables and weak maps: of each entry (table, key, value)
 *   files    generated files: of each its number and its path
 *
 * A value is TAG_* and what follows it. Objects are named by their numbers, so they may refer to one another as they like.
 */
export const KIND_PLAIN = 0;
export const KIND_ARRAY = 1;
export const KIND_MAP = 2;
export const KIND_SET = 3;
/** An object of a registered class: text of its name. */
export const KIND_INSTANCE = 4;
/** Which element type (index of TYPED_ARRAYS), its bytes. */
export const KIND_TYPED_ARRAY = 5;
/** A call made by `bound`: target, method, first arguments. */
export const KIND_CALL = 6;
/** What the restored machine has of its own: text of its name. Its body is empty. */
export const KIND_REFERENCE = 7;
/** The same, and the properties that are data are as saved. */
export const KIND_ANCHOR = 8;
export const KIND_WEAK = 9;
/** A generated file of /proc, which is made again: text of its class. */
export const KIND_GENERATED = 10;
export const KINDS = 11;

export const TAG_UNDEFINED = 0;
export const TAG_NULL = 1;
export const TAG_FALSE = 2;
export const TAG_TRUE = 3;
export const TAG_INTEGER = 4; // count
export const TAG_NEGATIVE = 5; // count of -value
export const TAG_NUMBER = 6; // f64
export const TAG_TEXT = 7; // number of a text
export const TAG_BIGINT = 8; // number of a text: decimal
export const TAG_OBJECT = 9; // number of an object

export const TYPED_ARRAYS = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigUint64Array,
  BigInt64Array,
] as const;

/** What is saved of a generated file. */
export const GENERATED_STATE = [
  'fs',
  'ino',
  'mode',
  'uid',
  'gid',
  'nlink',
  'size',
  'atime',
  'mtime',
  'ctime',
  'rdev',
  'executions',
  'opens',
  'marks',
];

export type Class = abstract new (...never: never[]) => object;

/** What the two sides agree about. */
export interface GraphNames {
  /** Classes whose objects may be saved, by name. */
  readonly classes: ReadonlyMap<string, Class>;
  /** Properties that are not saved: of the host, or made again. By class. */
  readonly transient: ReadonlyMap<string, readonly string[]>;
}
