import type { Thread } from '../kernel/thread.js';

/**
 * What an argument is. It decides how the register becomes a number (see `argumentClass`) and how strace shows it.
 * A name after a colon says which: `flags:open`, `enum:whence`, `struct:timespec` (read before the call), `out:stat` (written by it).
 */
export type ArgKind =
  | 'int' // signed 32 bits
  | 'uint' // unsigned 32 bits
  | 'hex' // unsigned 32 bits
  | 'long' // signed 64 bits
  | 'ulong' // unsigned 64 bits
  | 'offset' // signed 64 bits: a file position or length
  | 'size' // unsigned 64 bits: a byte count
  | 'pointer' // unsigned 64 bits: an address not looked into
  | 'path' // address of a NUL-terminated path
  | 'string' // address of a NUL-terminated string
  | 'strings' // address of a NULL-ended array of string pointers (argv)
  | 'bytes' // address of bytes the call reads; their count is the next argument
  | 'outbytes' // address of bytes the call writes; their count is the result
  | 'fd'
  | 'dirfd' // fd or AT_FDCWD
  | 'mode' // octal, unsigned 32 bits
  | 'dev'
  | 'pid'
  | 'uid'
  | 'signal'
  | 'sigset' // address of a signal set read by the call
  | 'outsigset'
  | 'clock' // clock id
  | `flags:${string}` // unsigned 32 bits, a set of named bits
  | `enum:${string}` // signed 32 bits, one named value
  | `struct:${string}` // address
  | `inout:${string}` // address of something the call reads and changes
  | `out:${string}`; // address

export type SyscallHandler = (t: Thread, a0: number, a1: number, a2: number, a3: number, a4: number, a5: number) => number;

/** full: as Linux; partial: works, except; absent: what the guest gets instead. */
export type Support = 'full' | { readonly partial: string } | { readonly absent: string };

export interface SyscallRow {
  readonly number: number;
  readonly name: string;
  readonly args: readonly ArgKind[];
  /** Absent calls have none: they return ENOSYS. */
  readonly handler?: SyscallHandler;
  readonly support: Support;
}

/** A handler takes the arguments it knows; TypeScript lets a shorter function stand for SyscallHandler. */
export function row(
  number: number,
  name: string,
  args: readonly ArgKind[],
  handler: SyscallHandler,
  support: Support = 'full',
): SyscallRow {
  return { number, name, args, handler, support };
}

export function absent(number: number, name: string, args: readonly ArgKind[], why: string): SyscallRow {
  return { number, name, args, support: { absent: why } };
}

/** How a register is read. Signed and unsigned 64-bit values are numbers: exact below 2^53, merely large above. */
export const enum ArgClass {
  I32,
  U32,
  I64,
  U64,
  /** U64; what numbers are not exact for has the same place in its page, beyond all memory: the last 4 GiB end at ADDRESS_END. */
  ADDRESS,
  /** U64; what overflows when it is rounded up to pages is 2^64. */
  SIZE,
}

/** Where 64-bit addresses wrap around, as arguments of kind `pointer`. */
export const ADDRESS_END = 2 ** 53;

export function argumentClass(kind: ArgKind): ArgClass {
  switch (kind) {
    case 'int':
    case 'fd':
    case 'dirfd':
    case 'pid':
    case 'signal':
    case 'clock':
      return ArgClass.I32;
    case 'uint':
    case 'hex':
    case 'mode':
    case 'dev':
    case 'uid':
      return ArgClass.U32;
    case 'long':
    case 'offset':
      return ArgClass.I64;
    case 'pointer':
      return ArgClass.ADDRESS;
    case 'size':
      return ArgClass.SIZE;
    default:
      if (kind.startsWith('enum:')) return ArgClass.I32;
      if (kind.startsWith('flags:')) return ArgClass.U32;
      return ArgClass.U64;
  }
}
