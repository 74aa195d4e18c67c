import { EINVAL, ENOMEM } from '../../assembly/shared/errno.js';
import * as M from '../../assembly/shared/mman.js';
import type { AddressSpace } from '../kernel/space.js';
import { check, SysError } from '../linux/error.js';
import { type ElfFile, ET_DYN, PF_R, PF_W, PF_X, type Segment } from './elf.js';

const PAGE = 4096;
const MAY_ALL = M.VM_MAYREAD | M.VM_MAYWRITE | M.VM_MAYEXEC;
/** Where position-independent programs go: low, so that the heap behind them has room to grow. */
const PIE_BASE = 0x2000000;

export interface LoadedImage {
  /** What was added to every address of the file. */
  readonly bias: number;
  readonly entry: number;
  /** First address behind everything, page aligned: where brk starts. */
  readonly end: number;
  readonly codeStart: number;
  readonly codeEnd: number;
  readonly dataStart: number;
  readonly dataEnd: number;
}

function pageFloor(address: number): number {
  return Math.floor(address / PAGE) * PAGE;
}

function pageCeil(address: number): number {
  return Math.ceil(address / PAGE) * PAGE;
}

function protection(flags: number): number {
  return ((flags & PF_R) !== 0 ? M.PROT_READ : 0) | ((flags & PF_W) !== 0 ? M.PROT_WRITE : 0) | ((flags & PF_X) !== 0 ? M.PROT_EXEC : 0);
}

/**
 * Maps the segments of a program: private mappings of the file's own pages, zeroed and anonymous where the file ends. A
 * position-independent one goes `shift` bytes higher than usual.
 */
export function loadProgramImage(space: AddressSpace, elf: ElfFile, object: number, shift = 0): LoadedImage {
  return mapImage(space, elf, object, elf.type === ET_DYN ? PIE_BASE + shift - pageFloor(elf.segments[0].address) : 0);
}

/** Maps the interpreter (the dynamic linker) wherever mmap finds room for all of it. */
export function loadInterpreterImage(space: AddressSpace, elf: ElfFile, object: number): LoadedImage {
  if (elf.type !== ET_DYN) return mapImage(space, elf, object, 0);
  const first = pageFloor(elf.segments[0].address);
  const last = elf.segments[elf.segments.length - 1];
  const length = pageCeil(last.address + last.memoryBytes) - first;
  const { exports } = space.core;
  const base = check(exports.mmMap(space.handle, 0, length, M.PROT_NONE, M.MAP_PRIVATE | M.MAP_ANONYMOUS, 0, 0, MAY_ALL));
  check(exports.mmUnmap(space.handle, base, length));
  return mapImage(space, elf, object, base - first);
}

function mapImage(space: AddressSpace, elf: ElfFile, object: number, bias: number): LoadedImage {
  for (const segment of elf.segments) mapSegment(space, segment, object, bias);
  const { segments } = elf;
  const code = segments.filter((s) => (s.flags & PF_X) !== 0);
  const data = segments[segments.length - 1];
  return {
    bias,
    entry: elf.entry + bias,
    end: pageCeil(data.address + data.memoryBytes + bias),
    codeStart: (code[0] ?? segments[0]).address + bias,
    codeEnd: Math.max(0, ...code.map((s) => s.address + s.fileBytes)) + bias,
    dataStart: data.address + bias,
    dataEnd: data.address + data.fileBytes + bias,
  };
}

/**
 * One PT_LOAD. The page that holds the end of the file part is a file page too; what follows in it is zeroed, which gives the process
 * its own copy. Whole pages behind it are anonymous:
 *
 *     | file page | file page  000 | anonymous | anonymous |
 *     ^ address                ^ + fileBytes               ^ + memoryBytes, rounded up
 */
function mapSegment(space: AddressSpace, segment: Segment, object: number, bias: number): void {
  const { exports } = space.core;
  const address = segment.address + bias;
  const start = pageFloor(address);
  const fileEnd = address + segment.fileBytes;
  const filePages = segment.fileBytes === 0 ? start : pageCeil(fileEnd);
  const end = pageCeil(address + segment.memoryBytes);
  const prot = protection(segment.flags);
  const flags = M.MAP_PRIVATE | M.MAP_FIXED;
  if (segment.fileBytes > 0) {
    const offset = pageFloor(segment.offset);
    checkMapping(exports.mmMap(space.handle, start, filePages - start, prot, flags, object, offset, MAY_ALL));
    if ((segment.flags & PF_W) !== 0 && segment.memoryBytes > segment.fileBytes) space.user.fill(fileEnd, filePages - fileEnd, 0);
  }
  if (end > filePages) checkMapping(exports.mmMap(space.handle, filePages, end - filePages, prot, flags | M.MAP_ANONYMOUS, 0, 0, MAY_ALL));
}

function checkMapping(result: number): void {
  if (result >= 0) return;
  throw new SysError(-result, result === -ENOMEM || result === -EINVAL ? 'the program does not fit into the address space' : '');
}
