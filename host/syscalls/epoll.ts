/** epoll(7): level- and edge-triggered, one-shot. */
import { EEXIST, EINVAL, ELOOP, ENOENT, EPERM } from '../../assembly/shared/errno.js';
import { BLOCKED, type Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { O_CLOEXEC, O_RDWR } from '../linux/fcntl.js';
import * as P from '../linux/poll.js';
import { isDirectory, isRegular } from '../linux/stat.js';
import { OpenFile } from '../vfs/types.js';
import { type Waiter, WaitQueue } from '../vfs/wait.js';
import { descriptorInode, installAnonymous } from './anonymous.js';
import { sleepOnAll, takeMask } from './poll.js';
import { row } from './row.js';
import { readTimespec } from './user-types.js';

const EVENT_BYTES = 16;
const EVENTS_MAX = Math.floor(0x7fffffff / EVENT_BYTES);
/** Bits that say how to watch, not what for. */
const MANNERS = P.EPOLLET | P.EPOLLONESHOT | P.EPOLLWAKEUP | P.EPOLLEXCLUSIVE;
const ALWAYS = P.POLLERR | P.POLLHUP;
const NESTING_MAX = 5;

/** One watched descriptor. It belongs to the open file, not to the number: a duplicate keeps it alive. */
class Interest implements Waiter {
  /** Something has happened since it was last reported: what edge-triggered watching waits for. */
  signalled = true;
  /** A one-shot that has fired waits for EPOLL_CTL_MOD. */
  disabled = false;

  constructor(
    readonly owner: EpollFile,
    readonly fd: number,
    readonly file: OpenFile,
    public events: number,
    public dataLow: number,
    public dataHigh: number,
  ) {}

  wake(): void {
    this.signalled = true;
    if (this.file.refs <= 0) this.owner.drop(this);
    else this.owner.queue.wake();
  }

  /** The events that are to be reported now. */
  ready(): number {
    if (this.disabled || this.file.refs <= 0) return 0;
    if ((this.events & P.EPOLLET) !== 0 && !this.signalled) return 0;
    return this.file.poll() & ((this.events & ~MANNERS) | ALWAYS);
  }

  reported(): void {
    this.signalled = false;
    if ((this.events & P.EPOLLONESHOT) !== 0) this.disabled = true;
  }
}

export class EpollFile extends OpenFile {
  readonly #queue = new WaitQueue(() => [...this.#interests].some(({ file }) => file.queue?.mayComeFromHost() === true));
  /** In the order in which they will be reported: who was reported goes to the end. */
  readonly #interests = new Set<Interest>();

  override get stream(): boolean {
    return true;
  }

  override get queue(): WaitQueue {
    return this.#queue;
  }

  override poll(): number {
    for (const interest of this.#interests) if (interest.ready() !== 0) return P.POLLIN | P.POLLRDNORM;
    return 0;
  }

  override seek(): number {
    return 0;
  }

  find(fd: number, file: OpenFile): Interest | undefined {
    for (const interest of this.#interests) if (interest.fd === fd && interest.file === file) return interest;
    return undefined;
  }

  add(interest: Interest): void {
    this.#interests.add(interest);
    interest.file.queue?.add(interest);
    if (interest.ready() !== 0) this.#queue.wake();
  }

  drop(interest: Interest): void {
    interest.file.queue?.remove(interest);
    this.#interests.delete(interest);
  }

  /** Watched anew: an edge that is there counts. */
  changed(interest: Interest): void {
    interest.signalled = true;
    interest.disabled = false;
    if (interest.ready() !== 0) this.#queue.wake();
  }

  collect(max: number): { interest: Interest; events: number }[] {
    const found: { interest: Interest; events: number }[] = [];
    for (const interest of [...this.#interests]) {
      if (interest.file.refs <= 0) this.drop(interest);
      else if (found.length < max) {
        const events = interest.ready();
        if (events !== 0) found.push({ interest, events });
      }
    }
    return found;
  }

  commit(interest: Interest): void {
    interest.reported();
    this.#interests.delete(interest);
    this.#interests.add(interest);
  }

  /** How many epolls deep this one watches; Infinity when `other` is among them. */
  depth(other: EpollFile): number {
    if (this === other) return Number.POSITIVE_INFINITY;
    let deepest = 0;
    for (const { file } of this.#interests) if (file instanceof EpollFile) deepest = Math.max(deepest, file.depth(other));
    return deepest + 1;
  }

  override close(): void {
    for (const interest of [...this.#interests]) this.drop(interest);
  }
}

function epollCreate1(t: Thread, flags: number): number {
  if ((flags & ~P.EPOLL_CLOEXEC) !== 0) return -EINVAL;
  return installAnonymous(t, new EpollFile(descriptorInode(t), O_RDWR), 'eventpoll', (flags & O_CLOEXEC) !== 0);
}

function epollOf(t: Thread, fd: number): EpollFile {
  const file = t.files.get(fd);
  if (!(file instanceof EpollFile)) throw new SysError(EINVAL);
  return file;
}

const EXCLUSIVE_ALLOWED = P.EPOLLEXCLUSIVE | P.EPOLLWAKEUP | P.EPOLLET | P.POLLIN | P.POLLOUT | ALWAYS;

function epollCtl(t: Thread, epfd: number, op: number, fd: number, address: number): number {
  const removes = op === P.EPOLL_CTL_DEL;
  const view = removes ? undefined : new DataView(t.user.read(address, EVENT_BYTES).buffer);
  const watcher = t.files.get(epfd);
  const file = t.files.get(fd);
  // Files that are always ready can't be watched.
  if (isRegular(file.inode.mode) || isDirectory(file.inode.mode) || file.queue === undefined) return -EPERM;
  if (!(watcher instanceof EpollFile) || watcher === file) return -EINVAL;
  const interest = watcher.find(fd, file);
  const events = view?.getUint32(0, true) ?? 0;
  const exclusive = (events & P.EPOLLEXCLUSIVE) !== 0;
  if (exclusive && (op === P.EPOLL_CTL_MOD || file instanceof EpollFile || (events & ~EXCLUSIVE_ALLOWED) !== 0)) return -EINVAL;
  switch (op) {
    case P.EPOLL_CTL_ADD: {
      if (interest !== undefined) return -EEXIST;
      if (file instanceof EpollFile && file.depth(watcher) >= NESTING_MAX) return -ELOOP;
      const data = view as DataView;
      watcher.add(new Interest(watcher, fd, file, events | 0, data.getUint32(8, true), data.getUint32(12, true)));
      return 0;
    }
    case P.EPOLL_CTL_DEL:
      if (interest === undefined) return -ENOENT;
      watcher.drop(interest);
      return 0;
    case P.EPOLL_CTL_MOD: {
      if (interest === undefined) return -ENOENT;
      if ((interest.events & P.EPOLLEXCLUSIVE) !== 0) return -EINVAL;
      const data = view as DataView;
      interest.events = events | 0;
      interest.dataLow = data.getUint32(8, true);
      interest.dataHigh = data.getUint32(12, true);
      watcher.changed(interest);
      return 0;
    }
    default:
      return -EINVAL;
  }
}

/** The events are in user memory before any of them counts as reported. */
function wait(t: Thread, epfd: number, address: number, max: number, deadline: number): number {
  if (max <= 0 || max > EVENTS_MAX) return -EINVAL;
  const file = epollOf(t, epfd);
  const found = file.collect(max);
  if (found.length === 0) {
    if (t.kernel.now() >= deadline) return 0;
    const result = sleepOnAll(t, [file.queue], deadline);
    return result === BLOCKED || t.kernel.now() < deadline ? result : 0;
  }
  const bytes = new Uint8Array(found.length * EVENT_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [i, { interest, events }] of found.entries()) {
    view.setUint32(i * EVENT_BYTES, events, true);
    view.setUint32(i * EVENT_BYTES + 8, interest.dataLow, true);
    view.setUint32(i * EVENT_BYTES + 12, interest.dataHigh, true);
  }
  t.user.write(address, bytes);
  for (const { interest } of found) file.commit(interest);
  return found.length;
}

const NS_PER_MS = 1e6;

function epollPwait(t: Thread, epfd: number, events: number, max: number, timeoutMs: number, mask: number, maskSize: number): number {
  takeMask(t, mask, maskSize);
  return wait(t, epfd, events, max, timeoutMs < 0 ? Number.POSITIVE_INFINITY : t.deadline(timeoutMs * NS_PER_MS));
}

function epollPwait2(t: Thread, epfd: number, events: number, max: number, timeout: number, mask: number, maskSize: number): number {
  const deadline = timeout === 0 ? Number.POSITIVE_INFINITY : t.deadline(readTimespec(t.user, timeout));
  takeMask(t, mask, maskSize);
  return wait(t, epfd, events, max, deadline);
}

export const epollRows = [
  row(20, 'epoll_create1', ['flags:epoll_create'], epollCreate1),
  row(21, 'epoll_ctl', ['fd', 'enum:epoll_ctl', 'fd', 'struct:epoll_event'], epollCtl),
  row(22, 'epoll_pwait', ['fd', 'out:epoll_events', 'int', 'int', 'sigset', 'size'], epollPwait),
  row(441, 'epoll_pwait2', ['fd', 'out:epoll_events', 'int', 'struct:timespec', 'sigset', 'size'], epollPwait2),
];
