/** System V semaphores: semget(2), semctl(2), semop(2), semtimedop(2). */

import * as E from '../../assembly/shared/errno.js';
import { type SemaphoreOperation, SemaphoreSet, type SemaphoreWaiter } from '../kernel/sysv/semaphores.js';
import { BLOCKED, RESTART_NEVER, type Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import * as I from '../linux/ipc.js';
import { CallWaiter } from './callwaiter.js';
import { row } from './row.js';
import { objectBytes, READ, readChange, seconds, setLong, WRITE } from './sysv.js';
import { readTimespec } from './user-types.js';

const SEMID_BYTES = 88;
const SEMBUF_BYTES = 6;

function semget(t: Thread, key: number, count: number, flags: number): number {
  if (count < 0 || count > I.SEMMSL) return -E.EINVAL;
  const { sets } = t.kernel.sysv;
  const fits = (set: SemaphoreSet): void => {
    if (count > set.semaphores.length) throw new SysError(E.EINVAL);
  };
  return sets.getOrMake(t.cred, key, flags, fits, (permissions) => {
    if (count === 0) throw new SysError(E.EINVAL);
    const total = sets.values().reduce((sum, set) => sum + set.semaphores.length, count);
    if (total > I.SEMMNS) throw new SysError(E.ENOSPC);
    return new SemaphoreSet(permissions, count, seconds(t));
  });
}

/** IPC_INFO tells the limits; SEM_INFO two numbers of what there is in the place of two limits. */
function writeInfo(t: Thread, command: number, address: number): number {
  const { sets } = t.kernel.sysv;
  const info = command === I.SEM_INFO;
  const semaphores = (): number => sets.values().reduce((sum, set) => sum + set.semaphores.length, 0);
  const out = new Uint8Array(40);
  const view = new DataView(out.buffer);
  [
    I.SEMMNS,
    I.SEMMNI,
    I.SEMMNS,
    I.SEMMNS,
    I.SEMMSL,
    I.SEMOPM,
    I.SEMOPM,
    info ? sets.values().length : I.SEMUSZ,
    I.SEMVMX,
    info ? semaphores() : I.SEMAEM,
  ].forEach((value, i) => {
    view.setInt32(i * 4, value, true);
  });
  t.user.write(address, out);
  return sets.highest;
}

function stat(t: Thread, id: number, command: number, address: number): number {
  const { sets } = t.kernel.sysv;
  const set = command === I.IPC_STAT ? sets.get(id) : sets.at(id);
  if (command !== I.SEM_STAT_ANY) set.permissions.require(t.cred, READ);
  const { view, out } = objectBytes(SEMID_BYTES, set.permissions);
  [set.operationTime, set.changeTime, set.semaphores.length].forEach((value, i) => {
    setLong(view, 48 + i * 8, value);
  });
  t.user.write(address, out);
  return command === I.IPC_STAT ? 0 : set.permissions.id;
}

function change(t: Thread, id: number, command: number, address: number): number {
  const { sets } = t.kernel.sysv;
  const wanted = command === I.IPC_SET ? readChange(t, address, SEMID_BYTES) : undefined;
  const set = sets.get(id);
  set.permissions.requireOwner(t.cred);
  if (wanted === undefined) {
    sets.remove(set);
    set.remove();
  } else {
    set.permissions.change(wanted.uid, wanted.gid, wanted.mode);
    set.changeTime = seconds(t);
  }
  return 0;
}

function setValue(t: Thread, id: number, index: number, value: number): number {
  if (value < 0 || value > I.SEMVMX) return -E.ERANGE;
  const set = t.kernel.sysv.sets.get(id);
  if (index < 0 || index >= set.semaphores.length) return -E.EINVAL;
  set.permissions.require(t.cred, WRITE);
  set.set(index, [value], t.process.pid, seconds(t));
  return 0;
}

function setAll(t: Thread, set: SemaphoreSet, address: number): number {
  const bytes = t.user.read(address, set.semaphores.length * 2).slice();
  const values = new Uint16Array(bytes.buffer, bytes.byteOffset, set.semaphores.length);
  if (values.some((value) => value > I.SEMVMX)) return -E.ERANGE;
  set.set(0, values, t.process.pid, seconds(t));
  return 0;
}

function semctl(t: Thread, id: number, index: number, command: number, argument: number): number {
  if (id < 0) return -E.EINVAL;
  switch (command) {
    case I.IPC_INFO:
    case I.SEM_INFO:
      return writeInfo(t, command, argument);
    case I.IPC_STAT:
    case I.SEM_STAT:
    case I.SEM_STAT_ANY:
      return stat(t, id, command, argument);
    case I.IPC_SET:
    case I.IPC_RMID:
      return change(t, id, command, argument);
    case I.SETVAL:
      return setValue(t, id, index, argument | 0);
    case I.GETPID:
    case I.GETVAL:
    case I.GETALL:
    case I.GETNCNT:
    case I.GETZCNT:
    case I.SETALL:
      break;
    default:
      return -E.EINVAL;
  }
  const set = t.kernel.sysv.sets.get(id);
  set.permissions.require(t.cred, command === I.SETALL ? WRITE : READ);
  if (command === I.SETALL) return setAll(t, set, argument);
  if (command === I.GETALL) {
    t.user.write(argument, new Uint8Array(Uint16Array.from(set.semaphores, ({ value }) => value).buffer));
    return 0;
  }
  const semaphore = index < 0 ? undefined : set.semaphores[index];
  if (semaphore === undefined) return -E.EINVAL;
  if (command === I.GETVAL) return semaphore.value;
  return command === I.GETPID ? semaphore.pid : set.waiting(index, command === I.GETZCNT);
}

function readOperations(t: Thread, address: number, count: number): SemaphoreOperation[] {
  const bytes = t.user.read(address, count * SEMBUF_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: count }, (_, i) => ({
    index: view.getUint16(i * SEMBUF_BYTES, true),
    change: view.getInt16(i * SEMBUF_BYTES + 2, true),
    flags: view.getInt16(i * SEMBUF_BYTES + 4, true),
  }));
}

interface Wait extends SemaphoreWaiter {
  readonly set: SemaphoreSet;
  readonly deadline: number;
}

function semtimedop(t: Thread, id: number, address: number, count: number, timeout: number): number {
  const waiting = t.scratch as Wait | undefined;
  if (waiting !== undefined) return waiting.result ?? sleepIn(t, waiting);
  const interval = timeout === 0 ? Number.POSITIVE_INFINITY : readTimespec(t.user, timeout);
  if (count < 1 || id < 0) return -E.EINVAL;
  if (count > I.SEMOPM) return -E.E2BIG;
  const operations = readOperations(t, address, count);
  const set = t.kernel.sysv.sets.get(id);
  if (operations.some(({ index }) => index >= set.semaphores.length)) return -E.EFBIG;
  const alters = operations.some((operation) => operation.change !== 0);
  set.permissions.require(t.cred, alters ? WRITE : READ);
  const { process } = t;
  const outcome = set.attempt(process, operations, seconds(t));
  if (typeof outcome === 'number') {
    if (outcome === 0 && alters) set.settle(seconds(t));
    return outcome;
  }
  const waiter: Wait = Object.assign(new CallWaiter(t), {
    set,
    deadline: t.deadline(interval),
    operations,
    process,
    result: undefined,
    blocking: outcome,
  });
  set.wait(waiter);
  return sleepIn(t, waiter);
}

function sleepIn(t: Thread, waiter: Wait): number {
  const { deadline } = waiter;
  const result = t.kernel.now() >= deadline ? -E.EAGAIN : t.sleep({ deadline, restart: RESTART_NEVER });
  if (result === BLOCKED) t.scratch = waiter;
  else waiter.set.leave(waiter);
  return result;
}

function semop(t: Thread, id: number, address: number, count: number): number {
  return semtimedop(t, id, address, count, 0);
}

export const sysvSemaphoreRows = [
  row(190, 'semget', ['flags:ipckey', 'int', 'flags:ipcget'], semget),
  row(191, 'semctl', ['int', 'int', 'enum:semctl', 'pointer'], semctl),
  row(192, 'semtimedop', ['int', 'pointer', 'uint', 'struct:timespec'], semtimedop),
  row(193, 'semop', ['int', 'pointer', 'uint'], semop),
];
