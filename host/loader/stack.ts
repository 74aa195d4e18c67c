import { E2BIG } from '../../assembly/shared/errno.js';
import type { UserMemory } from '../core/user.js';
import { SysError } from '../linux/error.js';

/* Auxiliary vector keys (getauxval(3)) */
const AT_NULL = 0;
const AT_PHDR = 3;
const AT_PHENT = 4;
const AT_PHNUM = 5;
const AT_PAGESZ = 6;
const AT_BASE = 7;
const AT_FLAGS = 8;
const AT_ENTRY = 9;
const AT_UID = 11;
const AT_EUID = 12;
const AT_GID = 13;
const AT_EGID = 14;
const AT_HWCAP = 16;
const AT_CLKTCK = 17;
const AT_SECURE = 23;
const AT_RANDOM = 25;
const AT_EXECFN = 31;
const AT_SYSINFO_EHDR = 33;
const AT_MINSIGSTKSZ = 51;

/** One bit per single-letter extension: A, C, D, F, I, M. */
const HWCAP = [...'ACDFIM'].reduce((bits, letter) => bits | (1 << (letter.charCodeAt(0) - 65)), 0);
const CLOCK_TICKS = 100;
/** Bytes of a signal frame (host/kernel/sigframe.ts), a multiple of 16. */
const SIGNAL_STACK_MIN = 1088;
/** AT_L1I_CACHESIZE 40, its geometry 41, and so on for L1D, L2 and L3: 0, as where the device tree says nothing of caches. */
const AT_CACHES = [40, 41, 42, 43, 44, 45, 46, 47];
const RANDOM_BYTES = 16;

/** One string of argv or envp may have this many bytes, its NUL included (MAX_ARG_STRLEN). */
export const STRING_MAX = 32 * 4096;

export interface StackPlan {
  readonly argv: readonly Uint8Array[];
  readonly envp: readonly Uint8Array[];
  readonly execPath: Uint8Array;
  readonly headerAddress: number;
  readonly headerCount: number;
  readonly entry: number;
  /** Load address of the interpreter, 0 without one. */
  readonly interpreterBase: number;
  readonly uid: number;
  readonly euid: number;
  readonly gid: number;
  readonly egid: number;
  /** The program may do more than its caller: the dynamic linker ignores LD_PRELOAD and the like. */
  readonly secure?: boolean;
  readonly random: Uint8Array;
  /** Its ELF header. */
  readonly vdso: number;
  /** Bytes left free above the stack's pointers: less than 8192, address randomisation. */
  readonly slack?: number;
}

export interface StackResult {
  readonly sp: number;
  readonly argStart: number;
  readonly argEnd: number;
  readonly envStart: number;
  readonly envEnd: number;
  readonly auxStart: number;
  readonly auxBytes: number;
}

/** Bytes that argv and envp take on a new stack, pointers included: what execve limits. */
export function argumentBytes(argv: readonly Uint8Array[], envp: readonly Uint8Array[]): number {
  let total = 0;
  for (const list of [argv, envp]) {
    for (const text of list) {
      if (text.length + 1 > STRING_MAX) throw new SysError(E2BIG);
      total += text.length + 1 + 8;
    }
  }
  return total;
}

/**
 * Writes the initial stack below `top` and returns where things are:
 *
 *   top     8 bytes of zero
 *           path of the program, environment strings, argument strings (in ascending order: arguments first)
 *           16 random bytes
 *           padding to 16
 *           auxv pairs, ending with AT_NULL
 *           envp pointers, NULL; argv pointers, NULL
 *   sp      argc
 */
export function buildStack(user: UserMemory, top: number, plan: StackPlan): StackResult {
  let at = top - 8;
  const place = (bytes: Uint8Array): number => {
    at -= bytes.length + 1;
    return at;
  };
  const strings: [number, Uint8Array][] = [];
  const put = (bytes: Uint8Array): number => {
    const address = place(bytes);
    strings.push([address, bytes]);
    return address;
  };
  const execPath = put(plan.execPath);
  const envEnd = at;
  const envp = [...plan.envp].reverse().map(put).reverse();
  const envStart = at;
  const argv = [...plan.argv].reverse().map(put).reverse();
  const argStart = at;
  at = Math.floor((at - RANDOM_BYTES) / 16) * 16;
  const random = at;
  const aux: [number, number][] = [
    [AT_SYSINFO_EHDR, plan.vdso],
    ...AT_CACHES.map((key): [number, number] => [key, 0]),
    [AT_MINSIGSTKSZ, SIGNAL_STACK_MIN],
    [AT_HWCAP, HWCAP],
    [AT_PAGESZ, 4096],
    [AT_CLKTCK, CLOCK_TICKS],
    [AT_PHDR, plan.headerAddress],
    [AT_PHENT, 56],
    [AT_PHNUM, plan.headerCount],
    [AT_BASE, plan.interpreterBase],
    [AT_FLAGS, 0],
    [AT_ENTRY, plan.entry],
    [AT_UID, plan.uid],
    [AT_EUID, plan.euid],
    [AT_GID, plan.gid],
    [AT_EGID, plan.egid],
    [AT_SECURE, plan.secure === true ? 1 : 0],
    [AT_RANDOM, random],
    [AT_EXECFN, execPath],
    [AT_NULL, 0],
  ];
  const words = [argv.length, ...argv, 0, ...envp, 0];
  const auxOffset = words.length * 8;
  words.push(...aux.flat());
  const sp = Math.floor((random - (plan.slack ?? 0) - words.length * 8) / 16) * 16;

  user.write(top - 8, new Uint8Array(8));
  const block = new Uint8Array(execPath + plan.execPath.length + 1 - sp);
  const view = new DataView(block.buffer);
  words.forEach((value, i) => {
    view.setBigUint64(i * 8, BigInt(value), true);
  });
  block.set(plan.random.subarray(0, RANDOM_BYTES), random - sp);
  for (const [address, bytes] of strings) block.set(bytes, address - sp);
  user.write(sp, block);
  return { sp, argStart, argEnd: envStart, envStart, envEnd, auxStart: sp + auxOffset, auxBytes: aux.length * 16 };
}
