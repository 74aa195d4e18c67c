import type { Core } from '../core/core.js';
import type { AddressSpace } from './space.js';
import type { Thread } from './thread.js';

/**
 * Whose registers and page tables are in the hart. Loading is lazy: a thread that is picked again finds its registers still there,
 * so system calls of a lone thread never copy a context.
 */
export class Cpu {
  /** Its registers are in the hart; its `context` is stale. */
  loaded: Thread | undefined = undefined;
  private _space = 0;

  constructor(private readonly core: Core) {}

  load(t: Thread): void {
    if (this.loaded !== t) {
      if (this.loaded !== undefined) this.core.exports.contextSave(this.loaded.context);
      this.core.exports.contextLoad(t.context);
      this.loaded = t;
    }
    this.activate(t.process.space);
  }

  activate(space: AddressSpace): void {
    if (this._space === space.handle) return;
    this.core.exports.spaceActivate(space.handle);
    this._space = space.handle;
  }

  /** Copies the loaded thread's registers to another's context; the hart stays as it is. */
  copyTo(context: number): void {
    this.core.exports.contextSave(context);
  }

  /** The thread is gone: its registers need no saving. */
  forget(t: Thread): void {
    if (this.loaded === t) this.loaded = undefined;
  }

  /** The space is about to be released. */
  forgetSpace(space: AddressSpace): void {
    if (this._space === space.handle) this._space = 0;
  }
}
