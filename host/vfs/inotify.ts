/** inotify(7): a queue of events, and the watches that fill it. */
import { EAGAIN, EINVAL, ENOSPC, ENOTTY } from '../../assembly/shared/errno.js';
import type { UserMemory } from '../core/user.js';
import { SysError } from '../linux/error.js';
import { O_RDONLY } from '../linux/fcntl.js';
import * as I from '../linux/inotify.js';
import { FIONREAD } from '../linux/ioctl.js';
import { POLLIN, POLLRDNORM } from '../linux/poll.js';
import { encodeText } from '../linux/text.js';
import type { VfsKnobs } from './knobs.js';
import { addMark, type Mark, markRestored, removeMark } from './notify.js';
import { type Inode, type IoBuffer, OpenFile } from './types.js';
import { WaitQueue } from './wait.js';

/** What one user has of instances and watches. */
export interface InotifyUse {
  instances: number;
  watches: number;
  readonly knobs: VfsKnobs;
}

/** struct inotify_event: wd, mask, cookie, length of the name with its padding (32 bits each), the name. */
const HEADER_BYTES = 16;
const REPORTED = I.IN_ALL_EVENTS | I.IN_ISDIR | I.IN_UNMOUNT | I.IN_IGNORED | I.IN_Q_OVERFLOW;
/** They say how to watch. */
const MANNERS = I.IN_EXCL_UNLINK | I.IN_ONESHOT;
const NAME_PADDING = 16;

interface QueuedEvent {
  readonly wd: number;
  readonly mask: number;
  readonly cookie: number;
  readonly name: string | undefined;
  readonly bytes: number;
}

export class Watch implements Mark {
  constructor(
    private readonly owner: InotifyFile,
    readonly wd: number,
    readonly inode: Inode,
    /** Events and manners. */
    public mask: number,
  ) {}

  /** It has come with a restored machine. */
  restored(): void {
    markRestored();
  }

  notify(mask: number, name: string | undefined, cookie: number, nameless: boolean): void {
    if ((mask & (this.mask | I.IN_UNMOUNT) & ~MANNERS & (I.IN_ALL_EVENTS | I.IN_UNMOUNT)) === 0) return;
    if (nameless && name !== undefined && (this.mask & I.IN_EXCL_UNLINK) !== 0) return;
    this.owner.enqueue(this.wd, mask & REPORTED, cookie, name);
    if ((this.mask & I.IN_ONESHOT) !== 0) this.end();
  }

  end(): void {
    this.owner.remove(this.wd);
  }
}

export class InotifyFile extends OpenFile {
  private readonly _queue = new WaitQueue();
  private readonly _watches = new Map<number, Watch>();
  private _events: QueuedEvent[] = [];
  /** Events before this index have been read. */
  private _head = 0;
  private _bytes = 0;
  private _overflown = false;
  private _nextWd = 1;

  constructor(
    inode: Inode,
    flags: number,
    private readonly use: InotifyUse,
  ) {
    super(inode, flags | O_RDONLY);
    use.instances++;
  }

  override get stream(): boolean {
    return true;
  }

  override get queue(): WaitQueue {
    return this._queue;
  }

  /** inotify_add_watch(2) of an inode that may be watched. EEXIST is the caller's: see `watches`. */
  watch(inode: Inode, arg: number): number {
    const bits = arg & (I.IN_ALL_EVENTS | MANNERS);
    const found = this.find(inode);
    if (found !== undefined) {
      found.mask = (arg & I.IN_MASK_ADD) !== 0 ? found.mask | bits : bits;
      return found.wd;
    }
    if (this.use.watches >= this.use.knobs.inotifyWatches) throw new SysError(ENOSPC);
    const watch = new Watch(this, this._nextWd++, inode, bits);
    this._watches.set(watch.wd, watch);
    this.use.watches++;
    addMark(watch);
    return watch.wd;
  }

  find(inode: Inode): Watch | undefined {
    for (const mark of inode.marks ?? []) if (mark instanceof Watch && this._watches.get(mark.wd) === mark) return mark;
    return undefined;
  }

  /** The watch is over, whoever ended it: IN_IGNORED. False: there is none of that number. */
  remove(wd: number): boolean {
    const watch = this._watches.get(wd);
    if (watch === undefined) return false;
    this._forget(watch);
    this.enqueue(wd, I.IN_IGNORED, 0, undefined);
    return true;
  }

  private _forget(watch: Watch): void {
    this._watches.delete(watch.wd);
    this.use.watches--;
    removeMark(watch);
  }

  enqueue(wd: number, mask: number, cookie: number, name: string | undefined): void {
    if (this._events.length - this._head >= this.use.knobs.inotifyEvents) {
      if (!this._overflown) this._push({ wd: -1, mask: I.IN_Q_OVERFLOW, cookie: 0, name: undefined, bytes: HEADER_BYTES });
      this._overflown = true;
      return;
    }
    const last = this._head < this._events.length ? this._events[this._events.length - 1] : undefined;
    if (last !== undefined && last.wd === wd && last.mask === mask && last.name === name && mask !== I.IN_IGNORED) return;
    const length = name === undefined ? 0 : encodeText(name).length + 1;
    this._push({ wd, mask, cookie, name, bytes: HEADER_BYTES + Math.ceil(length / NAME_PADDING) * NAME_PADDING });
  }

  private _push(event: QueuedEvent): void {
    this._events.push(event);
    this._bytes += event.bytes;
    this._queue.wake();
  }

  private _shift(): void {
    const event = this._events[this._head++];
    this._bytes -= event.bytes;
    if (event.mask === I.IN_Q_OVERFLOW) this._overflown = false;
    if (this._head === this._events.length) {
      this._events = [];
      this._head = 0;
    }
  }

  override read(to: IoBuffer): number {
    let done = 0;
    while (this._head < this._events.length) {
      const event = this._events[this._head];
      if (to.remaining < event.bytes) return done > 0 ? done : -EINVAL;
      const bytes = new Uint8Array(event.bytes);
      const view = new DataView(bytes.buffer);
      view.setInt32(0, event.wd, true);
      view.setUint32(4, event.mask, true);
      view.setUint32(8, event.cookie, true);
      view.setUint32(12, event.bytes - HEADER_BYTES, true);
      if (event.name !== undefined) bytes.set(encodeText(event.name), HEADER_BYTES);
      const put = to.put(bytes);
      // As in Linux: an event that could not be delivered is lost.
      this._shift();
      if (put < bytes.length) return done;
      done += put;
    }
    return done > 0 ? done : -EAGAIN;
  }

  override poll(): number {
    return this._head < this._events.length ? POLLIN | POLLRDNORM : 0;
  }

  override ioctl(command: number, argument: number, user: UserMemory): number {
    if (command !== FIONREAD) return -ENOTTY;
    user.writeU32(argument, this._bytes);
    return 0;
  }

  override seek(): number {
    return 0;
  }

  override get details(): string {
    const lines = [...this._watches.values()].map(({ wd, inode, mask }) => {
      const [number, ino, dev, events] = [wd, inode.ino, inode.fs.dev, (mask & (I.IN_ALL_EVENTS | MANNERS)) >>> 0].map((n) =>
        n.toString(16),
      );
      return `inotify wd:${number} ino:${ino} sdev:${dev} mask:${events} ignored_mask:0\n`;
    });
    return lines.join('');
  }

  override close(): void {
    this.use.instances--;
    for (const watch of [...this._watches.values()]) this._forget(watch);
    this._events = [];
    this._head = 0;
  }
}
