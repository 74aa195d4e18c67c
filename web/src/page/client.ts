/** The worker as the page knows it: sends orders, asks for views as fast as they can be drawn, tells of what comes. */
import type { FromWorker, Goal, Launch, Phase, TerminalSize, ToWorker, View, Wanted } from '../protocol.js';

export interface ClientEvents {
  onOutput(bytes: Uint8Array): void;
  /** `replayTo`: the same run again, up to that instruction. */
  onReset(replayTo: number | undefined): void;
  onPhase(phase: Phase, text: string): void;
  onView(view: View): void;
  onError(text: string): void;
}

export class Client {
  phase: Phase = 'none';
  launched: Launch | undefined = undefined;
  wanted: Wanted = { walk: undefined, tables: undefined, translation: undefined, screen: false };
  readonly #worker: Worker;
  #asked = false;
  /** Something may have changed that has not been asked for. */
  #stale = false;

  constructor(private readonly events: ClientEvents) {
    this.#worker = new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module' });
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#take(data);
    this.#worker.onerror = (event) => events.onError(`The machine's worker has failed: ${event.message || 'it could not be loaded'}`);
    requestAnimationFrame(() => this.#frame());
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #take(message: FromWorker): void {
    switch (message.type) {
      case 'output':
        this.events.onOutput(message.bytes);
        break;
      case 'reset':
        this.#stale = true;
        this.events.onReset(message.replayTo);
        break;
      case 'phase':
        this.phase = message.phase;
        this.#stale = true;
        this.events.onPhase(message.phase, message.text);
        break;
      case 'view':
        this.#asked = false;
        if (message.view !== undefined) this.events.onView(message.view);
        break;
      case 'error':
        this.events.onError(message.text);
        break;
    }
  }

  #frame(): void {
    const moves = this.phase === 'running' || this.phase === 'replaying';
    if (!this.#asked && (moves || this.#stale)) {
      this.#asked = true;
      this.#stale = false;
      this.#send({ type: 'look', wanted: this.wanted });
    }
    requestAnimationFrame(() => this.#frame());
  }

  want(change: Partial<Wanted>): void {
    this.wanted = { ...this.wanted, ...change };
    this.#stale = true;
  }

  launch(launch: Launch): void {
    this.launched = launch;
    this.#send({ type: 'launch', launch });
  }

  keys(bytes: Uint8Array): void {
    this.#send({ type: 'keys', bytes });
  }

  resize(size: TerminalSize): void {
    this.#send({ type: 'resize', size });
  }

  go(goal: Goal): void {
    this.#send({ type: 'go', goal });
  }

  rewind(at: number): void {
    this.#send({ type: 'rewind', at });
  }

  pause(): void {
    this.#send({ type: 'pause' });
  }

  stop(): void {
    this.#send({ type: 'stop' });
  }
}
