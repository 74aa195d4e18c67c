import { ENOEXEC } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import { decodeText } from '../linux/text.js';

export const ET_EXEC = 2;
export const ET_DYN = 3;
const EM_RISCV = 243;
export const PT_LOAD = 1;
const PT_INTERP = 3;
const PT_PHDR = 6;
const PT_GNU_STACK = 0x6474e551;
export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;

const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
/** Linux reads at most one page of program headers (ELF_MIN_ALIGN). */
const PROGRAM_HEADERS_MAX = 4096;
const INTERPRETER_MAX = 4096;
/** User addresses end here with Sv39. */
export const ADDRESS_LIMIT = 2 ** 38;
const EF_RISCV_FLOAT_ABI = 0x6;
const EF_RISCV_FLOAT_ABI_QUAD = 0x6;
const EF_RISCV_RVE = 0x8;

/** Up to `length` bytes of the file at `offset`; fewer only at the end of the file. */
export type ReadAt = (offset: number, length: number) => Uint8Array;

export interface Segment {
  readonly flags: number; // PF_*
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
}

export interface ElfFile {
  readonly type: typeof ET_EXEC | typeof ET_DYN;
  readonly entry: number;
  /** PT_LOAD, in ascending order of address, none empty, none overlapping another. */
  readonly segments: readonly Segment[];
  readonly interpreter: string | undefined;
  readonly executableStack: boolean;
  readonly headerCount: number;
  /** Address of the program headers as linked (AT_PHDR before relocation), 0 when no segment holds them. */
  readonly headerAddress: number;
}

const MACHINES: Readonly<Record<number, string>> = {
  2: 'SPARC',
  3: 'i386',
  8: 'MIPS',
  20: 'PowerPC',
  21: 'PowerPC64',
  22: 'S/390',
  40: 'ARM',
  43: 'SPARC64',
  50: 'IA-64',
  62: 'x86-64',
  183: 'AArch64',
  247: 'BPF',
  258: 'LoongArch',
};

function bad(why: string): SysError {
  return new SysError(ENOEXEC, why);
}

/** Does the file claim to be ELF? Everything else about it may be wrong. */
export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/**
 * Checks and reads the headers of a program or interpreter. No field is believed before it is checked: the result can be mapped
 * without another look at its numbers. Throws SysError(ENOEXEC) with a sentence in `detail`.
 */
export function parseElf(readAt: ReadAt, fileBytes: number): ElfFile {
  const header = readAt(0, HEADER_BYTES);
  if (!isElf(header)) throw bad('not an ELF file');
  if (header.length < HEADER_BYTES) throw bad('truncated ELF header');
  const view = viewOf(header);
  if (header[4] === 1) throw bad('a 32-bit ELF file; only 64-bit ones run here');
  if (header[4] !== 2) throw bad(`bad ELF class ${header[4]}`);
  if (header[5] !== 1) throw bad('not a little-endian ELF file');
  const machine = view.getUint16(18, true);
  if (machine !== EM_RISCV) throw bad(`wrong machine: the program is for ${MACHINES[machine] ?? `machine ${machine}`}, not for riscv64`);
  const type = view.getUint16(16, true);
  if (type === 1) throw bad('an object file, not linked into a program');
  if (type !== ET_EXEC && type !== ET_DYN) throw bad(`ELF type ${type} is not a program`);
  const flags = view.getUint32(48, true);
  if ((flags & EF_RISCV_RVE) !== 0) throw bad('built for RV64E, which has other registers and calls');
  if ((flags & EF_RISCV_FLOAT_ABI) === EF_RISCV_FLOAT_ABI_QUAD) throw bad('built for quad-precision floating point');
  const headers = readProgramHeaders(readAt, view, fileBytes);
  const file = { ...readSegments(headers, fileBytes), type, entry: word(view, 24), headerCount: headers.length } as const;
  return {
    ...file,
    interpreter: readInterpreter(readAt, headers),
    executableStack: stackIsExecutable(headers),
    headerAddress: findHeaders(headers, file.segments, word(view, 32)),
  };
}

interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
}

function readProgramHeaders(readAt: ReadAt, view: DataView, fileBytes: number): ProgramHeader[] {
  const offset = word(view, 32);
  const count = view.getUint16(56, true);
  if (view.getUint16(54, true) !== PROGRAM_HEADER_BYTES) throw bad('bad size of a program header');
  const length = count * PROGRAM_HEADER_BYTES;
  if (count === 0) throw bad('no program headers');
  if (length > PROGRAM_HEADERS_MAX) throw bad('too many program headers');
  if (offset + length > fileBytes) throw bad('truncated: the program headers are beyond the end of the file');
  const bytes = readAt(offset, length);
  if (bytes.length < length) throw bad('truncated program headers');
  const table = viewOf(bytes);
  return Array.from({ length: count }, (_, i) => {
    const at = i * PROGRAM_HEADER_BYTES;
    return {
      type: table.getUint32(at, true),
      flags: table.getUint32(at + 4, true),
      offset: word(table, at + 8),
      address: word(table, at + 16),
      fileBytes: word(table, at + 32),
      memoryBytes: word(table, at + 40),
    };
  });
}

function readSegments(headers: readonly ProgramHeader[], fileBytes: number): { segments: Segment[] } {
  const segments: Segment[] = [];
  let end = 0;
  for (const h of headers) {
    if (h.type !== PT_LOAD || h.memoryBytes === 0) continue;
    if (h.fileBytes > h.memoryBytes) throw bad('a segment is larger in the file than in memory');
    if (h.offset + h.fileBytes > fileBytes) throw bad('truncated: a segment lies beyond the end of the file');
    if (h.address + h.memoryBytes > ADDRESS_LIMIT) throw bad('a segment lies beyond the address space');
    if (h.fileBytes > 0 && h.offset % 4096 !== h.address % 4096)
      throw bad('a segment cannot be mapped: offset and address differ within a page');
    if (h.address < end) throw bad('segments overlap or are out of order');
    end = h.address + h.memoryBytes;
    segments.push({ flags: h.flags, offset: h.offset, address: h.address, fileBytes: h.fileBytes, memoryBytes: h.memoryBytes });
  }
  if (segments.length === 0) throw bad('nothing to load');
  return { segments };
}

function readInterpreter(readAt: ReadAt, headers: readonly ProgramHeader[]): string | undefined {
  const header = headers.find((h) => h.type === PT_INTERP);
  if (header === undefined) return undefined;
  if (header.fileBytes < 2 || header.fileBytes > INTERPRETER_MAX) throw bad('bad length of the interpreter name');
  const bytes = readAt(header.offset, header.fileBytes);
  if (bytes.length < header.fileBytes || bytes[bytes.length - 1] !== 0) throw bad('bad interpreter name');
  return decodeText(bytes.subarray(0, bytes.indexOf(0)));
}

/** Without PT_GNU_STACK riscv64 gives a stack without execute permission, too. */
function stackIsExecutable(headers: readonly ProgramHeader[]): boolean {
  const header = headers.find((h) => h.type === PT_GNU_STACK);
  return header !== undefined && (header.flags & PF_X) !== 0;
}

function findHeaders(headers: readonly ProgramHeader[], segments: readonly Segment[], offset: number): number {
  const own = headers.find((h) => h.type === PT_PHDR);
  if (own !== undefined && own.address < ADDRESS_LIMIT) return own.address;
  const holder = segments.find((s) => s.offset <= offset && offset < s.offset + s.fileBytes);
  return holder === undefined ? 0 : holder.address + (offset - holder.offset);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** An unsigned 64-bit word as a number: all limits are far below 2^53, and larger values stay large. */
function word(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}
