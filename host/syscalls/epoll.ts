/** epoll_create1(2), epoll_ctl(2), epoll_wait(2) in its forms. */

import { EEXIST, EFAULT, EINVAL, ELOOP, ENOENT, EPERM } from '../../assembly/shared/errno.js';
import { RESTART_NEVER, type Thread } from '../kernel/thread.js';
import { sideTable } from '../linux/bound.js';
import { SysError } from '../linux/error.js';
import { O_CLOEXEC, O_RDWR } from '../linux/fcntl.js';
import * as P from '../linux/poll.js';
import type { VfsEnvironment } from '../vfs/environment.js';
import { type EpollEvent, EpollFile, type EpollUse, Interest } from '../vfs/epoll.js';
import { descriptorInode, installAnonymous } from './anonymous.js';
import { outsideUser } from './iobuffer.js';
import { takeMask } from './poll.js';
import { row } from './row.js';
import { readTimespec } from './user-types.js';

const EVENT_BYTES = 16;
const EVENTS_MAX = Math.floor(0x7fffffff / EVENT_BYTES);
const EXCLUSIVE_ALLOWED = P.EPOLLEXCLUSIVE | P.EPOLLWAKEUP | P.EPOLLET | P.POLLIN | P.POLLOUT | P.POLLERR | P.POLLHUP;

const uses = sideTable<VfsEnvironment, EpollUse>('epoll watches');

function useOf(env: VfsEnvironment): EpollUse {
  let use = uses.get(env);
  if (use === undefined) uses.set(env, (use = { watches: 0, knobs: env.knobs }));
  return use;
}

function epollCreate1(t: Thread, flags: number): number {
  if ((flags & ~P.EPOLL_CLOEXEC) !== 0) return -EINVAL;
  const file = new EpollFile(descriptorInode(t), O_RDWR, useOf(t.fs.namespace.env));
  return installAnonymous(t, file, 'eventpoll', (flags & O_CLOEXEC) !== 0);
}

/** struct epoll_event: events (32 bits), padding, data (64). EPOLLWAKEUP means nothing here. */
function epollCtl(t: Thread, epfd: number, op: number, fd: number, address: number): number {
  const view = op === P.EPOLL_CTL_DEL ? undefined : new DataView(t.user.read(address, EVENT_BYTES).buffer);
  const watcher = t.files.get(epfd);
  const file = t.files.get(fd);
  // Files that are always ready can't be watched.
  if (file.queue === undefined) return -EPERM;
  if (!(watcher instanceof EpollFile) || watcher === file) return -EINVAL;
  const interest = watcher.find(fd, file);
  const events = view?.getInt32(0, true) ?? 0;
  const data = view?.getBigUint64(8, true) ?? 0n;
  const exclusive = (events & P.EPOLLEXCLUSIVE) !== 0;
  if (exclusive && op === P.EPOLL_CTL_MOD) return -EINVAL;
  if (exclusive && op === P.EPOLL_CTL_ADD && (file instanceof EpollFile || (events & ~EXCLUSIVE_ALLOWED) !== 0)) return -EINVAL;
  switch (op) {
    case P.EPOLL_CTL_ADD:
      if (file instanceof EpollFile && !watcher.mayNest(file)) return -ELOOP;
      if (interest !== undefined) return -EEXIST;
      watcher.add(new Interest(watcher, fd, file, events | P.POLLERR | P.POLLHUP, data));
      return 0;
    case P.EPOLL_CTL_DEL:
      if (interest === undefined) return -ENOENT;
      watcher.drop(interest);
      return 0;
    case P.EPOLL_CTL_MOD:
      if (interest === undefined) return -ENOENT;
      if ((interest.events & P.EPOLLEXCLUSIVE) !== 0) return -EINVAL;
      watcher.change(interest, events | P.POLLERR | P.POLLHUP, data);
      return 0;
    default:
      return -EINVAL;
  }
}

function putEvent(view: DataView, at: number, { interest, events }: EpollEvent): void {
  view.setUint32(at, events, true);
  view.setBigUint64(at + 8, interest.data, true);
}

/** As many as user memory takes; EFAULT when that is none. */
function writeEvents(t: Thread, address: number, found: readonly EpollEvent[]): number {
  const bytes = new Uint8Array(found.length * EVENT_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [i, event] of found.entries()) putEvent(view, i * EVENT_BYTES, event);
  try {
    t.user.write(address, bytes);
    return found.length;
  } catch (error) {
    if (!(error instanceof SysError && error.errno === EFAULT) || found.length === 1) throw error;
    return writeEvents(t, address, found.slice(0, -1));
  }
}

/** The events are in user memory before any of them counts as reported. */
function wait(t: Thread, epfd: number, address: number, max: number, deadline: number): number {
  if (max <= 0 || max > EVENTS_MAX) return -EINVAL;
  if (outsideUser(address, max * EVENT_BYTES)) return -EFAULT;
  const file = t.files.get(epfd);
  if (!(file instanceof EpollFile)) return -EINVAL;
  const found = file.collect(max);
  if (found.length === 0) return t.kernel.now() >= deadline ? 0 : t.sleep({ queues: [file.queue], deadline, restart: RESTART_NEVER });
  const written = writeEvents(t, address, found);
  for (const { interest } of found.slice(0, written)) file.reported(interest);
  return written;
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
