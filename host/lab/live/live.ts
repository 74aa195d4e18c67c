/** A running machine, looked at closely with one modelled system: who caused which walks (Attributed). */
import * as T from '../../../assembly/shared/trace.js';
import type { Machine } from '../../machine.js';
import type { SystemConfig } from '../config.js';
import { Recorder, type TakeRecords } from '../recorder.js';
import type { Attributed } from '../results.js';
import { watchAdvice } from './advice.js';
import { Attribution } from './attribution.js';
import { MemoryWatcher } from './memory.js';
import { Observed } from './observed.js';
import { Timeline } from './timeline.js';

/** Make it before the machine runs; it records, so it takes the place of a Recorder. One at a time for a machine. */
export class LiveLab {
  readonly #attribution: Attribution;
  readonly #timeline: Timeline;
  readonly #memory: MemoryWatcher;
  readonly #observed: Observed;
  readonly #recorder: Recorder;

  /** module: dist/lab.wasm. also: others that take the records. */
  constructor(
    machine: Machine,
    module: WebAssembly.Module,
    private readonly system: SystemConfig,
    also: TakeRecords,
  ) {
    const { kernel } = machine;
    this.#attribution = new Attribution(kernel);
    this.#memory = new MemoryWatcher(kernel);
    this.#observed = new Observed(module, system, {
      onFetch: (pc, count, walks, cycles) => {
        this.#attribution.fetched(pc, count, walks, cycles);
        this.#timeline.accessed(pc, false, walks, cycles);
      },
      onData: (pc, address, store, walks, cycles) => {
        this.#attribution.accessed(pc, address, walks, cycles);
        this.#timeline.accessed(address, store, walks, cycles);
      },
      onDrop: (address, pages, other) => this.#timeline.dropped(address, pages, other),
    });
    const take: TakeRecords = (words, count) => {
      also(words, count);
      this.#observed.take(words, count);
    };
    this.#recorder = new Recorder(machine.core, take, { places: true });
    this.#timeline = new Timeline(
      kernel,
      () => this.#observed.engine.instructions,
      () => {
        this.#recorder.drain();
        this.#memory.look(this.#observed.engine.instructions);
      },
      () => this.#attribution.forget(),
    );
    watchAdvice(kernel, this.#recorder);
    kernel.observer = this.#timeline.observer(kernel.observer);
    const before = kernel.hooks.beforeRun;
    kernel.hooks.beforeRun = (t) => {
      this.#memory.look(this.#observed.engine.instructions);
      return Math.min(before?.(t) ?? Number.POSITIVE_INFINITY, T.TRACE_RUN_MAX);
    };
  }

  finish(): Attributed {
    this.#recorder.finish();
    const { events, left } = this.#timeline.events();
    return {
      system: this.system.name,
      functions: this.#attribution.functions(),
      mappings: this.#attribution.mappings(),
      calls: this.#timeline.sums(),
      events,
      eventsLeft: left,
      memory: this.#memory.points(),
    };
  }
}
