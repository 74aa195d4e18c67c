/** What a file of /proc/sys is made of: how it is read, how written, and what a write may say. */
import { EACCES, EINVAL } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { decodeText } from '../../linux/text.js';
import { SyntheticDirectory, SyntheticFile, type SyntheticPlace } from './synthetic.js';

export interface Sysctl {
  readonly mode: number;
  readonly read: () => string;
  readonly write?: (bytes: Uint8Array, position: number) => unknown;
}

/** Either a file or a directory. A function is a file that nobody writes to. */
export interface SysTree {
  readonly [name: string]: (() => string) | Sysctl | SysTree;
}

export function isSysctl(node: object): node is Sysctl {
  return 'mode' in node && 'read' in node && typeof node.mode === 'number' && typeof node.read === 'function';
}

const INT_MAX = 2 ** 31 - 1;
/** Numbers of more digits are not looked at. */
const NUMBER_CHARS = 21;
const TEXT_CHARS = 4095;

/**
 * The first number of what was written: blanks, a minus sign, digits (0x and 0 as in C), a blank or the end. What follows is left alone.
 * EINVAL: no such number.
 */
function firstNumber(bytes: Uint8Array): bigint {
  const text = decodeText(bytes.subarray(0, TEXT_CHARS)).trimStart();
  const match = /^(-?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)(?=[ \t\n]|$)/.exec(text.slice(0, NUMBER_CHARS + 1));
  if (match === null || match[0].length >= NUMBER_CHARS) throw new SysError(EINVAL);
  const size = BigInt(/^0[0-7]+$/.test(match[2]) ? `0o${match[2].slice(1)}` : match[2]);
  return match[1] === '-' ? -size : size;
}

export interface Knob<T> {
  readonly get: () => T;
  readonly set: (value: T) => void;
}

/** A property of an object. */
export function knob<K extends string>(object: { [key in K]: number }, key: K): Knob<number> {
  return {
    get: () => object[key],
    set: (value) => {
      object[key] = value;
    },
  };
}

/** kernel.sysctl_writes_strict is 1: a number that is not written at the beginning of its file is left alone. */
function atStart(write: (bytes: Uint8Array) => void): (bytes: Uint8Array, position: number) => void {
  return (bytes, position) => {
    if (position === 0) write(bytes);
  };
}

/** proc_dointvec_minmax */
export function integer({ get, set }: Knob<number>, min = -INT_MAX - 1, max = INT_MAX): Sysctl {
  const write = atStart((bytes) => {
    const value = Number(firstNumber(bytes));
    if (value < min || value > max) throw new SysError(EINVAL);
    set(value);
  });
  return { mode: 0o644, read: () => `${get()}\n`, write };
}

/** proc_doulongvec_minmax: whatever is wrong is EINVAL. */
export function unsigned({ get, set }: Knob<number>, min: number, max: number): Sysctl {
  const write = atStart((bytes) => {
    const value = firstNumber(bytes);
    if (value < min || value > max) throw new SysError(EINVAL);
    set(Number(value));
  });
  return { mode: 0o644, read: () => `${get()}\n`, write };
}

/**
 * A number in a file of /sys (kstrtoul): decimal digits, a plus sign before and one line's end after them at most. EINVAL: something
 * else, or out of range; `beyond`: larger than what counts there.
 */
export function attribute({ get, set }: Knob<number>, min: number, max: number, beyond = EINVAL): Sysctl {
  const write = (bytes: Uint8Array): void => {
    const text = decodeText(bytes.subarray(0, TEXT_CHARS));
    if (!/^\+?\d+\n?$/.test(text)) throw new SysError(EINVAL);
    const value = Number(text);
    if (value > max) throw new SysError(beyond);
    if (value < min) throw new SysError(EINVAL);
    set(value);
  };
  return { mode: 0o644, read: () => `${get()}\n`, write };
}

/** proc_dostring: the first line, cut to so many characters. A second write goes on where the first ended, and is idle beyond the end. */
export function line({ get, set }: Knob<string>, most: number): Sysctl {
  const write = (bytes: Uint8Array, position: number): boolean => {
    const before = get();
    if (position > before.length) return false;
    const end = bytes.findIndex((byte) => byte === 0 || byte === 0x0a);
    const text = decodeText((end < 0 ? bytes : bytes.subarray(0, end)).subarray(0, most));
    set((before.slice(0, position) + text).slice(0, most));
    return true;
  };
  return { mode: 0o644, read: () => `${get()}\n`, write };
}

/** One is told nothing, and orders something. */
export function command(run: (value: number) => void, min: number, max: number): Sysctl {
  const { write } = integer({ get: () => 0, set: run }, min, max);
  const read = (): never => {
    throw new SysError(EACCES);
  };
  return { mode: 0o200, read, write };
}

/** Who may do what is a matter of ids alone. Nothing written is nothing said. */
export class SysctlFile extends SyntheticFile {
  /** `positioned`: where one writes says something, as in /proc/sys and unlike in /sys. */
  constructor(place: SyntheticPlace, { read, write }: Sysctl, positioned: boolean) {
    const store = (bytes: Uint8Array, position: number): unknown => bytes.length === 0 || write?.(bytes, positioned ? position : 0);
    super(place, read, write === undefined ? undefined : store);
  }

  override get modeOnly(): boolean {
    return true;
  }
}

export class SysctlDirectory extends SyntheticDirectory {
  override get modeOnly(): boolean {
    return true;
  }
}
