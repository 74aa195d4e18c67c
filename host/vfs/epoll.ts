/** epoll(7): the set of watched files, and the list of those that may be ready. */

import { ENOSPC } from '../../assembly/shared/errno.js';
import { bound } from '../linux/bound.js';
import { SysError } from '../linux/error.js';
import * as P from '../linux/poll.js';
import type { VfsKnobs } from './knobs.js';
import { type ClosingWatcher, type Inode, OpenFile } from './types.js';
import { type Waiter, WaitQueue } from './wait.js';

/** Bits that say how to watch, not what for. */
const MANNERS = P.EPOLLET | P.EPOLLONESHOT | P.EPOLLWAKEUP | P.EPOLLEXCLUSIVE;
/** EP_MAX_NESTS: epolls that watch epolls, so many levels. */
const NESTING_MAX = 4;
/** How many files the epolls of a machine watch. */
export interface EpollUse {
  watches: number;
  readonly knobs: VfsKnobs;
}

/**
 * One watched descriptor. It belongs to the open file, not to the number: a duplicate keeps it alive.
 *
 * Invariant: whatever may be ready is in the owner's list; what is there need not be.
 */
export class Interest implements Waiter {
  /** Whose wake-ups it hears: a signal descriptor's depends on who asks. */
  readonly queue: WaitQueue | undefined;

  constructor(
    readonly owner: EpollFile,
    readonly fd: number,
    readonly file: OpenFile,
    /** EPOLL*, errors and hang-ups among them; with EPOLLONESHOT only the manners are left once it has fired. */
    public events: number,
    public data: bigint,
  ) {
    this.queue = file.queue;
  }

  /** The events that it waits for; 0: a one-shot that has fired waits for EPOLL_CTL_MOD. */
  get wanted(): number {
    return this.events & ~MANNERS;
  }

  wake(events: number): void {
    const { wanted } = this;
    if (wanted !== 0 && (events === 0 || (events & wanted) !== 0)) this.owner.mayBeReady(this);
  }

  ready(): number {
    return this.file.poll() & this.wanted;
  }
}

/** What epoll_wait is about to report. */
export interface EpollEvent {
  readonly interest: Interest;
  readonly events: number;
}

export class EpollFile extends OpenFile implements ClosingWatcher {
  private readonly _queue = new WaitQueue(bound(this, 'hostMayWake'));
  private readonly _interests = new Map<OpenFile, Map<number, Interest>>();
  /** In the order in which they became ready; a level-triggered one goes to the end when it is reported. */
  private readonly _ready = new Set<Interest>();

  constructor(
    inode: Inode,
    flags: number,
    private readonly use: EpollUse,
  ) {
    super(inode, flags);
  }

  hostMayWake(): boolean {
    for (const { queue } of this._all()) if (queue?.mayComeFromHost() === true) return true;
    return false;
  }

  private *_all(): IterableIterator<Interest> {
    for (const byFd of this._interests.values()) yield* byFd.values();
  }

  override get stream(): boolean {
    return true;
  }

  override get queue(): WaitQueue {
    return this._queue;
  }

  override poll(): number {
    for (const interest of [...this._ready]) {
      if (interest.ready() !== 0) return P.POLLIN | P.POLLRDNORM;
      this._ready.delete(interest);
    }
    return 0;
  }

  override seek(): number {
    return 0;
  }

  override get details(): string {
    let text = '';
    for (const { fd, file, events, data } of this._all()) {
      const [shownEvents, shownData] = [(events >>> 0).toString(16).padStart(8), data.toString(16).padStart(16)];
      const { inode } = file;
      text += `tfd: ${String(fd).padStart(8)} events: ${shownEvents} data: ${shownData}  pos:${file.offset} `;
      text += `ino:${inode.ino.toString(16)} sdev:${inode.fs.dev.toString(16)}\n`;
    }
    return text;
  }

  find(fd: number, file: OpenFile): Interest | undefined {
    return this._interests.get(file)?.get(fd);
  }

  /** ENOSPC */
  add(interest: Interest): void {
    const { file, fd } = interest;
    if (this.use.watches >= this.use.knobs.epollWatches) throw new SysError(ENOSPC);
    this.use.watches++;
    let byFd = this._interests.get(file);
    if (byFd === undefined) {
      this._interests.set(file, (byFd = new Map()));
      file.closingWatchers ??= new Set();
      file.closingWatchers.add(this);
    }
    byFd.set(fd, interest);
    interest.queue?.add(interest);
    if (interest.ready() !== 0) this.mayBeReady(interest);
  }

  drop(interest: Interest): void {
    const { file, fd } = interest;
    interest.queue?.remove(interest);
    this._ready.delete(interest);
    this.use.watches--;
    const byFd = this._interests.get(file);
    byFd?.delete(fd);
    if (byFd?.size !== 0) return;
    this._interests.delete(file);
    file.closingWatchers?.delete(this);
  }

  /** EPOLL_CTL_MOD: an edge that is there counts anew. */
  change(interest: Interest, events: number, data: bigint): void {
    interest.events = events;
    interest.data = data;
    if (interest.ready() !== 0) this.mayBeReady(interest);
  }

  mayBeReady(interest: Interest): void {
    this._ready.add(interest);
    this._queue.wake(P.POLLIN | P.POLLRDNORM);
  }

  /** The last reference of a watched file is gone. */
  fileClosing(file: OpenFile): void {
    for (const interest of [...(this._interests.get(file)?.values() ?? [])]) this.drop(interest);
  }

  /** Up to `max` events, in their order; who turns out not to be ready leaves the list. */
  collect(max: number): EpollEvent[] {
    const found: EpollEvent[] = [];
    for (const interest of [...this._ready]) {
      if (found.length === max) break;
      const events = interest.ready();
      if (events === 0) this._ready.delete(interest);
      else found.push({ interest, events });
    }
    return found;
  }

  /** The event is in the hands of the guest. */
  reported(interest: Interest): void {
    this._ready.delete(interest);
    if ((interest.events & P.EPOLLONESHOT) !== 0) interest.events &= MANNERS;
    else if ((interest.events & P.EPOLLET) === 0) this._ready.add(interest);
  }

  /** Levels of epolls below this one; Infinity when `other` is among them. */
  private _below(other: EpollFile): number {
    if (this === other) return Number.POSITIVE_INFINITY;
    let levels = 0;
    for (const file of this._interests.keys()) if (file instanceof EpollFile) levels = Math.max(levels, file._below(other) + 1);
    return levels;
  }

  /** Levels of epolls above it. */
  private _above(): number {
    let levels = 0;
    for (const watcher of this.closingWatchers ?? []) if (watcher instanceof EpollFile) levels = Math.max(levels, watcher._above() + 1);
    return levels;
  }

  /** May it watch that epoll? Not in a circle, and only so many levels deep. */
  mayNest(file: EpollFile): boolean {
    return this._above() + 1 + file._below(this) <= NESTING_MAX;
  }

  override close(): void {
    for (const interest of [...this._all()]) this.drop(interest);
  }
}
