import { VMA_NAME } from '../../assembly/shared/mman.js';
import type { Core } from '../core/core.js';
import type { OpenFile } from '../vfs/types.js';

const PRUNE_MIN = 64;

/**
 * The open file descriptions behind an address space's shared mappings, by the number that their VMAs have (VMA_NAME). They may be closed:
 * then they only tell which errors of their file were told already.
 */
export class MappedFiles {
  private _files = new Map<number, OpenFile>();
  private _pruneAt = PRUNE_MIN;

  constructor(
    readonly core: Core,
    /** The core's space. */
    readonly space: number,
  ) {}

  set(file: OpenFile): void {
    this._files.set(file.mapNumber, file);
    if (this._files.size <= this._pruneAt) return;
    const { core, space } = this;
    const used = new Set([file.mapNumber]);
    for (let vma = core.exports.vmaFind(space, 0); vma !== 0; vma = core.exports.vmaNext(space, vma)) {
      used.add(core.u32[(vma + VMA_NAME) >>> 2]);
    }
    for (const number of this._files.keys()) if (!used.has(number)) this._files.delete(number);
    this._pruneAt = Math.max(PRUNE_MIN, this._files.size * 2);
  }

  get(number: number): OpenFile | undefined {
    return this._files.get(number);
  }

  inherit(parent: MappedFiles): void {
    this._files = new Map(parent._files);
    this._pruneAt = parent._pruneAt;
  }
}
