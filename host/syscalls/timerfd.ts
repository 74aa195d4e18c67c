/** timerfd_create(2): timers that are read and polled instead of sending signals. */

import { EAGAIN, EINVAL, ENOTTY, EPERM } from '../../assembly/shared/errno.js';
import type { UserMemory } from '../core/user.js';
import { CAP_WAKE_ALARM, hasCapability } from '../kernel/credentials.js';
import { expirations } from '../kernel/itimer.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Thread } from '../kernel/thread.js';
import type { Timer } from '../kernel/timers.js';
import { bound } from '../linux/bound.js';
import { SysError } from '../linux/error.js';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../linux/fcntl.js';
import { TFD_IOC_SET_TICKS } from '../linux/ioctl.js';
import { POLLIN } from '../linux/poll.js';
import { type IoBuffer, OpenFile } from '../vfs/types.js';
import { WaitQueue } from '../vfs/wait.js';
import { type DescriptorInode, descriptorInode, installAnonymous } from './anonymous.js';
import * as C from './clocks.js';
import { row } from './row.js';
import { putTimespec, readBigU64, readTimespec, timespecText } from './user-types.js';

const TICK_BYTES = 8;
const TFD_TIMER_CANCEL_ON_SET = 2;
const SETTIME_FLAGS = C.TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
const CLOCKS = [C.CLOCK_REALTIME, C.CLOCK_MONOTONIC, C.CLOCK_BOOTTIME, C.CLOCK_REALTIME_ALARM, C.CLOCK_BOOTTIME_ALARM];

export interface TimerState {
  readonly valueNs: number;
  readonly intervalNs: number;
}

/**
 * Once expired, a repeating timer is started again only when somebody looks: further expirations are counted by arithmetic, so that a
 * timer nobody reads costs the host nothing.
 */
export class TimerFile extends OpenFile {
  private readonly _queue = new WaitQueue();
  private _timer: Timer | undefined;
  private _deadline = 0;
  private _intervalNs = 0;
  private _ticks = 0n;
  /** It went off and has not been started again. */
  private _expired = false;
  private _settimeFlags = 0;

  constructor(
    inode: DescriptorInode,
    flags: number,
    private readonly kernel: Kernel,
    readonly clock: number,
  ) {
    super(inode, flags);
  }

  override get stream(): boolean {
    return true;
  }

  override get queue(): WaitQueue {
    return this._queue;
  }

  private _start(deadline: number): void {
    this._deadline = deadline;
    this._timer = this.kernel.timers.at(deadline, { wake: bound(this, 'expire') });
  }

  expire(): void {
    this._timer = undefined;
    this._expired = true;
    this._ticks++;
    this._queue.wake();
  }

  /** The run loop may not have looked at the clock since the moment came. */
  private _look(): void {
    if (this._timer === undefined || this._deadline > this.kernel.now()) return;
    this._timer.cancel();
    this.expire();
  }

  private _catchUp(): void {
    this._look();
    if (!this._expired || this._intervalNs === 0) return;
    const count = expirations(this._deadline, this._intervalNs, this.kernel.now());
    this._ticks += BigInt(count - 1);
    this._expired = false;
    this._start(this._deadline + this._intervalNs * count);
  }

  /** What timerfd_gettime tells; 0 when it has gone off for the last time or was never set. */
  state(): TimerState {
    this._catchUp();
    const armed = this._timer !== undefined;
    return { valueNs: armed ? Math.max(1, this._deadline - this.kernel.now()) : 0, intervalNs: this._intervalNs };
  }

  /** deadline: monotonic nanoseconds, undefined disarms. */
  set(deadline: number | undefined, intervalNs: number, flags: number): void {
    this._timer?.cancel();
    this._timer = undefined;
    this._ticks = 0n;
    this._expired = false;
    this._intervalNs = intervalNs;
    this._settimeFlags = flags;
    if (deadline !== undefined) this._start(deadline);
  }

  override read(to: IoBuffer): number {
    if (to.remaining < TICK_BYTES) return -EINVAL;
    this._look();
    if (this._ticks === 0n) return -EAGAIN;
    this._catchUp();
    const bytes = new Uint8Array(TICK_BYTES);
    new DataView(bytes.buffer).setBigUint64(0, this._ticks, true);
    const put = to.put(bytes);
    // As in Linux: what could not be delivered is lost.
    this._ticks = 0n;
    this._expired = false;
    return put < TICK_BYTES ? 0 : TICK_BYTES;
  }

  override poll(): number {
    this._look();
    return this._ticks > 0n ? POLLIN : 0;
  }

  override seek(): number {
    return 0;
  }

  override ioctl(command: number, argument: number, user: UserMemory): number {
    if (command !== TFD_IOC_SET_TICKS) return -ENOTTY;
    const ticks = readBigU64(user, argument);
    if (ticks === 0n) return -EINVAL;
    this._ticks = ticks;
    this._queue.wake();
    return 0;
  }

  override get details(): string {
    const { valueNs } = this.state();
    const times = `it_value: ${timespecText(valueNs)}\nit_interval: ${timespecText(this._intervalNs)}\n`;
    return `clockid: ${this.clock}\nticks: ${this._ticks}\nsettime flags: 0${this._settimeFlags.toString(8)}\n${times}`;
  }

  override close(): void {
    this._timer?.cancel();
    this._timer = undefined;
  }
}

function timerfdCreate(t: Thread, clock: number, flags: number): number {
  if ((flags & ~(O_NONBLOCK | O_CLOEXEC)) !== 0 || !CLOCKS.includes(clock)) return -EINVAL;
  const alarm = clock === C.CLOCK_REALTIME_ALARM || clock === C.CLOCK_BOOTTIME_ALARM;
  if (alarm && !hasCapability(t.cred, CAP_WAKE_ALARM)) return -EPERM;
  const file = new TimerFile(descriptorInode(t), O_RDWR | (flags & O_NONBLOCK), t.kernel, clock);
  return installAnonymous(t, file, 'timerfd', (flags & O_CLOEXEC) !== 0);
}

function timerOf(t: Thread, fd: number): TimerFile {
  const file = t.files.get(fd);
  if (!(file instanceof TimerFile)) throw new SysError(EINVAL);
  return file;
}

function writeState(t: Thread, address: number, state: TimerState): void {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  putTimespec(view, 0, state.intervalNs);
  putTimespec(view, 16, state.valueNs);
  t.user.write(address, bytes);
}

/** CANCEL_ON_SET needs nothing: nobody can set the clock, so no read is ever cancelled. */
function timerfdSettime(t: Thread, fd: number, flags: number, value: number, old: number): number {
  t.user.read(value, 32);
  if ((flags & ~SETTIME_FLAGS) !== 0) return -EINVAL;
  const intervalNs = readTimespec(t.user, value);
  const valueNs = readTimespec(t.user, value + 16);
  const timer = timerOf(t, fd);
  const before = timer.state();
  let deadline: number | undefined;
  if (valueNs > 0) deadline = (flags & C.TIMER_ABSTIME) !== 0 ? C.absoluteDeadline(t, timer.clock, value + 16) : t.kernel.now() + valueNs;
  timer.set(deadline, intervalNs, flags);
  if (old !== 0) writeState(t, old, before);
  return 0;
}

function timerfdGettime(t: Thread, fd: number, value: number): number {
  writeState(t, value, timerOf(t, fd).state());
  return 0;
}

export const timerfdRows = [
  row(85, 'timerfd_create', ['clock', 'flags:timerfd_create'], timerfdCreate),
  row(86, 'timerfd_settime', ['fd', 'flags:timerfd', 'struct:itimerspec', 'out:itimerspec'], timerfdSettime),
  row(87, 'timerfd_gettime', ['fd', 'out:itimerspec'], timerfdGettime),
];
