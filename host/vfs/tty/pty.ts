/** Pseudo-terminals (pty(7)): a terminal whose keys and screen are another program's, the one that holds the master. */
import { EAGAIN, EIO } from '../../../assembly/shared/errno.js';
import { makeDev } from '../../linux/stat.js';
import type { IoBuffer } from '../types.js';
import { WaitQueue } from '../wait.js';
import { ByteQueue } from './bytequeue.js';
import * as T from './termios.js';
import { Tty, type WindowSize } from './tty.js';

/** What either side holds for the other before writers wait. */
const WAY_BYTES = 13584;
/** One read of the master returns at most what its own line discipline holds; a flush loses only what is beyond. */
const MASTER_READ_BYTES = 4095;

/* The first byte of a read in packet mode (TIOCPKT). */
export const TIOCPKT_DATA = 0;
const TIOCPKT_FLUSHREAD = 1;
const TIOCPKT_FLUSHWRITE = 2;
const TIOCPKT_STOP = 4;
const TIOCPKT_START = 8;
const TIOCPKT_NOSTOP = 16;
const TIOCPKT_DOSTOP = 32;
const TIOCPKT_IOCTL = 64;

const XON = 0x11;
const XOFF = 0x13;
export const PTS_MAJOR = 136;

/** The slave's side, and what its master needs of it. */
export class PtySlave extends Tty {
  readonly rdev: number;
  readonly queue = new WaitQueue();
  readonly masterQueue = new WaitQueue();
  /** TIOCSPTLCK: it can't be opened yet. */
  locked = true;
  packet = false;
  masterClosed = false;
  /** Open files of the slave. */
  opens = 0;
  /** The slave was open and is no more: the master reads EIO. */
  abandoned = false;
  private readonly _toMaster = new ByteQueue();
  private readonly _toSlave = new ByteQueue();
  private _packetStatus = 0;
  private _windowSize: WindowSize = { rows: 0, columns: 0 };

  constructor(
    readonly index: number,
    /** The master is gone, and its name with it. */
    readonly onRelease: () => void,
  ) {
    super();
    this.rdev = makeDev(PTS_MAJOR, index);
  }

  // --- files of the slave

  opened(): void {
    this.opens++;
    this.abandoned = false;
  }

  closed(): void {
    if (--this.opens > 0) return;
    this.abandoned = true;
    this.packet = false;
    this.masterQueue.wake();
  }

  // --- the Tty's keys and screen

  override get ended(): number | undefined {
    return this.masterClosed ? EIO : undefined;
  }

  protected override get sendRoom(): number {
    return this.masterClosed ? 0 : WAY_BYTES - this._toMaster.length;
  }

  protected override send(bytes: Uint8Array): number {
    if (this.masterClosed) return -EIO;
    this._toMaster.push(bytes.slice());
    this.masterQueue.wake();
    return bytes.length;
  }

  protected override dropOutput(): void {
    this._toMaster.truncate(MASTER_READ_BYTES);
    this._tell(TIOCPKT_FLUSHWRITE, 0);
    this.masterQueue.wake();
  }

  protected override inputFlushed(): void {
    this._tell(TIOCPKT_FLUSHREAD, 0);
    this.freed();
  }

  protected override get typedBytes(): number {
    return this._toSlave.length;
  }

  protected override takeTyped(max: number): Uint8Array {
    return this._toSlave.take(max);
  }

  protected override dropTyped(): void {
    this._toSlave.clear();
    this.masterQueue.wake();
  }

  protected override freed(): void {
    this.masterQueue.wake();
  }

  override get windowSize(): WindowSize {
    return this._windowSize;
  }

  protected override storeWindowSize(size: WindowSize): void {
    this._windowSize = size;
  }

  // --- packet mode

  private _tell(set: number, clear: number): void {
    if (!this.packet) return;
    this._packetStatus = (this._packetStatus & ~clear) | set;
    this.masterQueue.wake();
  }

  setPacket(on: boolean): void {
    if (on && !this.packet) this._packetStatus = 0;
    this.packet = on;
  }

  protected override flowChanged(stopped: boolean): void {
    if (stopped) this._tell(TIOCPKT_STOP, TIOCPKT_START);
    else this._tell(TIOCPKT_START, TIOCPKT_STOP);
  }

  protected override modesSet(before: { iflag: number; lflag: number; start: number; stop: number }): void {
    const { termios } = this;
    const flow = (iflag: number, start: number, stop: number): boolean => (iflag & T.IXON) !== 0 && start === XON && stop === XOFF;
    const now = flow(termios.iflag, termios.cc[T.VSTART], termios.cc[T.VSTOP]);
    if (flow(before.iflag, before.start, before.stop) !== now) {
      this._tell(now ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP, TIOCPKT_DOSTOP | TIOCPKT_NOSTOP);
    }
    if (((before.lflag | termios.lflag) & T.EXTPROC) !== 0) this._tell(TIOCPKT_IOCTL, 0);
  }

  // --- the master

  /** A byte of status first in packet mode. -EIO when the last slave has gone and all it said has been read. */
  masterRead(to: IoBuffer): number {
    if (to.remaining === 0) return 0;
    if (this.packet && this._packetStatus !== 0) {
      const status = this._packetStatus;
      this._packetStatus = 0;
      return to.put(Uint8Array.of(status));
    }
    if (this._toMaster.length === 0) return this.abandoned ? -EIO : -EAGAIN;
    let done = 0;
    if (this.packet) {
      done = to.put(Uint8Array.of(TIOCPKT_DATA));
      if (to.remaining === 0) return done;
    }
    done += to.put(this._toMaster.take(Math.min(to.remaining, MASTER_READ_BYTES)));
    this.flushEcho();
    this.queue.wake();
    return done;
  }

  get masterHasInput(): boolean {
    return this._toMaster.length > 0 || this.masterHasStatus;
  }

  get masterHasStatus(): boolean {
    return this.packet && this._packetStatus !== 0;
  }

  get masterReadable(): number {
    return Math.min(this._toMaster.length, MASTER_READ_BYTES);
  }

  get masterRoom(): number {
    return WAY_BYTES - this._toSlave.length - this.discipline.queue.used;
  }

  masterWrite(from: IoBuffer): number {
    let done = 0;
    while (from.remaining > 0 && this.masterRoom > 0) {
      const bytes = from.take(this.masterRoom);
      if (bytes.length === 0) break;
      this._toSlave.push(bytes);
      done += bytes.length;
      this.pull();
    }
    return done === 0 && from.remaining > 0 ? -EAGAIN : done;
  }

  /** TCIFLUSH and TCOFLUSH of the master: what it has not read, and what the slave has not taken. */
  masterFlush(input: boolean, output: boolean): void {
    if (input) {
      this._toMaster.clear();
      this.queue.wake();
    }
    if (output) this._toSlave.clear();
  }

  /** TIOCSIG */
  masterSignal(signo: number): void {
    this.onSignal?.(signo);
  }

  masterClose(): void {
    this.masterClosed = true;
    this.onRelease();
    this.hangUp();
    this.masterQueue.wake();
  }
}
