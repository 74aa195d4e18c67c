import { EINVAL } from '../../assembly/shared/errno.js';
import type { UserMemory } from '../core/user.js';
import { NS_PER_SECOND } from '../kernel/clock.js';
import { SysError } from '../linux/error.js';

const TIMESPEC_BYTES = 16;
/** The longest time the kernel counts: KTIME_MAX, 292 years. */
const SECONDS_MAX = 9_223_372_036;

/** Structures of user memory that several families of calls read and write. */

export function readBigU64(user: UserMemory, address: number): bigint {
  return (BigInt(user.readU32(address + 4)) << 32n) | BigInt(user.readU32(address));
}

export function writeBigU64(user: UserMemory, address: number, value: bigint): void {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  user.write(address, bytes);
}

/** struct timespec as nanoseconds; EINVAL for a negative time or a fraction that is none. Huge times become Infinity. */
export function readTimespec(user: UserMemory, address: number): number {
  const seconds = user.readI64(address);
  const ns = user.readI64(address + 8);
  if (seconds < 0 || ns < 0 || ns >= NS_PER_SECOND) throw new SysError(EINVAL);
  return seconds > 2 ** 33 ? Number.POSITIVE_INFINITY : seconds * NS_PER_SECOND + ns;
}

/** Whole seconds and the nanoseconds beyond them; what never ends is KTIME_MAX. */
function splitTime(ns: number): { seconds: number; rest: number } {
  const seconds = Math.floor(ns / NS_PER_SECOND);
  return seconds >= SECONDS_MAX ? { seconds: SECONDS_MAX, rest: 854_775_807 } : { seconds, rest: Math.floor(ns - seconds * NS_PER_SECOND) };
}

export function writeTimespec(user: UserMemory, address: number, ns: number): void {
  const { seconds, rest } = splitTime(ns);
  user.prepareWrite(address, TIMESPEC_BYTES);
  user.writeU64(address, seconds);
  user.writeU64(address + 8, rest);
}

export function putTimespec(view: DataView, at: number, ns: number): void {
  const { seconds, rest } = splitTime(ns);
  view.setBigInt64(at, BigInt(seconds), true);
  view.setBigInt64(at + 8, BigInt(rest), true);
}

/** struct timeval as nanoseconds. */
export function readTimeval(user: UserMemory, address: number): number {
  const seconds = user.readI64(address);
  const us = user.readI64(address + 8);
  if (seconds < 0 || us < 0 || us >= 1e6) throw new SysError(EINVAL);
  return seconds > 2 ** 33 ? Number.POSITIVE_INFINITY : seconds * NS_PER_SECOND + us * 1000;
}

export function putTimeval(view: DataView, at: number, ns: number): void {
  const { seconds, rest } = splitTime(ns);
  view.setBigInt64(at, BigInt(seconds), true);
  view.setBigInt64(at + 8, BigInt(Math.floor(rest / 1000)), true);
}

/** As /proc/PID/fdinfo writes a time: (seconds, nanoseconds). */
export function timespecText(ns: number): string {
  const { seconds, rest } = splitTime(ns);
  return `(${seconds}, ${rest})`;
}
