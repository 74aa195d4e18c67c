import { bound } from '../../linux/bound.js';
import { MSGMNI, SEMMNI, SHMMNI } from '../../linux/ipc.js';
import { MemoryFileSystem } from '../../vfs/backends/memory.js';
import { GIANT_PAGE_BYTES, HUGE_PAGE_BYTES } from '../../vfs/backends/memory-huge.js';
import type { VfsEnvironment } from '../../vfs/environment.js';
import type { Process } from '../process.js';
import type { IpcQueue } from './messages.js';
import { mappingsOf, type SharedSegment } from './segment.js';
import type { SemaphoreSet } from './semaphores.js';
import { IpcTable } from './table.js';

/** All System V IPC objects of a machine (sysvipc(7)). */
export class SystemV {
  readonly queues = new IpcTable<IpcQueue>(MSGMNI);
  readonly sets = new IpcTable<SemaphoreSet>(SEMMNI);
  readonly segments = new IpcTable<SharedSegment>(SHMMNI, bound(this, 'forgetGone'));
  /** Removed segments that were still attached when last looked at. */
  private readonly _leaving = new Set<SharedSegment>();
  private _memory: MemoryFileSystem | undefined = undefined;
  private _hugeMemory: MemoryFileSystem | undefined = undefined;
  private _giantMemory: MemoryFileSystem | undefined = undefined;

  constructor(readonly env: VfsEnvironment) {}

  /** Where the segments' pages live: mounted nowhere. */
  get memory(): MemoryFileSystem {
    this._memory ??= new MemoryFileSystem(this.env);
    return this._memory;
  }

  /** Of huge pages. */
  get hugeMemory(): MemoryFileSystem {
    this._hugeMemory ??= new MemoryFileSystem(this.env, { hugePageBytes: HUGE_PAGE_BYTES });
    return this._hugeMemory;
  }

  /** Of huge pages of 1 GiB, of which there are none to be had. */
  get giantMemory(): MemoryFileSystem {
    this._giantMemory ??= new MemoryFileSystem(this.env, { hugePageBytes: GIANT_PAGE_BYTES });
    return this._giantMemory;
  }

  /** IPC_RMID: it stays as long as somebody has it attached. */
  removeSegment(segment: SharedSegment): void {
    segment.release();
    this._leaving.add(segment);
    this.forgetGone();
  }

  forgetGone(): void {
    for (const segment of this._leaving) {
      if (!segment.gone) continue;
      this._leaving.delete(segment);
      this.segments.remove(segment);
    }
  }

  /** What its semaphore operations changed is taken back (SEM_UNDO). */
  processEnds(process: Process): void {
    const seconds = process.kernel.realtime().sec;
    for (const set of this.sets.values()) set.processEnded(process, seconds);
  }

  /** The last user of a memory is about to leave it (exit, execve): that detaches what is attached. */
  memoryEnds(process: Process): void {
    if (this.segments.size === 0) return;
    for (const segment of this.segments.values()) {
      if (mappingsOf(process, segment).length === 0) continue;
      segment.detachTime = process.kernel.realtime().sec;
      segment.lastPid = process.pid;
    }
  }
}
