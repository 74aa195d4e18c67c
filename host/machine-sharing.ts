import { VMA_END, VMA_OBJECT, VMA_START } from '../assembly/shared/mman.js';
import { SPACE_STAT_SHARED_RESIDENT, STATE_FRAME_SHIFT, STATE_OBJECT, STATE_PRESENT } from '../assembly/shared/stat.js';
import type { Kernel } from './kernel/kernel.js';

/** Pages of files and of shared memory, as page tables have them, and the frames that these are. */
export interface SharingStats {
  readonly mappings: number;
  readonly frames: number;
  readonly spaces: number;
}

const PAGE = 4096;

/** Looks when a process ends, and keeps what there was when most was mapped. */
export class SharingWatch {
  most: SharingStats = { mappings: 0, frames: 0, spaces: 0 };

  look(kernel: Kernel): void {
    const { exports } = kernel.core;
    const spaces = new Set<number>();
    for (const { state, space } of kernel.processes.values()) if (state === 'running') spaces.add(space.handle);
    let mappings = 0;
    for (const space of spaces) mappings += exports.spaceStat(space, SPACE_STAT_SHARED_RESIDENT);
    if (mappings <= this.most.mappings) return;
    const frames = new Set<number>();
    for (const space of spaces) this.#collect(kernel, space, frames);
    this.most = { mappings, frames: frames.size, spaces: spaces.size };
  }

  #collect({ core }: Kernel, space: number, frames: Set<number>): void {
    const { exports } = core;
    const wanted = STATE_PRESENT | STATE_OBJECT;
    for (let vma = exports.vmaFind(space, 0); vma !== 0; vma = exports.vmaNext(space, vma)) {
      if (core.u32[(vma + VMA_OBJECT) >>> 2] === 0) continue;
      const end = core.readU64(vma + VMA_END);
      for (let at = core.readU64(vma + VMA_START); at < end; at += PAGE) {
        const state = exports.pageState(space, at) >>> 0;
        if ((state & wanted) === wanted) frames.add(state >>> STATE_FRAME_SHIFT);
      }
    }
  }
}
