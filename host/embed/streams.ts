/** Web Streams as the guest's standard input and output. */
import { EIO, EPIPE } from '../../assembly/shared/errno.js';
import { HostInput, type HostOutput } from '../vfs/hoststream.js';
import { WaitQueue } from '../vfs/wait.js';

/** Bytes that wait for a reader before the guest does. */
const BUFFER_BYTES = 65536;

const utf8 = new TextEncoder();

export function bytesOf(content: Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? utf8.encode(content) : new Uint8Array(content);
}

/** All of an input that is known: it ends after these bytes. */
export function fixedInput(content: Uint8Array | string): HostInput {
  const input = new HostInput();
  input.push(bytesOf(content));
  input.end();
  return input;
}

/** Read when the guest wants bytes. A stream that fails is EIO for the guest. */
export function streamInput(stream: ReadableStream<Uint8Array | string>): { input: HostInput; close(): void } {
  const reader = stream.getReader();
  let reading = false;
  let over = false;
  const read = async (): Promise<void> => {
    reading = true;
    try {
      const { done, value } = await reader.read();
      if (done) input.end();
      else input.push(bytesOf(value));
    } catch {
      input.end(EIO);
    }
    reading = false;
    // A chunk without bytes is no answer.
    if (!over && !input.ended && input.available === 0) void read();
  };
  const input = new HostInput({
    wanted: () => {
      if (!reading && !over) void read();
    },
  });
  return {
    input,
    close: () => {
      over = true;
      // Whoever gave the stream is told that nobody reads on; what its source answers to that is its own.
      reader.cancel().catch(() => undefined);
    },
  };
}

/** An input that the embedder writes to; a write is done when the guest has not too much left to read. */
export function writableInput(): { input: HostInput; stream: WritableStream<Uint8Array | string>; close(): void } {
  let drained: (() => void) | undefined;
  let controller: WritableStreamDefaultController | undefined;
  const input = new HostInput({ wanted: () => drained?.() });
  const stream = new WritableStream<Uint8Array | string>({
    start: (given) => {
      controller = given;
    },
    write: async (chunk) => {
      input.push(bytesOf(chunk));
      if (input.available < BUFFER_BYTES) return;
      await new Promise<void>((done) => (drained = done));
      drained = undefined;
    },
    close: () => input.end(),
    abort: () => input.end(EIO),
  });
  const close = (): void => {
    if (!input.ended) {
      input.end();
      controller?.error(new Error('the process has ended: nobody reads its standard input'));
    }
    drained?.();
  };
  return { input, stream, close };
}

/** How many bytes all outputs of a machine may still take. */
export interface OutputAllowance {
  left: number;
  /** It is used up. */
  exceeded(): void;
}

/** Counts: beyond what is allowed the guest gets EIO, and the machine is told. */
function charge(allowance: OutputAllowance, bytes: number): boolean {
  allowance.left -= bytes;
  if (allowance.left >= 0) return true;
  allowance.exceeded();
  return false;
}

/** What the guest writes as a stream. It holds so many bytes; then the guest waits for the reader. A reader that cancels is EPIPE. */
export class ReadableOutput implements HostOutput {
  readonly queue = new WaitQueue(() => true);
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Bytes that the guest has written. */
  total = 0;
  #controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  #cancelled = false;
  #closed = false;

  constructor(private readonly allowance: OutputAllowance) {
    this.stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.queue.wake(),
        cancel: () => {
          this.#cancelled = true;
          this.queue.wake();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: BUFFER_BYTES }),
    );
  }

  get writable(): boolean {
    return this.#cancelled || this.#closed || (this.#controller.desiredSize ?? 0) > 0;
  }

  write(bytes: Uint8Array): number {
    if (this.#cancelled || this.#closed) return -EPIPE;
    const room = Math.max(0, this.#controller.desiredSize ?? 0);
    const chunk = bytes.slice(0, room) as Uint8Array<ArrayBuffer>;
    if (chunk.length === 0) return 0;
    if (!charge(this.allowance, chunk.length)) return -EIO;
    this.#controller.enqueue(chunk);
    this.total += chunk.length;
    return chunk.length;
  }

  closed(): void {
    if (this.#cancelled || this.#closed) return;
    this.#closed = true;
    this.#controller.close();
  }

  fail(error: unknown): void {
    if (this.#cancelled || this.#closed) return;
    this.#closed = true;
    this.#controller.error(error);
    this.queue.wake();
  }
}

/** Output on its way to a WritableStream of the embedder's. A sink that fails is EPIPE for the guest: who gave it has its error there. */
export class Pour {
  /** The guest has closed the output and the sink is closed, or one of them has failed. */
  readonly over: Promise<void>;
  #written = 0;
  #isOver = false;
  #progress: (() => void)[] = [];

  constructor(
    private readonly output: ReadableOutput,
    sink: WritableStream<Uint8Array>,
  ) {
    this.over = this.#pour(output.stream.getReader(), sink.getWriter()).finally(() => {
      this.#isOver = true;
      this.#tell();
    });
  }

  async #pour(reader: ReadableStreamDefaultReader<Uint8Array>, writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
    const nothing = (): undefined => undefined;
    // Also when nothing is being written.
    writer.closed.catch((error: unknown) => reader.cancel(error)).catch(nothing);
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        await writer.write(next.value);
        this.#written += next.value.length;
        this.#tell();
      }
      await writer.close();
    } catch (error) {
      await Promise.all([reader.cancel(error).catch(nothing), writer.abort(error).catch(nothing)]);
    }
  }

  #tell(): void {
    for (const told of this.#progress.splice(0)) told();
  }

  /** The sink has taken all that the guest has written so far, or will take no more. */
  async drained(): Promise<void> {
    const { total } = this.output;
    while (!this.#isOver && this.#written < total) await new Promise<void>((told) => this.#progress.push(told));
  }
}

/** Called with what the guest writes, which never waits. */
export class CallbackOutput implements HostOutput {
  readonly queue = new WaitQueue();
  readonly writable = true;

  constructor(
    private readonly take: (bytes: Uint8Array) => void,
    private readonly allowance: OutputAllowance,
  ) {}

  write(bytes: Uint8Array): number {
    if (!charge(this.allowance, bytes.length)) return -EIO;
    this.take(bytes.slice());
    return bytes.length;
  }
}

/** Nobody wants it. */
export class NullOutput implements HostOutput {
  readonly queue = new WaitQueue();
  readonly writable = true;

  constructor(private readonly allowance: OutputAllowance) {}

  write(bytes: Uint8Array): number {
    return charge(this.allowance, bytes.length) ? bytes.length : -EIO;
  }
}

/** All of a stream. */
export async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
  return concatenate(chunks);
}

export function concatenate(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** Keeps what it is called with, and passes it on. */
export class Collected {
  readonly #chunks: Uint8Array[] = [];

  constructor(private readonly onBytes?: (bytes: Uint8Array) => void) {}

  readonly take = (bytes: Uint8Array): void => {
    this.#chunks.push(bytes);
    this.onBytes?.(bytes);
  };

  get bytes(): Uint8Array<ArrayBuffer> {
    return concatenate(this.#chunks);
  }
}
