/** The host's terminal as the guest's. */
import { bound } from '../../linux/bound.js';
import { SIGWINCH } from '../../linux/signal.js';
import { makeDev } from '../../linux/stat.js';
import type { HostInput, HostOutput } from '../hoststream.js';
import type { IoBuffer } from '../types.js';
import { WaitQueue } from '../wait.js';
import { CR, LF } from './output.js';
import * as T from './termios.js';
import { Tty, type WindowSize } from './tty.js';

export type { WindowSize } from './tty.js';

/**
 * The host's side. Input is what the keys send, one byte after the other, unedited (a raw mode of the host): editing, echo and Ctrl-C
 * happen here. The first `wanted` of the input is the moment to switch the host's terminal to that mode.
 */
export interface HostTerminal {
  /** Absent: nothing can be typed; reads see the end. */
  readonly input?: HostInput;
  readonly output: HostOutput;
  windowSize(): WindowSize;
  /** The host itself makes CR LF of a line feed: then it does so whatever the guest's modes say. May change during a run. */
  readonly processesOutput: boolean;
  /** The guest has changed its modes: `rawOutput`: what the host makes of bytes is not what the guest wants made of them. */
  modesChanged?(rawOutput: boolean): void;
}

/** Bytes that one write may hand over: what the host does not take at once is kept until it does. */
const SEND_BYTES = 65536;
const NOTHING = new Uint8Array(0);
/** Like a line feed to every terminal, but not to a host that would put a CR before it. */
const VERTICAL_TAB = 11;
/** The modes that decide what becomes of written bytes. A host makes CR LF of a line feed and changes nothing else. */
const OUTPUT_MODES = T.OPOST | T.ONLCR | T.OLCUC | T.OCRNL | T.ONOCR | T.ONLRET | T.TABDLY;

/** A terminal of the guest whose other end is the host's. */
export class Terminal extends Tty {
  readonly queue = new WaitQueue(bound(this, 'hostMayWake'));
  /** How often a program has asked for input: while it does, it is alive. */
  asked = 0;
  private _windowSize: WindowSize | undefined;
  /** Bytes made of the program's that the host has not taken yet. */
  private _carry: Uint8Array = NOTHING;

  constructor(
    readonly host: HostTerminal,
    readonly rdev = makeDev(136, 0),
  ) {
    super();
    this.termios.iflag |= T.IUTF8;
    if (host.input !== undefined) host.input.onPush = bound(this, 'pull');
    host.output.queue.add({ wake: bound(this, 'roomOnScreen') });
  }

  hostMayWake(): boolean {
    return this.host.input?.ended === false || !this.host.output.writable;
  }

  roomOnScreen(): void {
    this._flushCarry();
    this.flushEcho();
    this.queue.wake();
  }

  override get windowSize(): WindowSize {
    return this._windowSize ?? this.host.windowSize();
  }

  protected override storeWindowSize(size: WindowSize): void {
    this._windowSize = size;
  }

  /** The host's window has another size now. */
  resized(): void {
    this._windowSize = undefined;
    this.onSignal?.(SIGWINCH);
  }

  protected override modesSet(): void {
    this.want();
    this.host.modesChanged?.((this.termios.oflag & OUTPUT_MODES) !== (T.OPOST | T.ONLCR));
  }

  // --- keys

  protected override get typedBytes(): number {
    return this.host.input?.available ?? 0;
  }

  protected override takeTyped(max: number): Uint8Array {
    const input = this.host.input as HostInput;
    const bytes = input.peek().slice(0, max);
    input.skip(bytes.length);
    return bytes;
  }

  protected override dropTyped(): void {
    while (this.typedBytes > 0) this.takeTyped(this.typedBytes);
  }

  override get ended(): number | undefined {
    const { input } = this.host;
    if (input === undefined) return 0;
    return input.ended ? input.error : undefined;
  }

  override want(): void {
    this.asked++;
    this.host.input?.want();
  }

  // --- screen

  override get processesOutput(): boolean {
    return this.host.processesOutput;
  }

  protected override get sendRoom(): number {
    return this._carry.length === 0 && this.host.output.writable ? SEND_BYTES : 0;
  }

  protected override send(bytes: Uint8Array): number {
    const out = this.processesOutput ? this._prepared(bytes) : bytes;
    const count = this.host.output.write(out);
    if (count < 0) return count;
    if (count < out.length) this._carry = out.slice(count);
    return out.length;
  }

  /** The guest wants bare line feeds and the host would complete them. */
  private _prepared(bytes: Uint8Array): Uint8Array {
    const { termios } = this;
    if ((termios.has('oflag', T.OPOST) && termios.has('oflag', T.ONLCR)) || !bytes.includes(LF)) return bytes;
    return bytes.map((byte, i) => (byte === LF && bytes[i - 1] !== CR ? VERTICAL_TAB : byte));
  }

  override write(from: IoBuffer): number {
    this._flushCarry();
    return super.write(from);
  }

  private _flushCarry(): void {
    if (this._carry.length === 0) return;
    const count = this.host.output.write(this._carry);
    // An output that fails has lost these bytes; the write that follows says so.
    this._carry = count < 0 ? NOTHING : this._carry.slice(count);
  }
}
