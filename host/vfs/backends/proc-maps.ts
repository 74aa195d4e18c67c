/** Text of /proc/PID/{maps,smaps,smaps_rollup}, as fs/proc/task_mmu.c of Linux 6.12 prints it. */
import {
  VM_ACCOUNT,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_DONTFORK,
  VM_DROPPABLE,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_HEAP,
  VM_HUGE_1GB,
  VM_HUGEPAGE,
  VM_HUGETLB,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_MERGEABLE,
  VM_NOHUGEPAGE,
  VM_NORESERVE,
  VM_RANDOM,
  VM_READ,
  VM_SEALED,
  VM_SEQUENTIAL,
  VM_SHARED,
  VM_SOFT_CLEAN,
  VM_UFFD_MINOR,
  VM_UFFD_MISSING,
  VM_UFFD_WP,
  VM_VDSO,
  VM_WIPEONFORK,
  VM_WRITE,
  VMA_END,
  VMA_FLAGS,
  VMA_NAME,
  VMA_OBJECT,
  VMA_OFFSET,
  VMA_START,
} from '../../../assembly/shared/mman.js';
import {
  VMA_STAT_ANONYMOUS,
  VMA_STAT_HUGE,
  VMA_STAT_HUGETLB_PRIVATE,
  VMA_STAT_HUGETLB_SHARED,
  VMA_STAT_LAZY_FREE,
  VMA_STAT_MERGED,
  VMA_STAT_PRIVATE_CLEAN,
  VMA_STAT_PRIVATE_DIRTY,
  VMA_STAT_PSS_BYTES,
  VMA_STAT_REFERENCED,
  VMA_STAT_RESIDENT,
  VMA_STAT_SHARED_CLEAN,
  VMA_STAT_SHARED_DIRTY,
  VMA_STAT_SWAP,
  VMA_STAT_SWAP_PSS_BYTES,
} from '../../../assembly/shared/stat.js';
import { devMajor, devMinor } from '../../linux/stat.js';
import type { ProcMappedFile, ProcSource, ProcSpace } from './proc-source.js';

/** Where the name starts: 25 + sizeof(void *) * 6 - 1 columns are filled, and one blank follows. */
const NAME_COLUMN = 25 + 8 * 6 - 1;

export interface Vma {
  readonly handle: number;
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  readonly flags: number;
  readonly object: number;
  /** What PR_SET_VMA_ANON_NAME called it, or ''. */
  readonly label: string;
  /** The stack that the program was started with lies in it. */
  readonly isStack: boolean;
}

export function* vmas(source: ProcSource, space: ProcSpace): Generator<Vma> {
  const { core } = source;
  const { stackStart } = space.layout;
  for (let handle = core.exports.vmaFind(space.handle, 0); handle !== 0; handle = core.exports.vmaNext(space.handle, handle)) {
    const at = handle >>> 0;
    const start = core.readU64(at + VMA_START);
    const end = core.readU64(at + VMA_END);
    yield {
      handle,
      start,
      end,
      offset: core.readU64(at + VMA_OFFSET),
      flags: core.u32[(at + VMA_FLAGS) >>> 2],
      object: core.u32[(at + VMA_OBJECT) >>> 2],
      label: space.names.text(core.u32[(at + VMA_NAME) >>> 2]),
      isStack: stackStart !== 0 && start <= stackStart && stackStart <= end,
    };
  }
}

/** Anonymous shared memory is a file without a name, as in Linux; what is mapped privately and is no file's is /dev/zero. */
export function fileOf(source: ProcSource, vma: Vma): ProcMappedFile | undefined {
  if (vma.object === 0 || (vma.flags & VM_VDSO) !== 0) return undefined;
  return source.mappedFile(vma.object) ?? { path: '/dev/zero', dev: 1, ino: vma.object, deleted: (vma.flags & VM_SHARED) !== 0 };
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** Column 0 up to the inode number and the blank behind it. */
function prefix(start: number, end: number, flags: number, offset: number, dev: number, ino: number): string {
  const bits =
    (flags & VM_READ ? 'r' : '-') + (flags & VM_WRITE ? 'w' : '-') + (flags & VM_EXEC ? 'x' : '-') + (flags & VM_SHARED ? 's' : 'p');
  const device = `${hex(devMajor(dev), 2)}:${hex(devMinor(dev), 2)}`;
  return `${hex(start, 8)}-${hex(end, 8)} ${bits} ${hex(offset, 8)} ${device} ${ino} `;
}

/** A newline in a name would end the row. */
function escapeName(path: string): string {
  return path.replaceAll('\n', '\\012');
}

export function nameOf(vma: Vma, file: ProcMappedFile | undefined): string {
  if (file !== undefined && vma.label !== '') return `[anon_shmem:${vma.label}]`;
  if (file !== undefined) return escapeName(file.path) + (file.deleted ? ' (deleted)' : '');
  if ((vma.flags & VM_VDSO) !== 0) return (vma.flags & VM_MAYEXEC) !== 0 ? '[vdso]' : '[vvar]';
  if ((vma.flags & VM_HEAP) !== 0) return '[heap]';
  if (vma.isStack) return '[stack]';
  return vma.label === '' ? '' : `[anon:${vma.label}]`;
}

function row(source: ProcSource, vma: Vma): string {
  const file = fileOf(source, vma);
  const offset = file === undefined ? 0 : vma.offset;
  const left = prefix(vma.start, vma.end, vma.flags, offset, file?.dev ?? 0, file?.ino ?? 0);
  const name = nameOf(vma, file);
  return name === '' ? `${left}\n` : `${left.padEnd(NAME_COLUMN)} ${name}\n`;
}

export function mapsText(source: ProcSource, space: ProcSpace): string {
  let text = '';
  for (const vma of vmas(source, space)) text += row(source, vma);
  return text;
}

/** Sums of page counts and shares, bytes. */
class Usage {
  resident = 0;
  pss = 0;
  pssDirty = 0;
  pssAnonymous = 0;
  pssFile = 0;
  pssShmem = 0;
  sharedClean = 0;
  sharedDirty = 0;
  privateClean = 0;
  privateDirty = 0;
  referenced = 0;
  anonymous = 0;
  lazyFree = 0;
  swap = 0;
  swapPss = 0;
  locked = 0;
  merged = 0;
  huge = 0;
  poolPrivate = 0;
  poolShared = 0;

  add(source: ProcSource, space: ProcSpace, vma: Vma): void {
    const pages = (which: number): number => source.core.exports.vmaStat(space.handle, vma.handle, which) * 4096;
    const pss = source.core.exports.vmaStat(space.handle, vma.handle, VMA_STAT_PSS_BYTES);
    const resident = pages(VMA_STAT_RESIDENT);
    const anonymous = pages(VMA_STAT_ANONYMOUS);
    const sharedClean = pages(VMA_STAT_SHARED_CLEAN);
    const sharedDirty = pages(VMA_STAT_SHARED_DIRTY);
    const privateClean = pages(VMA_STAT_PRIVATE_CLEAN);
    const privateDirty = pages(VMA_STAT_PRIVATE_DIRTY);
    const shared = sharedClean + sharedDirty;
    const pssShared = Math.max(0, pss - privateClean - privateDirty);
    this.resident += resident;
    this.pss += pss;
    this.pssDirty += privateDirty + (shared === 0 ? 0 : (pssShared * sharedDirty) / shared);
    const pssAnonymous = resident === 0 ? 0 : (pss * anonymous) / resident;
    this.pssAnonymous += pssAnonymous;
    if (vma.object !== 0 && source.mappedFile(vma.object) === undefined) this.pssShmem += pss - pssAnonymous;
    else this.pssFile += pss - pssAnonymous;
    this.sharedClean += sharedClean;
    this.sharedDirty += sharedDirty;
    this.privateClean += privateClean;
    this.privateDirty += privateDirty;
    this.referenced += pages(VMA_STAT_REFERENCED);
    this.anonymous += anonymous;
    this.lazyFree += pages(VMA_STAT_LAZY_FREE);
    this.swap += pages(VMA_STAT_SWAP);
    this.swapPss += source.core.exports.vmaStat(space.handle, vma.handle, VMA_STAT_SWAP_PSS_BYTES);
    this.merged += pages(VMA_STAT_MERGED);
    this.huge += pages(VMA_STAT_HUGE);
    this.poolPrivate += pages(VMA_STAT_HUGETLB_PRIVATE);
    this.poolShared += pages(VMA_STAT_HUGETLB_SHARED);
    if ((vma.flags & VM_LOCKED) !== 0) this.locked += pss;
  }

  text(rollup: boolean): string {
    const parts = rollup ? line('Pss_Anon', this.pssAnonymous) + line('Pss_File', this.pssFile) + line('Pss_Shmem', this.pssShmem) : '';
    return (
      line('Rss', this.resident) +
      line('Pss', this.pss) +
      line('Pss_Dirty', this.pssDirty) +
      parts +
      line('Shared_Clean', this.sharedClean) +
      line('Shared_Dirty', this.sharedDirty) +
      line('Private_Clean', this.privateClean) +
      line('Private_Dirty', this.privateDirty) +
      line('Referenced', this.referenced) +
      line('Anonymous', this.anonymous) +
      line('KSM', this.merged) +
      line('LazyFree', this.lazyFree) +
      line('AnonHugePages', this.huge) +
      ABSENT.map((label) => line(label, 0)).join('') +
      line('Shared_Hugetlb', this.poolShared) +
      line('Private_Hugetlb', this.poolPrivate) +
      line('Swap', this.swap) +
      line('SwapPss', this.swapPss) +
      line('Locked', this.locked)
    );
  }
}

/** What this machine has not: huge pages of files. */
const ABSENT = ['ShmemPmdMapped', 'FilePmdMapped'];

function line(label: string, bytes: number): string {
  return `${`${label}:`.padEnd(16)}${String(Math.floor(bytes / 1024)).padStart(8)} kB\n`;
}

/**
 * Two letters each, in the kernel's order. A shared mapping through a descriptor that may not write is one that may be shared ('ms'), but
 * is not: its VMA has lost 'sh', which one of a sealed file has.
 */
function vmFlags(flags: number, sealed: boolean): string {
  const has = (bit: number, letters: string): string => ((flags & bit) !== 0 ? `${letters} ` : '');
  const read = (flags & VM_MAYWRITE) === 0 && !sealed;
  return (
    has(VM_READ, 'rd') +
    has(VM_WRITE, 'wr') +
    has(VM_EXEC, 'ex') +
    (read ? '' : has(VM_SHARED, 'sh')) +
    has(VM_MAYREAD, 'mr') +
    has(VM_MAYWRITE, 'mw') +
    has(VM_MAYEXEC, 'me') +
    has(VM_SHARED, 'ms') +
    has(VM_GROWSDOWN, 'gd') +
    has(VM_UFFD_MISSING, 'um') +
    has(VM_UFFD_WP, 'uw') +
    has(VM_LOCKED, 'lo') +
    has(VM_SEQUENTIAL, 'sr') +
    has(VM_RANDOM, 'rr') +
    has(VM_DONTFORK, 'dc') +
    has(VM_VDSO | VM_DONTEXPAND, 'de') +
    has(VM_LOCKONFAULT, 'lf') +
    has(VM_ACCOUNT, 'ac') +
    has(VM_NORESERVE, 'nr') +
    has(VM_HUGETLB, 'ht') +
    has(VM_WIPEONFORK, 'wf') +
    has(VM_DONTDUMP, 'dd') +
    ((flags & VM_SOFT_CLEAN) === 0 ? 'sd ' : '') +
    has(VM_HUGEPAGE, 'hg') +
    has(VM_NOHUGEPAGE, 'nh') +
    has(VM_MERGEABLE, 'mg') +
    has(VM_DROPPABLE, 'dp') +
    has(VM_UFFD_MINOR, 'ui') +
    has(VM_SEALED, 'sl')
  );
}

export function smapsText(source: ProcSource, space: ProcSpace): string {
  let text = '';
  for (const vma of vmas(source, space)) {
    const usage = new Usage();
    usage.add(source, space, vma);
    const size = (vma.flags & VM_HUGETLB) === 0 ? 4096 : (vma.flags & VM_HUGE_1GB) === 0 ? 2 ** 21 : 2 ** 30;
    text += row(source, vma) + line('Size', vma.end - vma.start) + line('KernelPageSize', size) + line('MMUPageSize', size);
    const eligible = source.core.exports.hugeEligible(space.handle, vma.handle);
    text += `${usage.text(false)}THPeligible:    ${String(eligible).padStart(8)}\n`;
    text += `VmFlags: ${vmFlags(vma.flags, fileOf(source, vma)?.sealed === true)}\n`;
  }
  return text;
}

export function smapsRollupText(source: ProcSource, space: ProcSpace): string {
  const usage = new Usage();
  let start = 0;
  let end = 0;
  for (const vma of vmas(source, space)) {
    if (end === 0) start = vma.start;
    end = vma.end;
    usage.add(source, space, vma);
  }
  return `${prefix(start, end, 0, 0, 0, 0).padEnd(NAME_COLUMN)} [rollup]\n${usage.text(true)}`;
}

/** Resident pages of shared anonymous memory: what status calls RssShmem. */
export function residentShmemPages(source: ProcSource, space: ProcSpace): number {
  let pages = 0;
  for (const vma of vmas(source, space)) {
    if (vma.object === 0 || source.mappedFile(vma.object) !== undefined) continue;
    const stat = (which: number): number => source.core.exports.vmaStat(space.handle, vma.handle, which);
    pages += stat(VMA_STAT_RESIDENT) - stat(VMA_STAT_ANONYMOUS);
  }
  return pages;
}
