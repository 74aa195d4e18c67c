import { EINVAL, ENOMEM } from '../../assembly/shared/errno.js';
import { SECBIT_KEEP_CAPS } from '../kernel/credentials.js';
import { TIMER_SLACK_DEFAULT_NS } from '../kernel/process.js';
import type { Thread } from '../kernel/thread.js';
import * as P from '../linux/process.js';
import { SIGNAL_MAX } from '../linux/signal.js';
import { decodeText, encodeText } from '../linux/text.js';
import { aligned, pageCeil, TASK_SIZE } from './memoryrange.js';
import * as K from './prctlcaps.js';
import { row } from './row.js';

/** TASK_COMM_LEN: 15 bytes and a NUL. */
const COMM_BYTES = 16;

function setName(t: Thread, address: number): number {
  const bytes: number[] = [];
  for (let i = 0; i < COMM_BYTES - 1; i++) {
    const byte = t.user.read(address + i, 1)[0];
    if (byte === 0) break;
    bytes.push(byte);
  }
  t.comm = decodeText(Uint8Array.from(bytes));
  return 0;
}

function getName(t: Thread, address: number): number {
  const bytes = new Uint8Array(COMM_BYTES);
  bytes.set(encodeText(t.comm).subarray(0, COMM_BYTES - 1));
  t.user.write(address, bytes);
  return 0;
}

/** ANON_VMA_NAME_MAX_LEN, the NUL included. */
const VMA_NAME_BYTES = 80;

/** Printable, and nothing that would make /proc/PID/maps hard to read. */
function isNameByte(byte: number): boolean {
  return byte >= 32 && byte < 127 && !'\\`$[]'.includes(String.fromCharCode(byte));
}

function nameMemory(t: Thread, address: number, length: number, nameAt: number): number {
  let name = '';
  if (nameAt !== 0) {
    for (let i = 0; ; i++) {
      const byte = t.user.read(nameAt + i, 1)[0];
      if (byte === 0) break;
      if (i === VMA_NAME_BYTES - 1 || !isNameByte(byte)) return -EINVAL;
      name += String.fromCharCode(byte);
    }
  }
  if (!aligned(address) || length > TASK_SIZE) return -EINVAL;
  const bytes = pageCeil(length);
  if (address + bytes > TASK_SIZE) return bytes === 0 ? 0 : -ENOMEM;
  const { space } = t.process;
  const number = name === '' && nameAt === 0 ? 0 : space.names.number(t.kernel.core, space.handle, name);
  return t.kernel.core.exports.mmName(space.handle, address, bytes, number);
}

function prctl(t: Thread, option: number, a: number, b: number, c: number, d: number): number {
  const { process } = t;
  const noMore = b === 0 && c === 0 && d === 0;
  switch (option) {
    case P.PR_SET_PDEATHSIG:
      if (a > SIGNAL_MAX) return -EINVAL;
      process.parentDeathSignal = a;
      return 0;
    case P.PR_GET_PDEATHSIG:
      t.user.writeU32(a, process.parentDeathSignal);
      return 0;
    case P.PR_GET_DUMPABLE:
      return process.dumpable;
    case P.PR_SET_DUMPABLE:
      if (a !== 0 && a !== 1) return -EINVAL;
      process.dumpable = a;
      return 0;
    case P.PR_GET_KEEPCAPS:
      return (t.cred.securebits & SECBIT_KEEP_CAPS) !== 0 ? 1 : 0;
    case P.PR_SET_KEEPCAPS:
      return K.setKeepCapabilities(t, a);
    case P.PR_GET_SECUREBITS:
      return t.cred.securebits;
    case P.PR_SET_SECUREBITS:
      return K.setSecurebits(t, a);
    case P.PR_GET_TIMING:
    case P.PR_GET_SECCOMP:
      return 0;
    case P.PR_SET_TIMING:
      return a === 0 ? 0 : -EINVAL;
    case P.PR_SET_NAME:
      return setName(t, a);
    case P.PR_GET_NAME:
      return getName(t, a);
    case P.PR_CAPBSET_READ:
      return K.readBounding(t, a);
    case P.PR_CAPBSET_DROP:
      return K.dropBounding(t, a);
    case P.PR_CAP_AMBIENT:
      return K.ambient(t, a, b, c, d);
    case P.PR_SET_TIMERSLACK:
      process.timerSlackNs = a === 0 || a > Number.MAX_SAFE_INTEGER ? TIMER_SLACK_DEFAULT_NS : a;
      return 0;
    case P.PR_GET_TIMERSLACK:
      return Math.min(process.timerSlackNs, 2 ** 31 - 1);
    case P.PR_SET_CHILD_SUBREAPER:
      process.childSubreaper = a !== 0;
      return 0;
    case P.PR_GET_CHILD_SUBREAPER:
      t.user.writeU32(a, process.childSubreaper ? 1 : 0);
      return 0;
    case P.PR_SET_NO_NEW_PRIVS:
      if (a !== 1 || !noMore) return -EINVAL;
      process.noNewPrivileges = true;
      return 0;
    case P.PR_GET_NO_NEW_PRIVS:
      return a === 0 && noMore ? (process.noNewPrivileges ? 1 : 0) : -EINVAL;
    case P.PR_GET_TID_ADDRESS:
      t.user.writeU64(a, t.clearChildTid);
      return 0;
    case P.PR_GET_THP_DISABLE:
      return a === 0 && noMore ? (process.hugePagesDisabled ? 1 : 0) : -EINVAL;
    case P.PR_SET_THP_DISABLE:
      if (!noMore) return -EINVAL;
      process.hugePagesDisabled = a !== 0;
      t.kernel.core.exports.spaceForbidHuge(process.space.handle, a !== 0 ? 1 : 0);
      return 0;
    case P.PR_SET_MEMORY_MERGE:
      return mergeMemory(t, a, noMore);
    case P.PR_GET_MEMORY_MERGE:
      return a === 0 && noMore ? (process.mergesMemory ? 1 : 0) : -EINVAL;
    case P.PR_SET_VMA:
      return a === P.PR_SET_VMA_ANON_NAME ? nameMemory(t, b, c, d) : -EINVAL;
    default:
      return -EINVAL;
  }
}

/** All its private memory may be merged with pages of the same contents, what it will map included. */
function mergeMemory(t: Thread, on: number, noMore: boolean): number {
  if (!noMore) return -EINVAL;
  const { process } = t;
  const result = t.kernel.core.exports.ksmAll(process.space.handle, on !== 0 ? 1 : 0);
  if (result === 0) process.mergesMemory = on !== 0;
  return result;
}

export const prctlRows = [
  row(167, 'prctl', ['enum:prctl', 'ulong', 'ulong', 'ulong', 'ulong'], prctl, {
    partial: 'names, capabilities, death signals, dumpable, subreaper, timer slack, no_new_privs, memory names; others give EINVAL',
  }),
];
