import * as fs from 'node:fs';
import type { ReadStream } from 'node:tty';
import { EIO } from '../../assembly/shared/errno.js';
import { errnoOf } from '../vfs/backends/node-errno.js';
import { HostInput } from '../vfs/hoststream.js';
import { spawnSync, tty } from './host-tty.js';

/** What a stream of Node's has that is used here: process.stdin, whatever it is, or a terminal. */
type Source = NodeJS.ReadStream | ReadStream;

/** Bytes of the host, read when the guest asks for them: until then they belong to whoever reads the descriptor next. */
export class HostSource {
  /** Hears when the guest waits for bytes. */
  onWanted: (() => void) | undefined;
  readonly input = new HostInput({ wanted: () => this.#wanted(), full: () => this.source?.pause() });
  protected source: Source | undefined;

  /** `open` may find nothing to read. */
  constructor(private readonly open: () => Source | undefined) {}

  #wanted(): void {
    this.onWanted?.();
    this.#listen();
  }

  #listen(): void {
    if (this.source !== undefined) {
      this.source.resume();
      return;
    }
    const source = this.open();
    if (source === undefined || source.destroyed) {
      this.input.end();
      return;
    }
    this.source = source;
    this.opened(source);
    source.on('data', (chunk: Buffer) => this.receive(Uint8Array.from(chunk)));
    source.on('end', () => this.ended(0));
    source.on('error', (error: unknown) => this.ended(errnoOf(error) ?? EIO));
  }

  protected opened(_source: Source): void {}

  protected receive(bytes: Uint8Array): void {
    this.input.push(bytes);
  }

  protected ended(errno: number): void {
    this.input.end(errno);
  }

  close(): void {
    this.source?.destroy();
  }
}

/** Ctrl-] */
const ESCAPE = 29;
const ESCAPE_TIMES = 3;
const ESCAPE_MS = 1000;
const STTY_MS = 1000;

/**
 * The keys of the host's terminal, which is in raw mode from the first byte that the guest asks for: what they mean is the business of
 * the guest's own line discipline. Only three times Ctrl-] within a second is ours, and still the guest's as well.
 */
export class HostKeys extends HostSource {
  onEscape: (() => void) | undefined;
  /** The terminal is no more: in raw mode there is no other end. */
  onGone: (() => void) | undefined;
  /** Sees all bytes before the guest does. */
  onKeys: ((bytes: Uint8Array) => void) | undefined;
  #escapes: number[] = [];
  #raw: ReadStream | undefined;
  #rawOutput = false;

  #fd = 0;

  constructor(isInput: boolean) {
    super(() => {
      if (isInput) return process.stdin;
      const fd = openKeyboard();
      if (fd === undefined) return undefined;
      this.#fd = fd;
      return new (tty().ReadStream)(fd);
    });
  }

  protected override opened(source: Source): void {
    if (!(source instanceof tty().ReadStream)) return;
    this.#raw = source;
    source.setRawMode(true);
    process.on('SIGCONT', this.#onContinue);
  }

  /** Whoever had the terminal while we were stopped has set its modes; Node would do nothing when it takes it to be raw. */
  readonly #onContinue = (): void => {
    const rawOutput = this.#rawOutput;
    this.#raw?.setRawMode(false);
    this.#raw?.setRawMode(true);
    this.#rawOutput = false;
    this.setRawOutput(rawOutput);
  };

  /** The host makes CR LF of line feeds. */
  get processesOutput(): boolean {
    return !this.#rawOutput;
  }

  /**
   * The guest wants the host to leave its bytes alone, or no longer does. Node's raw mode is about keys only, so stty(1) sees to it; where
   * there is none, the host goes on processing output.
   */
  setRawOutput(on: boolean): void {
    if (on === this.#rawOutput || this.#raw === undefined) return;
    const { status } = spawnSync('stty', [on ? '-opost' : 'opost'], { stdio: [this.#fd, 'ignore', 'ignore'], timeout: STTY_MS });
    if (status === 0) this.#rawOutput = on;
  }

  protected override receive(bytes: Uint8Array): void {
    const now = performance.now();
    for (const byte of bytes) {
      if (byte !== ESCAPE) this.#escapes = [];
      else this.#escapes.push(now);
    }
    this.#escapes = this.#escapes.slice(-ESCAPE_TIMES);
    if (this.#escapes.length === ESCAPE_TIMES && now - this.#escapes[0] < ESCAPE_MS) this.onEscape?.();
    this.onKeys?.(bytes);
    super.receive(bytes);
  }

  protected override ended(errno: number): void {
    this.onGone?.();
    super.ended(errno);
  }

  override close(): void {
    process.off('SIGCONT', this.#onContinue);
    this.#raw?.setRawMode(false);
    this.#raw = undefined;
    super.close();
  }
}

/** Standard input is something else, but there is a terminal: programs such as pagers take their keys from there. */
function openKeyboard(): number | undefined {
  try {
    return fs.openSync('/dev/tty', fs.constants.O_RDONLY | (fs.constants.O_NOCTTY ?? 0));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
