/** What /proc/PID/smaps says of one mapping, and /proc/PID/pagemap of one page. */
import * as S from '../shared/stat';
import { PAGE_SIZE } from '../shared/layout';
import { zeroFrame } from './fault';
import {
  FRAME_DIRTY, FRAME_LAZY, FRAME_MERGED, FRAME_POOL, FRAME_SWAP, frameFlags, frameObject, frameReferences, frameSharers,
} from './frames';
import { hugeNext, SPAN_PAGES } from './huge';
import { LEAF_SPAN, leafSharers } from './leaf';
import { objectMappings, objectSwappedIn } from './object';
import {
  hugePte, isHuge, leafPointer, MARK_GUARD, MARK_SWAP, MARK_UFFD_WP, PTE_A, PTE_D, PTE_SOFT, PTE_UFFD_WP, PTE_V, pteAt, pteFind, pteFrame,
  pteMarkKind, pteMarkValue, pteSkip,
} from './pagetable';
import { SPACE_ROOT } from './space';
import { swapReferences } from './swap';
import { VM_HUGETLB, VM_SOFT_CLEAN, VM_UFFD_WP } from '../shared/mman';
import { VMA_END, VMA_FLAGS, VMA_OBJECT, VMA_OFFSET, VMA_START, vmaAt } from './vma';

export function vmaStat(space: usize, vma: usize, which: u32): f64 {
  const root = load<u32>(space, SPACE_ROOT);
  const end = load<u64>(vma, VMA_END);
  let sum: f64 = 0;
  for (let va = hugeNext(space, load<u64>(vma, VMA_START), end); va < end; va = hugeNext(space, va + LEAF_SPAN, end)) {
    sum += weighHuge(pteAt(root, va), which);
  }
  for (let va = pteSkip(root, load<u64>(vma, VMA_START), end); va < end; va = pteSkip(root, va, end)) {
    const stop = min(end, ((va >> 21) + 1) << 21);
    let at = pteFind(root, va);
    const others = leafSharers(root, va) - 1;
    for (; va < stop; va += PAGE_SIZE, at += 8) {
      const pte = load<u64>(at);
      if (pte & PTE_V) {
        if (pteFrame(pte) != zeroFrame) sum += weigh(pte, which, others);
      } else if (pteMarkKind(pte) == MARK_SWAP) sum += weighSwapped(<u32>pteMarkValue(pte), which, others);
    }
  }
  const object = load<u32>(vma, VMA_OBJECT);
  if (object != 0 && (which == S.VMA_STAT_SWAP || which == S.VMA_STAT_SWAP_PSS_BYTES)) {
    const from = load<u64>(vma, VMA_OFFSET) >> 12;
    const pages = <f64>objectSwappedIn(object, from, from + ((end - load<u64>(vma, VMA_START)) >> 12));
    sum += which == S.VMA_STAT_SWAP ? pages : pages * <f64>PAGE_SIZE / <f64>objectMappings(object);
  }
  return sum;
}

function weighSwapped(slot: u32, which: u32, others: u32): f64 {
  if (which == S.VMA_STAT_SWAP) return 1;
  return which == S.VMA_STAT_SWAP_PSS_BYTES ? <f64>PAGE_SIZE / <f64>(swapReferences(slot) + others) : 0;
}

function poolStat(first: u32): u32 {
  return frameSharers(first) > 1 ? S.VMA_STAT_HUGETLB_SHARED : S.VMA_STAT_HUGETLB_PRIVATE;
}

function weighHuge(entry: u64, which: u32): f64 {
  if (!isHuge(entry)) return 0;
  const first = pteFrame(entry);
  if (frameFlags(first) & FRAME_POOL) return <f64>(which == poolStat(first) ? SPAN_PAGES : 0);
  if (which == S.VMA_STAT_HUGE) return <f64>SPAN_PAGES;
  const others = frameSharers(pteFrame(entry)) - 1;
  let sum: f64 = 0;
  for (let i: u32 = 0; i < SPAN_PAGES; i++) sum += weigh(hugePte(entry, i), which, others);
  return sum;
}

/** others: spaces that have the same table or megapage, whose reference counts for all of them. */
function weigh(pte: u64, which: u32, others: u32): f64 {
  const frame = pteFrame(pte);
  const owned = frameObject(frame) != 0;
  // The cache's own reference is no mapping.
  const maps = frameReferences(frame) - cacheReferences(frame) + others;
  const dirty = (pte & PTE_D) != 0 || (owned ? (frameFlags(frame) & FRAME_DIRTY) != 0 : (frameFlags(frame) & FRAME_LAZY) == 0);
  const shared = maps > 1;
  switch (which) {
    case S.VMA_STAT_RESIDENT: return 1;
    case S.VMA_STAT_SHARED_CLEAN: return shared && !dirty ? 1 : 0;
    case S.VMA_STAT_SHARED_DIRTY: return shared && dirty ? 1 : 0;
    case S.VMA_STAT_PRIVATE_CLEAN: return !shared && !dirty ? 1 : 0;
    case S.VMA_STAT_PRIVATE_DIRTY: return !shared && dirty ? 1 : 0;
    case S.VMA_STAT_ANONYMOUS: return owned ? 0 : 1;
    case S.VMA_STAT_REFERENCED: return pte & PTE_A ? 1 : 0;
    case S.VMA_STAT_LAZY_FREE: return frameFlags(frame) & FRAME_LAZY ? 1 : 0;
    case S.VMA_STAT_MERGED: return frameFlags(frame) & FRAME_MERGED ? 1 : 0;
    case S.VMA_STAT_PSS_BYTES: return <f64>PAGE_SIZE / <f64>max(maps, 1);
    default: return 0;
  }
}

/** What of a frame's references is no mapping: the page cache's, or the swap cache's. */
function cacheReferences(frame: u32): u32 {
  return frameObject(frame) != 0 || (frameFlags(frame) & FRAME_SWAP) != 0 ? 1 : 0;
}

/** A mark is shown as if its page were swapped out. */
function markState(pte: u64): u32 {
  if (pte == 0) return 0;
  const soft = pte & PTE_SOFT ? S.STATE_SOFT_DIRTY : 0;
  if (pteMarkKind(pte) == MARK_GUARD) return soft | S.STATE_SWAP | S.STATE_GUARD;
  const slot = pteMarkKind(pte) == MARK_SWAP ? <u32>pteMarkValue(pte) << S.STATE_FRAME_SHIFT : 0;
  return slot | soft | S.STATE_SWAP | (pteMarkKind(pte) == MARK_UFFD_WP || (pte & PTE_UFFD_WP) != 0 ? S.STATE_UFFD_WP : 0);
}

/** Spaces that have the table or the megapage of va. */
function sharers(root: u32, va: u64): u32 {
  const entry = load<u64>(leafPointer(root, va));
  return isHuge(entry) ? frameSharers(pteFrame(entry)) : leafSharers(root, va);
}

/** What pagemap says of a page: STATE_* and, from STATE_FRAME_SHIFT on, its frame. */
export function pageState(space: usize, va: u64): u32 {
  const vma = vmaAt(space, va);
  if (vma == 0) return 0;
  const soft = load<u32>(vma, VMA_FLAGS) & VM_SOFT_CLEAN ? 0 : S.STATE_SOFT_DIRTY;
  const root = load<u32>(space, SPACE_ROOT);
  const pte = pteAt(root, va);
  if ((pte & PTE_V) == 0) return soft | (load<u32>(vma, VMA_FLAGS) & VM_HUGETLB ? markState(pte) & ~S.STATE_SWAP : markState(pte));
  const frame = pteFrame(pte);
  const guarded = (pte & PTE_UFFD_WP) != 0 && (load<u32>(vma, VMA_FLAGS) & VM_UFFD_WP) != 0;
  const marks = (pte & PTE_SOFT ? S.STATE_SOFT_DIRTY : 0) | (guarded ? S.STATE_UFFD_WP : 0);
  const state = soft | marks | S.STATE_PRESENT | (frame << S.STATE_FRAME_SHIFT);
  if (frame == zeroFrame) return state;
  const owned = frameObject(frame) != 0;
  const pool = (load<u32>(vma, VMA_FLAGS) & VM_HUGETLB) != 0;
  const maps = pool ? sharers(root, va) : frameReferences(frame) - cacheReferences(frame) + sharers(root, va) - 1;
  return state | (owned ? S.STATE_OBJECT : 0) | (maps == 1 ? S.STATE_EXCLUSIVE : 0);
}
