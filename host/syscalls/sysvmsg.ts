/** System V message queues: msgget(2), msgctl(2), msgsnd(2), msgrcv(2). */

import * as E from '../../assembly/shared/errno.js';
import { HART, HART_X } from '../../assembly/shared/layout.js';
import { CAP_SYS_RESOURCE, hasCapability } from '../kernel/credentials.js';
import { type IpcMessage, IpcQueue, type IpcReceiver, type IpcSender, type MessageChoice } from '../kernel/sysv/messages.js';
import { BLOCKED, RESTART_NOHAND, type Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import * as I from '../linux/ipc.js';
import { CallWaiter } from './callwaiter.js';
import { outsideUser } from './iobuffer.js';
import { row } from './row.js';
import { objectBytes, READ, readChange, seconds, setLong, WRITE } from './sysv.js';
import { readBigU64, writeBigU64 } from './user-types.js';

const MSQID_BYTES = 120;
const MSGINFO_BYTES = 32;
const TYPE_BYTES = 8;
const FIRST_ARGUMENT = 10;
const TYPE_ARGUMENT = 3;

function msgget(t: Thread, key: number, flags: number): number {
  const make = (permissions: IpcQueue['permissions']): IpcQueue => new IpcQueue(permissions, seconds(t));
  return t.kernel.sysv.queues.getOrMake(t.cred, key, flags, () => {}, make);
}

function statOf(queue: IpcQueue): Uint8Array {
  const { view, out } = objectBytes(MSQID_BYTES, queue.permissions);
  const { sendTime, receiveTime, changeTime, bytes, messages, bytesMax } = queue;
  [sendTime, receiveTime, changeTime, bytes, messages.length, bytesMax].forEach((value, i) => {
    setLong(view, 48 + i * 8, value);
  });
  view.setInt32(96, queue.lastSender, true);
  view.setInt32(100, queue.lastReceiver, true);
  return out;
}

/** IPC_INFO tells the limits, MSG_INFO what there is of queues, messages and bytes. */
function writeInfo(t: Thread, command: number, address: number): number {
  const { queues } = t.kernel.sysv;
  const all = queues.values();
  const sum = (of: (queue: IpcQueue) => number): number => all.reduce((total, queue) => total + of(queue), 0);
  const limits = command === I.IPC_INFO;
  const out = new Uint8Array(MSGINFO_BYTES);
  const view = new DataView(out.buffer);
  const pool = limits ? (I.MSGMNI * I.MSGMNB) / 1024 : all.length;
  const map = limits ? I.MSGMNB : sum((queue) => queue.messages.length);
  const total = limits ? I.MSGMNB : sum((queue) => queue.bytes);
  [pool, map, I.MSGMAX, I.MSGMNB, I.MSGMNI, I.MSGSSZ, total].forEach((value, i) => {
    view.setInt32(i * 4, value, true);
  });
  view.setUint16(28, 0xffff, true);
  t.user.write(address, out);
  return queues.highest;
}

function msgctl(t: Thread, id: number, command: number, address: number): number {
  if (id < 0 || command < 0) return -E.EINVAL;
  const { queues } = t.kernel.sysv;
  switch (command) {
    case I.IPC_INFO:
    case I.MSG_INFO:
      return writeInfo(t, command, address);
    case I.IPC_STAT:
    case I.MSG_STAT:
    case I.MSG_STAT_ANY: {
      const queue = command === I.IPC_STAT ? queues.get(id) : queues.at(id);
      if (command !== I.MSG_STAT_ANY) queue.permissions.require(t.cred, READ);
      t.user.write(address, statOf(queue));
      return command === I.IPC_STAT ? 0 : queue.permissions.id;
    }
    case I.IPC_SET: {
      const { uid, gid, mode, view } = readChange(t, address, MSQID_BYTES);
      const queue = queues.get(id);
      queue.permissions.requireOwner(t.cred);
      const bytesMax = Number(view.getBigUint64(88, true));
      if (bytesMax > I.MSGMNB && !hasCapability(t.cred, CAP_SYS_RESOURCE)) return -E.EPERM;
      queue.permissions.change(uid, gid, mode);
      queue.bytesMax = bytesMax;
      queue.changeTime = seconds(t);
      queue.wakeSenders();
      return 0;
    }
    case I.IPC_RMID: {
      const queue = queues.get(id);
      queue.permissions.requireOwner(t.cred);
      queues.remove(queue);
      queue.remove();
      return 0;
    }
    default:
      return -E.EINVAL;
  }
}

interface SendWait extends IpcSender {
  readonly queue: IpcQueue;
  readonly message: IpcMessage;
}

function msgsnd(t: Thread, id: number, address: number, length: number, flags: number): number {
  const waiting = t.scratch as SendWait | undefined;
  if (waiting?.removed === true) return -E.EIDRM;
  let { queue, message } = waiting ?? {};
  if (queue === undefined || message === undefined) {
    const type = BigInt.asIntN(64, readBigU64(t.user, address));
    if (length > I.MSGMAX || id < 0 || type < 1n) return -E.EINVAL;
    if (outsideUser(address + TYPE_BYTES, length)) return -E.EFAULT;
    message = { type, bytes: t.user.read(address + TYPE_BYTES, length).slice() };
    queue = t.kernel.sysv.queues.get(id);
  }
  queue.permissions.require(t.cred, WRITE);
  if (queue.fits(message.bytes.length)) {
    if (waiting !== undefined) queue.leave(waiting);
    queue.send(message, t.process.pid, seconds(t));
    return 0;
  }
  if ((flags & I.IPC_NOWAIT) !== 0) return -E.EAGAIN;
  let waiter = waiting;
  if (waiter === undefined) {
    const entry: SendWait = Object.assign(new CallWaiter(t), {
      queue,
      message,
      removed: false,
    });
    waiter = entry;
    queue.waitForRoom(waiter);
  }
  return sleepIn(t, queue, waiter);
}

function sleepIn(t: Thread, queue: IpcQueue, waiter: IpcSender | IpcReceiver): number {
  const result = t.sleep({ restart: RESTART_NOHAND });
  if (result === BLOCKED) t.scratch = waiter;
  else queue.leave(waiter);
  return result;
}

interface ReceiveWait extends IpcReceiver {
  readonly queue: IpcQueue;
}

/** All 64 bits of an argument's register. */
function readArgument({ kernel }: Thread, index: number): bigint {
  const word = (HART + HART_X + (FIRST_ARGUMENT + index) * 8) >>> 2;
  const { u32 } = kernel.core;
  return BigInt.asIntN(64, (BigInt(u32[word + 1]) << 32n) | BigInt(u32[word]));
}

function deliver(t: Thread, address: number, bytesMax: number, message: IpcMessage): number {
  const bytes = message.bytes.subarray(0, bytesMax);
  writeBigU64(t.user, address, message.type);
  t.user.write(address + TYPE_BYTES, bytes);
  return bytes.length;
}

/** MSG_COPY: the message at a place in the queue, which stays there. */
function copyAt(t: Thread, queue: IpcQueue, place: bigint): IpcMessage {
  queue.permissions.require(t.cred, READ);
  const message = place < 0n ? undefined : queue.messages[Number(place)];
  if (message === undefined) throw new SysError(E.ENOMSG);
  return message;
}

function msgrcv(t: Thread, id: number, address: number, length: number, _type: number, flags: number): number {
  const waiting = t.scratch as ReceiveWait | undefined;
  if (waiting !== undefined) {
    const { result, queue } = waiting;
    if (typeof result === 'number') return result;
    return result === undefined ? sleepIn(t, queue, waiting) : deliver(t, address, length, result);
  }
  if (id < 0 || length > Number.MAX_SAFE_INTEGER) return -E.EINVAL;
  const copy = (flags & I.MSG_COPY) !== 0;
  if (copy && ((flags & I.MSG_EXCEPT) !== 0 || (flags & I.IPC_NOWAIT) === 0)) return -E.EINVAL;
  // The type is a long: the register itself.
  const type = readArgument(t, TYPE_ARGUMENT);
  const queue = t.kernel.sysv.queues.get(id);
  const truncates = (flags & I.MSG_NOERROR) !== 0;
  if (copy) {
    const message = copyAt(t, queue, type);
    if (message.bytes.length > length && !truncates) return -E.E2BIG;
    return deliver(t, address, length, message);
  }
  queue.permissions.require(t.cred, READ);
  const choice: MessageChoice = { type, except: (flags & I.MSG_EXCEPT) !== 0 };
  const index = queue.find(choice);
  if (index >= 0) {
    const message = queue.messages[index];
    if (message.bytes.length > length && !truncates) return -E.E2BIG;
    // It is out of the queue: what can't be stored is lost, as in Linux.
    queue.take(index, t.process.pid, seconds(t));
    return deliver(t, address, length, message);
  }
  if ((flags & I.IPC_NOWAIT) !== 0) return -E.ENOMSG;
  const waiter: ReceiveWait = Object.assign(new CallWaiter(t), {
    queue,
    choice,
    bytesMax: length,
    truncates,
    pid: t.process.pid,
    result: undefined,
  });
  queue.waitForMessage(waiter);
  return sleepIn(t, queue, waiter);
}

export const sysvMessageRows = [
  row(186, 'msgget', ['flags:ipckey', 'flags:ipcget'], msgget),
  row(187, 'msgctl', ['int', 'enum:msgctl', 'pointer'], msgctl),
  row(188, 'msgrcv', ['int', 'pointer', 'size', 'long', 'flags:msgrcv'], msgrcv),
  row(189, 'msgsnd', ['int', 'pointer', 'size', 'flags:msgrcv'], msgsnd),
];
