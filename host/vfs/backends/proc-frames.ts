/** /proc/kpagecount and /proc/kpageflags: of each frame of memory, by its number, how often it is mapped and what it is. */
import { FIRST_FRAME, FRAME_COUNT, PAGE_SHIFT } from '../../../assembly/shared/layout.js';
import {
  FRAME_IS_DIRTY,
  FRAME_IS_MERGED,
  FRAME_IS_REFERENCED,
  FRAME_IS_SWAP_CACHE,
  FRAME_IS_USED,
  SPACE_STAT_ROOT,
} from '../../../assembly/shared/stat.js';
import type { Inode, OpenFile } from '../types.js';
import { EntryFile } from './proc-entries.js';
import { vmas } from './proc-maps.js';
import type { ProcSource } from './proc-source.js';

/* Flags of kpageflags that a frame here can have. */
const KPF_REFERENCED = 1n << 2n;
const KPF_UPTODATE = 1n << 3n;
const KPF_DIRTY = 1n << 4n;
const KPF_LRU = 1n << 5n;
const KPF_BUDDY = 1n << 10n;
const KPF_MMAP = 1n << 11n;
const KPF_ANON = 1n << 12n;
const KPF_SWAPCACHE = 1n << 13n;
const KPF_SWAPBACKED = 1n << 14n;
const KPF_COMPOUND_HEAD = 1n << 15n;
const KPF_COMPOUND_TAIL = 1n << 16n;
const KPF_KSM = 1n << 21n;
const KPF_THP = 1n << 22n;
const KPF_ZERO_PAGE = 1n << 24n;
const KPF_PGTABLE = 1n << 26n;
const KPF_RESERVED = 1n << 32n;

const ENTRIES = 512;
const PTE_V = 1n;
/** V, R, W and X: V alone is a pointer to a table. */
const PTE_KIND = 15n;
const PTE_PPN = ((1n << 44n) - 1n) << 10n;

/** What the page tables of all processes say at this moment: they are the truth, so nothing is counted anywhere else. */
class Survey {
  readonly mappings = new Map<number, number>();
  readonly tables = new Set<number>();
  /** Frames of megapages: is it the first? */
  readonly huge = new Map<number, boolean>();
  /** Pages that objects hold, by frame: those in memory only are shared memory. */
  readonly cached = new Map<number, boolean>();

  constructor(readonly source: ProcSource) {
    const spaces = new Set<number>();
    const objects = new Map<number, boolean>();
    for (const { object, inMemoryOnly } of source.fileObjects()) objects.set(object, inMemoryOnly);
    for (const pid of source.pids()) {
      const space = source.process(pid)?.space;
      if (space === undefined || spaces.has(space.handle)) continue;
      spaces.add(space.handle);
      for (const { object } of vmas(source, space)) if (object !== 0 && !objects.has(object)) objects.set(object, true);
      this._walk(source.core.exports.spaceStat(space.handle, SPACE_STAT_ROOT), 2);
    }
    for (const [object, inMemoryOnly] of objects) this._cache(object, inMemoryOnly);
  }

  /** A page table that several spaces share is walked for each of them: its pages are mapped by them all. */
  private _walk(table: number, level: number): void {
    this.tables.add(table);
    const { core } = this.source;
    for (let i = 0; i < ENTRIES; i++) {
      const entry = core.view.getBigUint64(table * 2 ** PAGE_SHIFT + i * 8, true);
      if (entry === 0n) continue;
      const frame = Number((entry & PTE_PPN) >> 10n);
      // An entry without V is a mark in a last table, in a middle one a megapage that nobody may access.
      if (level === 0 && (entry & PTE_V) === 0n) continue;
      if (level === 0) this._map(frame);
      else if ((entry & PTE_KIND) === PTE_V) this._walk(frame, level - 1);
      else this._mapHuge(frame);
    }
  }

  private _map(frame: number): void {
    this.mappings.set(frame, (this.mappings.get(frame) ?? 0) + 1);
  }

  private _mapHuge(first: number): void {
    for (let frame = first; frame < first + ENTRIES; frame++) {
      this._map(frame);
      this.huge.set(frame, frame === first);
    }
  }

  private _cache(object: number, inMemoryOnly: boolean): void {
    const { exports } = this.source.core;
    for (let index = exports.objectNextPresent(object, 0); index >= 0; index = exports.objectNextPresent(object, index + 1)) {
      const at = exports.objectPage(object, index);
      // It may lie in the swap area.
      if (at !== 0) this.cached.set(at >>> PAGE_SHIFT, inMemoryOnly);
    }
  }

  count(frame: number): bigint {
    return frame === this.source.core.exports.zeroFrame() ? 0n : BigInt(this.mappings.get(frame) ?? 0);
  }

  flags(frame: number): bigint {
    if (frame < FIRST_FRAME) return KPF_RESERVED;
    const { exports } = this.source.core;
    const state = exports.frameFlags(frame);
    if ((state & FRAME_IS_USED) === 0) return KPF_BUDDY;
    if (frame === exports.zeroFrame()) return KPF_ZERO_PAGE | KPF_RESERVED;
    if (this.tables.has(frame)) return KPF_PGTABLE;
    const mapped = this.mappings.has(frame) ? KPF_MMAP : 0n;
    const inMemoryOnly = this.cached.get(frame);
    // Neither in a table nor an object's: the machine keeps its records there.
    if (inMemoryOnly === undefined) {
      const swapCache = (state & FRAME_IS_SWAP_CACHE) !== 0 ? KPF_SWAPCACHE : 0n;
      return mapped === 0n && swapCache === 0n ? 0n : mapped | swapCache | this._anonymous(frame, state);
    }
    const dirty = (state & FRAME_IS_DIRTY) !== 0 ? KPF_DIRTY : 0n;
    const referenced = (state & FRAME_IS_REFERENCED) !== 0 ? KPF_REFERENCED : 0n;
    return mapped | dirty | referenced | KPF_UPTODATE | KPF_LRU | (inMemoryOnly ? KPF_SWAPBACKED : 0n);
  }

  private _anonymous(frame: number, state: number): bigint {
    const first = this.huge.get(frame);
    const huge = first === undefined ? 0n : KPF_THP | (first ? KPF_COMPOUND_HEAD : KPF_COMPOUND_TAIL);
    return huge | ((state & FRAME_IS_MERGED) !== 0 ? KPF_KSM : 0n) | KPF_ANON | KPF_SWAPBACKED | KPF_UPTODATE | KPF_LRU;
  }
}

export class FrameFile extends EntryFile {
  protected override readonly count = FRAME_COUNT;

  constructor(
    readonly source: ProcSource,
    inode: Inode,
    flags: number,
    readonly of: (survey: Survey, frame: number) => bigint,
  ) {
    super(inode, flags);
  }

  protected override entries(): (frame: number) => bigint {
    const survey = new Survey(this.source);
    return (frame) => this.of(survey, frame);
  }
}

type Opener = (source: ProcSource) => (inode: Inode, flags: number) => OpenFile;

export const FRAME_FILES: Readonly<Record<string, Opener>> = {
  kpagecount: (source) => (inode, flags) => new FrameFile(source, inode, flags, (survey, frame) => survey.count(frame)),
  kpageflags: (source) => (inode, flags) => new FrameFile(source, inode, flags, (survey, frame) => survey.flags(frame)),
};
