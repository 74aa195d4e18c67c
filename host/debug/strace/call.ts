import type { TracedCall } from '../../kernel/observer.js';
import type { TracedMemory } from './memory.js';

/** A call as its formatters see it. */
export interface CallView {
  readonly call: TracedCall;
  readonly args: readonly number[];
  readonly memory: TracedMemory;
  /** undefined while the call has not ended. */
  readonly result: number | undefined;
}
