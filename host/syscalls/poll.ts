/** ppoll and pselect6: waiting for any of several files. */
import { EBADF, EFAULT, EINVAL } from '../../assembly/shared/errno.js';
import { BLOCKED, RESTART_NOHAND, type Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { O_PATH } from '../linux/fcntl.js';
import * as P from '../linux/poll.js';
import type { OpenFile } from '../vfs/types.js';
import type { WaitQueue } from '../vfs/wait.js';
import { descriptorLimit } from './lookup.js';
import { row } from './row.js';
import { readBigU64, readTimespec, writeTimespec } from './user-types.js';

const SIGSET_BYTES = 8;
const ALWAYS = P.POLLERR | P.POLLHUP;

/** The file behind a descriptor that can be polled; one that only names a place can't. */
function pollable(t: Thread, fd: number): OpenFile | undefined {
  const file = t.files.find(fd);
  return file === undefined || (file.flags & O_PATH) !== 0 ? undefined : file;
}

/** Takes a mask for the time of the call. EINVAL: not the size of a signal set. */
export function takeMask(t: Thread, address: number, size: number): void {
  if (address === 0) return;
  if (size !== SIGSET_BYTES) throw new SysError(EINVAL);
  t.setTemporaryMask(readBigU64(t.user, address));
}

/** When a wait ends: a null timeout never, a zero one at once. */
function deadlineOf(t: Thread, address: number): number {
  return address === 0 ? Number.POSITIVE_INFINITY : t.deadline(readTimespec(t.user, address));
}

/** Nothing is ready: the result of sleeping on all files, or 0 when the time is over. A signal comes before the end of the time. */
function sleepOnAll(t: Thread, queues: readonly (WaitQueue | undefined)[], deadline: number): number {
  const mayEnd = t.kernel.now() >= deadline && !(t.signalFlag && t.hasDeliverable());
  return mayEnd ? 0 : t.sleep({ queues, deadline, restart: RESTART_NOHAND });
}

/** Linux writes back what is left of the time; a place that can't be written is left alone. */
function writeRest(t: Thread, address: number, deadline: number): void {
  if (address === 0 || deadline === Number.POSITIVE_INFINITY) return;
  try {
    writeTimespec(t.user, address, Math.max(0, deadline - t.kernel.now()));
  } catch (error) {
    if (!(error instanceof SysError && error.errno === EFAULT)) throw error;
  }
}

const POLLFD_BYTES = 8;

function ppoll(t: Thread, address: number, count: number, timeout: number, mask: number, maskSize: number): number {
  const deadline = deadlineOf(t, timeout);
  takeMask(t, mask, maskSize);
  if (count > descriptorLimit(t)) return -EINVAL;
  const view = new DataView(t.user.read(address, count * POLLFD_BYTES).buffer);
  const queues: (WaitQueue | undefined)[] = [];
  let ready = 0;
  for (let i = 0; i < count; i++) {
    const fd = view.getInt32(i * POLLFD_BYTES, true);
    const wanted = view.getUint16(i * POLLFD_BYTES + 4, true) | ALWAYS;
    const file = fd < 0 ? undefined : pollable(t, fd);
    const events = fd < 0 ? 0 : file === undefined ? P.POLLNVAL : file.poll() & wanted;
    view.setUint16(i * POLLFD_BYTES + 6, events, true);
    if (events !== 0) ready++;
    queues.push(file?.queue);
  }
  const result = ready > 0 ? ready : sleepOnAll(t, queues, deadline);
  if (result === BLOCKED) return result;
  // Only the results go back: another thread may have changed the rest meanwhile.
  for (let i = 0; i < count; i++) {
    t.user.write(address + i * POLLFD_BYTES + 6, new Uint8Array(view.buffer, i * POLLFD_BYTES + 6, 2));
  }
  writeRest(t, timeout, deadline);
  return result;
}

const SELECT_EVENTS = [
  P.POLLRDNORM | P.POLLRDBAND | P.POLLIN | P.POLLHUP | P.POLLERR | P.POLLNVAL,
  P.POLLWRBAND | P.POLLWRNORM | P.POLLOUT | P.POLLERR | P.POLLNVAL,
  P.POLLPRI | P.POLLNVAL,
];
const WORD_BITS = 64;

function hasBit(set: Uint8Array | undefined, fd: number): boolean {
  return set !== undefined && ((set[fd >> 3] >> (fd & 7)) & 1) === 1;
}

/** Sets are arrays of 64-bit words; descriptors beyond the table are ignored. The sixth argument points at {mask address, size}. */
function pselect6(t: Thread, n: number, read: number, write: number, except: number, timeout: number, maskArgument: number): number {
  const deadline = deadlineOf(t, timeout);
  if (maskArgument !== 0) takeMask(t, t.user.readU64(maskArgument), t.user.readU64(maskArgument + 8));
  if (n < 0) return -EINVAL;
  const top = Math.min(n, Math.ceil(Math.max(t.files.end, WORD_BITS) / WORD_BITS) * WORD_BITS);
  const bytes = Math.ceil(top / WORD_BITS) * 8;
  const addresses = [read, write, except];
  const wanted = addresses.map((address) => (address === 0 ? undefined : t.user.read(address, bytes)));
  const found = wanted.map((set) => (set === undefined ? undefined : new Uint8Array(bytes)));
  const queues: (WaitQueue | undefined)[] = [];
  let ready = 0;
  for (let fd = 0; fd < top; fd++) {
    if (!wanted.some((set) => hasBit(set, fd))) continue;
    const file = pollable(t, fd);
    if (file === undefined) return -EBADF;
    const events = file.poll();
    queues.push(file.queue);
    for (const [i, set] of wanted.entries()) {
      if (!hasBit(set, fd) || (events & SELECT_EVENTS[i]) === 0) continue;
      (found[i] as Uint8Array)[fd >> 3] |= 1 << (fd & 7);
      ready++;
    }
  }
  const result = ready > 0 ? ready : sleepOnAll(t, queues, deadline);
  if (result === BLOCKED) return result;
  if (result >= 0) for (const [i, set] of found.entries()) if (set !== undefined) t.user.write(addresses[i], set);
  writeRest(t, timeout, deadline);
  return result;
}

export const pollRows = [
  row(72, 'pselect6', ['int', 'struct:fdset', 'struct:fdset', 'struct:fdset', 'struct:timespec', 'struct:sigmask_size'], pselect6),
  row(73, 'ppoll', ['struct:pollfds', 'uint', 'struct:timespec', 'sigset', 'size'], ppoll),
];
