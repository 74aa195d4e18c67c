/** Reads an address space out of the core's memory. Changes nothing: what is looked at is what was there. */
import { OBJECT_DEVICE, OBJECT_SHMEM } from '../../../assembly/shared/exit.js';
import * as M from '../../../assembly/shared/mman.js';
import * as S from '../../../assembly/shared/stat.js';
import type { Core } from '../../core/core.js';
import type { Process } from '../../kernel/process.js';
import { KernelProcSource } from '../../kernel/procsource.js';
import type { AddressSpace } from '../../kernel/space.js';
import { fileOf, nameOf, type Vma, vmas } from '../../vfs/backends/proc-maps.js';
import type { ProcSource } from '../../vfs/backends/proc-source.js';
import * as P from './pages.js';
import * as R from './records.js';
import type { MappingKind, MappingSnapshot, PageRun, TableSnapshot } from './snapshot.js';

const FLAG_NAMES: readonly (readonly [number, string])[] = [
  [M.VM_LOCKED, 'locked'],
  [M.VM_LOCKONFAULT, 'locked once there'],
  [M.VM_SEALED, 'sealed'],
  [M.VM_GROWSDOWN, 'grows down'],
  [M.VM_DONTFORK, 'not inherited'],
  [M.VM_WIPEONFORK, 'wiped at fork'],
  [M.VM_DONTDUMP, 'not dumped'],
  [M.VM_DROPPABLE, 'may be dropped'],
  [M.VM_NORESERVE, 'no reserve'],
  [M.VM_SEQUENTIAL, 'sequential'],
  [M.VM_RANDOM, 'random'],
  [M.VM_UFFD, 'userfaultfd'],
  [M.VM_HUGEPAGE, 'huge pages welcome'],
  [M.VM_NOHUGEPAGE, 'no huge pages'],
  [M.VM_MERGEABLE, 'may be merged'],
];

/** What is needed of a space to judge a page. */
export interface SpaceView {
  readonly core: Core;
  readonly handle: number;
  readonly space: AddressSpace;
  readonly source: ProcSource;
  readonly root: number;
  readonly zeroFrame: number;
  /** First frame of the window; 0: none. */
  readonly windowFrame: number;
  readonly windowSlot: number;
  readonly windowPages: number;
}

export function viewSpace(process: Process): SpaceView {
  const { core, windowPages } = process.kernel;
  const { handle } = process.space;
  const word = (offset: number): number => core.u32[(handle + offset) >>> 2];
  const slot = word(R.SPACE_SLOT);
  return {
    core,
    handle,
    space: process.space,
    source: new KernelProcSource(process.kernel),
    root: core.exports.spaceStat(handle, S.SPACE_STAT_ROOT),
    zeroFrame: core.exports.zeroFrame() >>> 0,
    windowSlot: slot,
    windowFrame: slot === 0 ? 0 : word(R.SPACE_WINDOW),
    windowPages,
  };
}

/** The frame at a page's place in the window; 0: the window does not reach there. */
export function homeOf(view: SpaceView, vpn: number): number {
  return view.windowSlot === 0 || vpn >= view.windowPages ? 0 : view.windowFrame + vpn;
}

export interface Entry {
  readonly pte: R.Pte;
  /** How many spaces have its table, and whether W in it holds. */
  readonly sharers: number;
  readonly tableShared: boolean;
  readonly huge: boolean;
}

/** The entry that decides about an address, or undefined: a table is missing. */
export function findEntry(view: SpaceView, va: number): Entry | undefined {
  const { core } = view;
  const index = (shift: number): number => Math.floor(va / 2 ** shift) % R.ENTRIES;
  const p2 = R.readPte(core, view.root * P.PAGE_BYTES + index(30) * 8);
  if (p2.value === 0) return undefined;
  const p1 = R.readPte(core, p2.frame * P.PAGE_BYTES + index(21) * 8);
  if (p1.value === 0) return undefined;
  // A megapage; without V, one that PROT_NONE keeps from everybody.
  if ((p1.bits & (R.PTE_V | R.PTE_RWX)) !== R.PTE_V) {
    // A mark in the place of a huge page of the pool.
    if ((p1.bits & R.PTE_U) === 0) return { pte: p1, sharers: 1, tableShared: false, huge: true };
    const frame = p1.frame + index(12);
    const pte = { value: p1.value, bits: p1.bits | R.PTE_V, frame };
    return { pte, sharers: R.megapageSharers(core, p1.frame), tableShared: false, huge: true };
  }
  return {
    pte: R.readPte(core, p1.frame * P.PAGE_BYTES + index(12) * 8),
    sharers: R.readFrame(core, p1.frame).references,
    tableShared: (p1.bits & R.PTE_SHARED) !== 0,
    huge: false,
  };
}

/** Whether a store to a present private page that W does not let through leaves the frame where it is. */
export function isSole(record: R.FrameRecord, sharers: number): boolean {
  return record.object === 0 && record.references === 1 && sharers === 1;
}

const MARKS: ReadonlyMap<number, number> = new Map([
  [R.MARK_SWAP, P.PAGE_SWAPPED],
  [R.MARK_POISON, P.PAGE_POISONED],
  [R.MARK_GUARD, P.PAGE_GUARD],
  [R.MARK_UFFD_WP, P.PAGE_PROTECTED],
]);

/** PAGE_* of a page that has an entry. */
export function pageBits(view: SpaceView, vma: Vma, va: number, { pte, sharers, tableShared, huge }: Entry): number {
  if (pte.value === 0) return cachedBits(view, vma, va);
  const soft = pte.bits & R.PTE_SOFT ? P.PAGE_SOFT : 0;
  if ((pte.bits & R.PTE_V) === 0) return soft | (MARKS.get(R.markKind(pte.value)) ?? P.PAGE_MARKED);
  const accessed = pte.bits & R.PTE_A ? P.PAGE_ACCESSED : 0;
  const guarded = (pte.bits & R.PTE_UFFD_WP) !== 0 && (vma.flags & M.VM_UFFD_WP) !== 0 ? P.PAGE_PROTECTED : 0;
  if (pte.frame === view.zeroFrame) return P.PAGE_PRESENT | P.PAGE_ZERO | accessed | guarded;
  const record = R.readFrame(view.core, pte.frame);
  const owned = record.object !== 0;
  const mappings = record.references - (owned ? 1 : 0) + sharers - 1;
  const dirty = (pte.bits & R.PTE_D) !== 0 || !owned || (record.flags & R.FRAME_DIRTY) !== 0;
  const writable = (vma.flags & (M.VM_WRITE | M.VM_SHARED)) === M.VM_WRITE;
  const storesPass = (pte.bits & R.PTE_W) !== 0 && !tableShared;
  return (
    P.PAGE_PRESENT |
    soft |
    accessed |
    guarded |
    (dirty ? P.PAGE_DIRTY : 0) |
    (mappings > 1 ? P.PAGE_SHARED : 0) |
    (owned ? P.PAGE_OBJECT : 0) |
    (writable && !storesPass && !isSole(record, sharers) ? P.PAGE_COW : 0) |
    (pte.frame === homeOf(view, va / P.PAGE_BYTES) ? P.PAGE_HOME : 0) |
    (huge ? P.PAGE_HUGE : 0)
  );
}

function cachedBits(view: SpaceView, vma: Vma, va: number): number {
  if (vma.object === 0) return 0;
  const index = Math.floor((vma.offset + va - vma.start) / P.PAGE_BYTES);
  return view.core.exports.objectPage(vma.object, index) !== 0 ? P.PAGE_CACHED : 0;
}

/** Joins runs of the same bits as they come. */
class Runs {
  readonly all: PageRun[] = [];
  #page = 0;

  add(count: number, bits: number): void {
    const last = this.all.at(-1);
    if (last !== undefined && last.bits === bits) this.all[this.all.length - 1] = { ...last, count: last.count + count };
    else this.all.push({ page: this.#page, count, bits });
    this.#page += count;
  }
}

function pagesOf(view: SpaceView, vma: Vma): PageRun[] {
  const runs = new Runs();
  for (let va = vma.start; va < vma.end; ) {
    const stop = Math.min(vma.end, (Math.floor(va / R.LEAF_SPAN) + 1) * R.LEAF_SPAN);
    if (findEntry(view, va) === undefined) {
      absentPages(view, vma, va, stop, runs);
      va = stop;
    }
    for (; va < stop; va += P.PAGE_BYTES) {
      const entry = findEntry(view, va);
      runs.add(1, entry === undefined ? 0 : pageBits(view, vma, va, entry));
    }
  }
  return runs.all;
}

/** A range without a table: only what its object caches can be there. */
function absentPages(view: SpaceView, vma: Vma, start: number, end: number, runs: Runs): void {
  const base = vma.offset - vma.start;
  for (let va = start; va < end; ) {
    const index = vma.object === 0 ? -1 : view.core.exports.objectNextPresent(vma.object, Math.floor((base + va) / P.PAGE_BYTES));
    const next = index < 0 ? end : Math.min(end, Math.max(va, index * P.PAGE_BYTES - base));
    if (next > va) runs.add((next - va) / P.PAGE_BYTES, 0);
    if (next < end) runs.add(1, P.PAGE_CACHED);
    va = next + P.PAGE_BYTES;
  }
}

export function kindOf(view: SpaceView, object: number): MappingKind {
  if (object === 0) return 'anonymous';
  const kind = view.core.u32[(object + R.OBJECT_KIND) >>> 2];
  return kind === OBJECT_DEVICE
    ? 'device'
    : kind === OBJECT_SHMEM && view.source.mappedFile(object) === undefined
      ? 'shared memory'
      : 'file';
}

export function permissionsOf(flags: number): string {
  const letter = (bit: number, name: string): string => ((flags & bit) !== 0 ? name : '-');
  return letter(M.VM_READ, 'r') + letter(M.VM_WRITE, 'w') + letter(M.VM_EXEC, 'x') + ((flags & M.VM_SHARED) !== 0 ? 's' : 'p');
}

export function nameOfVma(view: SpaceView, vma: Vma): string {
  return nameOf(vma, fileOf(view.source, vma));
}

/** What is said of a mapping, whatever is said of its pages. */
export function mappingOf(view: SpaceView, vma: Vma): Pick<MappingSnapshot, 'start' | 'end' | 'permissions' | 'name' | 'kind'> {
  return {
    start: vma.start,
    end: vma.end,
    permissions: permissionsOf(vma.flags),
    name: nameOfVma(view, vma),
    kind: kindOf(view, vma.object),
  };
}

export function captureMappings(view: SpaceView): MappingSnapshot[] {
  const mappings: MappingSnapshot[] = [];
  for (const vma of vmas(view.source, view.space)) {
    mappings.push({
      ...mappingOf(view, vma),
      offset: vma.object === 0 ? 0 : vma.offset,
      flags: FLAG_NAMES.filter(([bit]) => (vma.flags & bit) !== 0).map(([, name]) => name),
      runs: pagesOf(view, vma),
    });
  }
  return mappings;
}

/** The tree of tables from the root down. */
export function captureTables(view: SpaceView, frame = view.root, level = 2, index = 0, start = 0): TableSnapshot {
  const { core } = view;
  const span = 2 ** (12 + 9 * level);
  let entries = 0;
  const below: TableSnapshot[] = [];
  for (let i = 0; i < R.ENTRIES; i++) {
    const pte = R.readPte(core, frame * P.PAGE_BYTES + i * 8);
    if (pte.value === 0) continue;
    entries++;
    if (level > 0 && (pte.bits & (R.PTE_V | R.PTE_RWX)) === R.PTE_V) {
      below.push(captureTables(view, pte.frame, level - 1, i, start + i * span));
    }
  }
  return { level, index, start, frame, entries, sharers: R.readFrame(core, frame).references, below };
}
