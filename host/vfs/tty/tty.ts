import { EAGAIN } from '../../../assembly/shared/errno.js';
import { SIGWINCH } from '../../linux/signal.js';
import type { IoBuffer } from '../types.js';
import type { WaitQueue } from '../wait.js';
import { Discipline, type DisciplineHooks } from './discipline.js';
import { EXPANSION_BYTES_MAX } from './output.js';
import * as T from './termios.js';

/** In characters. */
export interface WindowSize {
  readonly rows: number;
  readonly columns: number;
  readonly pixelWidth?: number;
  readonly pixelHeight?: number;
}

const WRITE_BYTES = 2048;

/**
 * A terminal as programs see it: modes, line discipline, window size, and whom it controls. What keys and screen are is a subclass's: the
 * host's terminal, or the master of a pseudo-terminal.
 */
export abstract class Tty implements DisciplineHooks {
  readonly termios = new T.Termios();
  readonly discipline = new Discipline(this.termios, this);
  abstract readonly rdev: number;
  /** Woken when reading, writing or polling may have another result. */
  abstract readonly queue: WaitQueue;
  /** A signal for the foreground process group. The kernel sets it. */
  onSignal: ((signo: number) => void) | undefined = undefined;
  /** The terminal has been hung up: its session is to be told. The kernel sets it. */
  onHangUp: (() => void) | undefined = undefined;
  /** Session and foreground process group that it belongs to, 0: none. The job control of the kernel keeps them. */
  session = 0;
  foreground = 0;
  /** TIOCEXCL: only the privileged may open it again. */
  exclusive = false;
  /** Files opened before the last hang-up belong to a connection that is gone. */
  connection = 0;
  private _stoppedByKey = false;
  private _stoppedByProgram = false;

  // --- keys and screen

  /** Bytes that `send` would take now. */
  protected abstract readonly sendRoom: number;
  /** To the screen: all of it, given that there is room, or -errno. */
  protected abstract send(bytes: Uint8Array): number;
  /** What was sent and has not been seen is dropped. */
  protected dropOutput(): void {}
  /** Bytes typed that the line discipline has not taken. */
  protected abstract readonly typedBytes: number;
  protected abstract takeTyped(max: number): Uint8Array;
  protected abstract dropTyped(): void;
  /** Nothing can be typed any more: reads return this when all has been read. undefined: the keys are there. */
  abstract readonly ended: number | undefined;
  /** Somebody waits for keys. */
  want(): void {}
  abstract get windowSize(): WindowSize;
  protected abstract storeWindowSize(size: WindowSize): void;
  get processesOutput(): boolean {
    return false;
  }

  // --- modes

  setWindowSize(size: WindowSize): void {
    const old = this.windowSize;
    const same =
      old.rows === size.rows &&
      old.columns === size.columns &&
      (old.pixelWidth ?? 0) === (size.pixelWidth ?? 0) &&
      (old.pixelHeight ?? 0) === (size.pixelHeight ?? 0);
    if (same) return;
    this.storeWindowSize(size);
    this.onSignal?.(SIGWINCH);
  }

  /** TCSETS. */
  setModes(bytes: Uint8Array): void {
    const { termios } = this;
    const before = { iflag: termios.iflag, lflag: termios.lflag, start: termios.cc[T.VSTART], stop: termios.cc[T.VSTOP] };
    termios.decode(bytes);
    this.discipline.modesChanged(before.lflag);
    if ((before.iflag & T.IXON) !== 0 && !termios.has('iflag', T.IXON)) this.start();
    this.modesSet(before);
    this.pull();
    this.queue.wake();
  }

  /** For subclasses: after a change of modes. */
  protected modesSet(_before: { iflag: number; lflag: number; start: number; stop: number }): void {}

  // --- flow control

  get stopped(): boolean {
    return this._stoppedByKey || this._stoppedByProgram;
  }

  get stoppedByKey(): boolean {
    return this._stoppedByKey;
  }

  stop(): void {
    if (this._stoppedByKey) return;
    this._stoppedByKey = true;
    if (!this._stoppedByProgram) this.flowChanged(true);
  }

  start(): void {
    if (!this._stoppedByKey) return;
    this._stoppedByKey = false;
    if (!this._stoppedByProgram) this._goOn();
  }

  /** TCXONC with TCOOFF and TCOON: keys do not undo it. */
  suspendOutput(on: boolean): void {
    if (this._stoppedByProgram === on) return;
    this._stoppedByProgram = on;
    if (on) this.flowChanged(true);
    else {
      this._stoppedByKey = false;
      this._goOn();
    }
  }

  private _goOn(): void {
    this.flowChanged(false);
    this.flushEcho();
    this.queue.wake();
  }

  /** For subclasses: output has stopped, or goes on. */
  protected flowChanged(_stopped: boolean): void {}

  /** TCXONC with TCIOFF and TCION: the other side is asked to stop or to go on. */
  sendControl(index: number): void {
    const byte = this.termios.cc[index];
    if (byte !== 0 && this.sendRoom > 0) this.send(Uint8Array.of(byte));
  }

  signal(signo: number, flush: boolean): void {
    this.onSignal?.(signo);
    if (!flush) return;
    this.dropOutput();
    this.inputFlushed();
  }

  /** For subclasses: what was typed is gone. */
  protected inputFlushed(): void {}

  flushInput(): void {
    this.discipline.clear();
    this.dropTyped();
    this.inputFlushed();
  }

  flushOutput(): void {
    this.dropOutput();
  }

  hangUp(): void {
    this.connection++;
    this.onHangUp?.();
    this.queue.wake();
  }

  // --- from the keys

  /** The discipline takes what has been typed, as far as it has room. */
  pull(): void {
    const { discipline } = this;
    let any = false;
    while (this.typedBytes > 0) {
      const room = discipline.room;
      if (room === 0) break;
      discipline.receive(this.takeTyped(room));
      any = true;
    }
    if (any) this.flushEcho();
    if (this.typedBytes === 0 && this.ended !== undefined && !discipline.queue.lineEmpty && discipline.lines) discipline.queue.endLine();
    if (any || this.ended !== undefined) this.queue.wake();
  }

  /** TIOCSTI: as if typed. */
  type(byte: number): void {
    if (this.discipline.room > 0) this.discipline.receive(Uint8Array.of(byte));
    this.flushEcho();
    this.queue.wake();
  }

  protected flushEcho(): void {
    const { echo } = this.discipline;
    while (!this.stopped && !echo.empty && this.sendRoom > 0) {
      const bytes = echo.take(Math.min(this.sendRoom, WRITE_BYTES));
      if (bytes.length === 0 && !echo.empty) return;
      if (bytes.length > 0) this.send(bytes);
    }
  }

  // --- to and from programs

  /** FIONREAD */
  get readable(): number {
    const { queue } = this.discipline;
    return this.discipline.lines ? queue.lineBytes : queue.used;
  }

  /** A read finds something. */
  get hasInput(): boolean {
    return this._available(1) || (this.ended !== undefined && this.typedBytes === 0);
  }

  /** poll(2) waits for VMIN bytes when there is no timer between bytes. */
  get pollsIn(): boolean {
    const { cc } = this.termios;
    return this._available(cc[T.VTIME] === 0 && cc[T.VMIN] > 0 ? cc[T.VMIN] : 1) || (this.ended !== undefined && this.typedBytes === 0);
  }

  private _available(bytes: number): boolean {
    const { queue } = this.discipline;
    return this.discipline.lines ? queue.canonHead > queue.tail : queue.used >= bytes;
  }

  get canWrite(): boolean {
    return !this.stopped && this.sendRoom >= EXPANSION_BYTES_MAX;
  }

  /** A line or what there is, -EAGAIN when there is nothing, 0 at an end of file. */
  read(to: IoBuffer): number {
    if (to.remaining === 0) return 0;
    const { discipline } = this;
    if (!this._available(1)) {
      this.pull();
      if (!this.hasInput) this.want();
      if (!this._available(1)) return this.ended !== undefined && this.typedBytes === 0 ? -this.ended : -EAGAIN;
    }
    const done = discipline.lines ? discipline.queue.readLine(to) : discipline.queue.readRaw(to);
    this.pull();
    this.freed();
    return done;
  }

  /** For subclasses: there is room for keys again. */
  protected freed(): void {}

  /** What the screen takes now; -EAGAIN: nothing. */
  write(from: IoBuffer): number {
    this.flushEcho();
    let done = 0;
    while (from.remaining > 0 && this.canWrite) {
      const room = this.sendRoom;
      const bytes = from.take(Math.min(room, WRITE_BYTES));
      if (bytes.length === 0) break;
      const { out, used } = this._processed(bytes, room);
      from.untake(bytes.length - used);
      const result = out.length === 0 ? 0 : this.send(out);
      if (result < 0) {
        from.untake(used);
        return done > 0 ? done : result;
      }
      done += used;
      if (used < bytes.length) break;
    }
    return done === 0 && from.remaining > 0 ? -EAGAIN : done;
  }

  private _processed(bytes: Uint8Array, room: number): { out: Uint8Array; used: number } {
    const { termios } = this;
    if (!termios.has('oflag', T.OPOST)) return { out: bytes, used: bytes.length };
    const out: number[] = [];
    let used = 0;
    // A byte of which only a part would fit waits.
    while (used < bytes.length && out.length + EXPANSION_BYTES_MAX <= room) this.discipline.output.process(bytes[used++], out);
    return { out: Uint8Array.from(out), used };
  }
}
