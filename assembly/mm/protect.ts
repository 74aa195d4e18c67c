/** mprotect(2), and the VMA flag changes of madvise(2) and mlock(2) that work the same way: split, change, join. */
import { EACCES, EBADF, EINVAL, ENOMEM, EPERM } from '../shared/errno';
import { PAGE_MASK } from '../shared/layout';
import * as M from '../shared/mman';
import { zeroFrame } from './fault';
import { hugeNext, hugeProtect } from './huge';
import { hugetlbCuts } from './hugetlb';
import { leafBorders, tablesOwn } from './leaf';
import { continues, mergeAfter, pageUp, populate, protFlags } from './map';
import { objectInternal } from './object';
import { PTE_R, PTE_V, PTE_W, PTE_X, pteFind, pteFrame, pteSkip, TASK_SIZE } from './pagetable';
import { SPACE_ROOT, SPACE_VMAS } from './space';
import { translationInvalidate } from './tlb';
import { splitAt } from './unmap';
import { VMA_END, VMA_FLAGS, VMA_LIMIT, VMA_NAME, VMA_OBJECT, VMA_START, vmaAt, vmaBefore, vmaFind, vmaNext } from './vma';

const PROTECTION: u32 = M.VM_READ | M.VM_WRITE | M.VM_EXEC;
/** "May be used for atomic operations": allowed, and means nothing. */
const PROT_SEM: u32 = 8;
const KNOWN_PROT: u32 = M.PROT_READ | M.PROT_WRITE | M.PROT_EXEC | PROT_SEM;

export function mmProtect(space: usize, address: u64, length: u64, prot: u32): i32 {
  const grows = prot & (M.PROT_GROWSDOWN | M.PROT_GROWSUP);
  const moment = (prot & M.PROT_MOMENT) != 0;
  if (grows == (M.PROT_GROWSDOWN | M.PROT_GROWSUP) || (address & PAGE_MASK) != 0) return -EINVAL;
  if (length == 0) return 0;
  if (prot & ~(KNOWN_PROT | M.PROT_MOMENT | grows)) return -EINVAL;
  // A range that runs out of the address space runs into a gap: what is mapped before it changes all the same.
  const end = address + pageUp(min(length, TASK_SIZE));
  const wanted = protFlags(prot);
  if (hugetlbCuts(space, address) || hugetlbCuts(space, end)) return -EINVAL;
  let at = address;
  if (grows != 0) {
    const vma = vmaFind(space, address);
    if (vma == 0 || load<u64>(vma, VMA_START) >= end) return -ENOMEM;
    if (grows == M.PROT_GROWSUP || (load<u32>(vma, VMA_FLAGS) & M.VM_GROWSDOWN) == 0) return -EINVAL;
    at = load<u64>(vma, VMA_START);
  }
  while (at < end) {
    const vma = vmaAt(space, at);
    if (vma == 0) return -ENOMEM;
    const flags = load<u32>(vma, VMA_FLAGS);
    if ((wanted << 4) & ~flags & (M.VM_MAYREAD | M.VM_MAYWRITE | M.VM_MAYEXEC)) return -EACCES;
    if (flags & M.VM_SEALED) return -EPERM;
    const stop = min(end, load<u64>(vma, VMA_END));
    if ((flags & PROTECTION) != wanted) {
      const other = (flags & ~PROTECTION) | wanted;
      const changed = moment ? other : accounted(space, vma, other);
      if (!leafBorders(space, at, stop) || !tablesOwn(space, at, stop) || !changeFlags(space, at, stop, changed, ~0)) return -ENOMEM;
      protectPages(space, at, stop, wanted);
      // Locked memory that becomes writable is copied now: a store shall not have to wait.
      const locked = (flags & (M.VM_WRITE | M.VM_SHARED | M.VM_LOCKED_MASK)) == M.VM_LOCKED;
      if (locked && !moment && (wanted & M.VM_WRITE) != 0) populate(space, at, stop, true);
    }
    at = stop;
  }
  return 0;
}

/** The flags with VM_ACCOUNT as it becomes: what was writable and has pages of its own counts as long as it is there. */
function accounted(space: usize, vma: usize, flags: u32): u32 {
  if (flags & M.VM_WRITE) return flags & (M.VM_SHARED | M.VM_NORESERVE | M.VM_HUGETLB) ? flags : flags | M.VM_ACCOUNT;
  if ((flags & M.VM_ACCOUNT) == 0 || load<u32>(vma, VMA_OBJECT) != 0 || hasPages(space, vma)) return flags;
  return flags & ~M.VM_ACCOUNT;
}

function hasPages(space: usize, vma: usize): bool {
  const root = load<u32>(space, SPACE_ROOT);
  const end = load<u64>(vma, VMA_END);
  if (hugeNext(space, load<u64>(vma, VMA_START), end) < end) return true;
  for (let va = pteSkip(root, load<u64>(vma, VMA_START), end); va < end; va = pteSkip(root, va, end)) {
    const stop = min(end, ((va >> 21) + 1) << 21);
    for (let at = pteFind(root, va); va < stop; va += 4096, at += 8) {
      const pte = load<u64>(at);
      if (pte != 0 && pteFrame(pte) != zeroFrame) return true;
    }
  }
  return false;
}

/** Sets and clears flags of [start, end), which lies in one VMA. False: no memory or too many mappings, and nothing has changed. */
export function changeFlags(space: usize, start: u64, end: u64, set: u32, clear: u32): bool {
  const whole = vmaAt(space, start);
  return change(space, start, end, (load<u32>(whole, VMA_FLAGS) & ~clear) | set, load<u32>(whole, VMA_NAME));
}

function change(space: usize, start: u64, end: u64, flags: u32, name: u32): bool {
  const whole = vmaAt(space, start);
  if (flags == load<u32>(whole, VMA_FLAGS) && name == load<u32>(whole, VMA_NAME)) return true;
  const more = pieces(space, whole, start, end, flags, name);
  if (more > 0 && load<i32>(space, SPACE_VMAS) + more > <i32>VMA_LIMIT) return false;
  if (!splitAt(space, start) || !splitAt(space, end)) {
    joinRange(space, start, end);
    return false;
  }
  const vma = vmaAt(space, start);
  store<u32>(vma, flags, VMA_FLAGS);
  store<u32>(vma, name, VMA_NAME);
  joinRange(space, start, end);
  return true;
}

/** prctl(PR_SET_VMA_ANON_NAME): memory that is no file's gets a name. A hole is an error, but only after the rest was named. */
export function mmName(space: usize, address: u64, length: u64, name: u32): i32 {
  const end = address + pageUp(length);
  let result = 0;
  for (let at = address; at < end; ) {
    const vma = vmaFind(space, at);
    if (vma == 0 || load<u64>(vma, VMA_START) >= end) return -ENOMEM;
    if (load<u64>(vma, VMA_START) > at) {
      result = -ENOMEM;
      at = load<u64>(vma, VMA_START);
    }
    const object = <usize>load<u32>(vma, VMA_OBJECT);
    if (object != 0 && !objectInternal(object)) return -EBADF;
    const stop = min(end, load<u64>(vma, VMA_END));
    if (!change(space, at, stop, load<u32>(vma, VMA_FLAGS), name)) return -ENOMEM;
    at = stop;
  }
  return result;
}

/** How many VMAs more there will be when [start, end) of a VMA becomes another: each end either splits it or may join a neighbour. */
function pieces(space: usize, vma: usize, start: u64, end: u64, flags: u32, name: u32): i32 {
  const was = load<u32>(vma, VMA_FLAGS);
  const wasNamed = load<u32>(vma, VMA_NAME);
  const before = vmaBefore(space, start);
  const after = vmaNext(vma);
  store<u32>(vma, flags, VMA_FLAGS);
  store<u32>(vma, name, VMA_NAME);
  let more = load<u64>(vma, VMA_START) < start ? 1 : before != 0 && continues(before, vma) ? -1 : 0;
  more += load<u64>(vma, VMA_END) > end ? 1 : after != 0 && continues(vma, after) ? -1 : 0;
  store<u32>(vma, was, VMA_FLAGS);
  store<u32>(vma, wasNamed, VMA_NAME);
  return more;
}

/** Joins what continues each other from just before start to just after end. */
export function joinRange(space: usize, start: u64, end: u64): void {
  let vma = vmaBefore(space, start);
  if (vma == 0 || load<u64>(vma, VMA_END) != start) vma = vmaAt(space, start);
  while (vma != 0 && load<u64>(vma, VMA_START) < end) {
    const stop = load<u64>(vma, VMA_END);
    mergeAfter(space, vma);
    if (load<u64>(vma, VMA_END) == stop) vma = vmaAt(space, stop);
  }
}

/** R and X of present pages follow the VMA at once. W is only ever taken: the next store's fault decides about copies and dirt. */
function protectPages(space: usize, start: u64, end: u64, wanted: u32): void {
  const root = load<u32>(space, SPACE_ROOT);
  const read: u64 = wanted & (M.VM_READ | M.VM_WRITE) ? PTE_R : 0;
  const exec: u64 = wanted & M.VM_EXEC ? PTE_X : 0;
  hugeProtect(space, start, end, read | exec | (wanted & M.VM_WRITE ? PTE_W : 0));
  for (let va = pteSkip(root, start, end); va < end; va = pteSkip(root, va, end)) {
    const stop = min(end, ((va >> 21) + 1) << 21);
    let at = pteFind(root, va);
    for (; va < stop; va += 4096, at += 8) {
      const pte = load<u64>(at);
      if ((pte & PTE_V) == 0) continue;
      const now = (pte & ~(PTE_R | PTE_X | (wanted & M.VM_WRITE ? 0 : PTE_W))) | read | exec;
      if (now == pte) continue;
      store<u64>(at, now);
      translationInvalidate(space, va);
    }
  }
}
