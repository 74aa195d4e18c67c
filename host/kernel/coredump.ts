/** The file "core" that a process leaves behind when a signal kills it (core(5)): an ELF file for debuggers. */
import { CONTEXT_BYTES, HART_F, HART_FFLAGS, HART_FRM, HART_PC, HART_X, PAGE_SIZE } from '../../assembly/shared/layout.js';
import * as M from '../../assembly/shared/mman.js';
import { VMA_STAT_ANONYMOUS } from '../../assembly/shared/stat.js';
import { Suspend, SysError } from '../linux/error.js';
import { O_CREAT, O_EXCL, O_LARGEFILE, O_NOFOLLOW, O_RDWR } from '../linux/fcntl.js';
import { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGSYS, SIGTRAP, SIGXCPU, SIGXFSZ } from '../linux/signal.js';
import { displayPath } from '../vfs/dentry.js';
import { HostBuffer } from '../vfs/hostbuffer.js';
import { unlink } from '../vfs/names.js';
import { open } from '../vfs/open.js';
import { releaseFile } from '../vfs/openfile.js';
import type { OpenFile } from '../vfs/types.js';
import { RLIMIT_CORE } from './limits.js';
import type { SigInfo } from './pending.js';
import { encodeSigInfo } from './siginfo.js';
import type { Thread } from './thread.js';

const CORE_SIGNALS: readonly number[] = [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS];
const NAME_BYTES_MAX = 127;
const MODE = 0o600;

const EHDR_BYTES = 64;
const PHDR_BYTES = 56;
const [PT_LOAD, PT_NOTE] = [1, 4];
const [NT_PRSTATUS, NT_FPREGSET, NT_PRPSINFO, NT_AUXV] = [1, 2, 3, 6];
const [NT_SIGINFO, NT_FILE] = [0x53494749, 0x46494c45];
const ET_CORE = 4;
const EM_RISCV = 243;
/** Chosen by Linux, too, when there are more segments than a program header count holds. */
const SEGMENTS_MAX = 0xfffe;

interface Segment {
  readonly start: number;
  readonly end: number;
  /** PF_* */
  readonly flags: number;
  /** Bytes of it in the file. */
  readonly bytes: number;
  /** Pages of anonymous memory that nobody has touched are holes. */
  readonly sparse: boolean;
  readonly file?: { readonly path: string; readonly offset: number };
}

/** Whether a process that this signal kills leaves a core: the signal asks for it, the limit and the process allow it. */
export function dumpCore(t: Thread, info: SigInfo): boolean {
  const { process } = t;
  const limit = process.limits[RLIMIT_CORE].current;
  if (!CORE_SIGNALS.includes(info.signo) || limit < PAGE_SIZE || process.dumpable !== 1) return false;
  const name = coreName(t, info.signo, limit);
  let file: OpenFile | undefined;
  try {
    // Nobody gets at another's memory by a file that was there before.
    removeOld(t, name);
    file = open(t.fs, t.fs.cwd, name, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_LARGEFILE, MODE);
    file.refs++;
    writeCore(t, info, file, limit);
    return true;
  } catch (error) {
    // No room, no right to write, a medium that does not answer at once: there is no core.
    if (error instanceof SysError || error instanceof Suspend) return false;
    throw error;
  } finally {
    if (file !== undefined) releaseFile(file);
  }
}

/** What kernel.core_pattern makes of this process: see core(5). What is in a name is no directory. */
function coreName({ kernel, process, cred, comm, tid, fs }: Thread, signo: number, limit: number): string {
  const { knobs } = kernel;
  const flat = (text: string): string => text.replaceAll('/', '!');
  const { location } = process.executable;
  const path = location === undefined ? '' : displayPath(location, fs.root);
  const words: Readonly<Record<string, () => string | number>> = {
    '%': () => '%',
    c: () => (limit === Number.POSITIVE_INFINITY ? '18446744073709551615' : limit),
    d: () => process.dumpable,
    e: () => flat(comm),
    E: () => flat(path),
    f: () => flat(path.slice(path.lastIndexOf('/') + 1)),
    g: () => cred.rgid,
    h: () => flat(kernel.hostname),
    i: () => tid,
    I: () => tid,
    p: () => process.pid,
    P: () => process.pid,
    s: () => signo,
    t: () => kernel.realtime().sec,
    u: () => cred.ruid,
  };
  const name = knobs.corePattern.replace(/%(.?)/g, (_, letter: string) => String(words[letter]?.() ?? ''));
  const hasPid = /%[pP]/.test(knobs.corePattern.replaceAll('%%', ''));
  return (knobs.coreUsesPid !== 0 && !hasPid ? `${name}.${process.pid}` : name).slice(0, NAME_BYTES_MAX);
}

function removeOld({ fs }: Thread, name: string): void {
  try {
    unlink(fs, fs.cwd, name);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}

function writeCore(t: Thread, info: SigInfo, file: OpenFile, limit: number): void {
  const segments = segmentsOf(t).slice(0, SEGMENTS_MAX);
  const notes = notesOf(t, info, segments);
  const headers = EHDR_BYTES + PHDR_BYTES * (segments.length + 1);
  const dataStart = Math.ceil((headers + notes.length) / PAGE_SIZE) * PAGE_SIZE;
  const write = (bytes: Uint8Array, at: number): void => {
    if (at >= limit) return;
    const buffer = new HostBuffer(bytes.subarray(0, limit - at), t.kernel.env.pages);
    while (buffer.remaining > 0) {
      const count = file.write(buffer, at + buffer.transferred);
      if (count < 0) throw new SysError(-count);
    }
  };
  write(headerBytes(segments, headers, notes.length, dataStart), 0);
  write(notes, headers);
  let at = dataStart;
  for (const segment of segments) {
    writeSegment(t, segment, (bytes, offset) => write(bytes, at + offset));
    at += segment.bytes;
  }
  if (file.inode.size < Math.min(at, limit)) file.truncate(Math.min(at, limit));
}

function writeSegment(t: Thread, { start, bytes, sparse }: Segment, write: (bytes: Uint8Array, offset: number) => void): void {
  const { exports } = t.kernel.core;
  const { handle } = t.process.space;
  for (let done = 0; done < bytes; done += PAGE_SIZE) {
    if (sparse && exports.mmResident(handle, start + done) !== 1) continue;
    try {
      write(t.user.read(start + done, PAGE_SIZE), done);
    } catch (error) {
      // What can't be read (no permission, beyond a file's end) is a hole as well.
      if (!(error instanceof SysError)) throw error;
    }
  }
}

/* Bits of coredump_filter: what of each mapping goes into the file. */
const DUMP_ANONYMOUS = 1;
const DUMP_ANONYMOUS_SHARED = 2;
const DUMP_FILES = 4;
const DUMP_FILES_SHARED = 8;
const DUMP_HEADERS = 16;

/** Of a mapping that is not excluded: 'whole', its first page, where a file's ELF header is, or nothing. */
function dumped(filter: number, shared: boolean, nameless: boolean, written: boolean): 'whole' | 'header' | 'none' {
  const has = (bit: number): boolean => (filter & bit) !== 0;
  if (shared) return has(nameless ? DUMP_ANONYMOUS_SHARED : DUMP_FILES_SHARED) ? 'whole' : 'none';
  if (written && has(DUMP_ANONYMOUS)) return 'whole';
  if (nameless) return 'none';
  return has(DUMP_FILES) ? 'whole' : has(DUMP_HEADERS) ? 'header' : 'none';
}

function segmentsOf({ kernel, process, fs }: Thread): Segment[] {
  const { core } = kernel;
  const { handle } = process.space;
  const found: Segment[] = [];
  for (let next = core.exports.vmaFind(handle, 0); next !== 0; next = core.exports.vmaNext(handle, next)) {
    const vma = next >>> 0;
    const [start, end] = [core.readU64(vma + M.VMA_START), core.readU64(vma + M.VMA_END)];
    const [flags, object] = [core.u32[(vma + M.VMA_FLAGS) >>> 2], core.u32[(vma + M.VMA_OBJECT) >>> 2]];
    const offset = core.readU64(vma + M.VMA_OFFSET);
    const inode = object === 0 ? undefined : kernel.env.pages.inodeOf(object);
    const location = inode === undefined ? undefined : kernel.mapped.get(inode);
    const written = object === 0 || core.exports.vmaStat(handle, next, VMA_STAT_ANONYMOUS) > 0;
    const excluded = (flags & M.VM_DONTDUMP) !== 0;
    const vdso = (flags & M.VM_VDSO) !== 0;
    const part = dumped(process.coredumpFilter, (flags & M.VM_SHARED) !== 0, inode === undefined || inode.nlink === 0, written);
    const whole = !excluded && (vdso || part === 'whole');
    const header = !excluded && part === 'header' && offset === 0 && (flags & M.VM_READ) !== 0;
    const rights = ((flags & M.VM_READ) !== 0 ? 4 : 0) | ((flags & M.VM_WRITE) !== 0 ? 2 : 0) | ((flags & M.VM_EXEC) !== 0 ? 1 : 0);
    found.push({
      start,
      end,
      flags: rights,
      bytes: whole ? end - start : header ? PAGE_SIZE : 0,
      sparse: object === 0,
      ...(location === undefined ? {} : { file: { path: displayPath(location, fs.root), offset } }),
    });
  }
  return found;
}

function headerBytes(segments: readonly Segment[], headers: number, noteBytes: number, dataStart: number): Uint8Array {
  const bytes = new Uint8Array(headers);
  const view = new DataView(bytes.buffer);
  // ELF64, little endian, version 1.
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, ET_CORE, true);
  view.setUint16(18, EM_RISCV, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(32, BigInt(EHDR_BYTES), true);
  // Compressed instructions, double floats in registers.
  view.setUint32(48, 5, true);
  view.setUint16(52, EHDR_BYTES, true);
  view.setUint16(54, PHDR_BYTES, true);
  view.setUint16(56, segments.length + 1, true);
  const put = (index: number, type: number, flags: number, fields: readonly number[]): void => {
    const at = EHDR_BYTES + index * PHDR_BYTES;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, flags, true);
    fields.forEach((value, i) => {
      view.setBigUint64(at + 8 + i * 8, BigInt(value), true);
    });
  };
  put(0, PT_NOTE, 0, [headers, 0, 0, noteBytes, 0, 4]);
  let at = dataStart;
  for (const [i, { start, end, flags, bytes: stored }] of segments.entries()) {
    put(i + 1, PT_LOAD, flags, [at, start, 0, stored, end - start, PAGE_SIZE]);
    at += stored;
  }
  return bytes;
}

function note(type: number, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(20 + Math.ceil(content.length / 4) * 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 5, true);
  view.setUint32(4, content.length, true);
  view.setUint32(8, type, true);
  bytes.set(new TextEncoder().encode('CORE\0'), 12);
  bytes.set(content, 20);
  return bytes;
}

function notesOf(t: Thread, info: SigInfo, segments: readonly Segment[]): Uint8Array {
  const { process, kernel } = t;
  const { layout } = process.space;
  kernel.core.exports.contextSave(t.context);
  const [first, ...others] = [t, ...[...process.threads].filter((other) => other !== t)];
  const parts = [
    note(NT_PRSTATUS, statusOf(first, info.signo)),
    note(NT_PRPSINFO, processInfo(t)),
    note(NT_SIGINFO, encodeSigInfo(info)),
    note(NT_AUXV, t.user.read(layout.auxStart, layout.auxBytes).slice()),
    note(NT_FILE, fileTable(segments)),
    note(NT_FPREGSET, floats(first)),
    ...others.flatMap((other) => [note(NT_PRSTATUS, statusOf(other, info.signo)), note(NT_FPREGSET, floats(other))]),
  ];
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function registers({ kernel, context }: Thread): DataView {
  const { u32 } = kernel.core;
  return new DataView(u32.buffer, context, CONTEXT_BYTES);
}

/** struct elf_prstatus: signal, ids, times, and pc and x1 to x31. */
function statusOf(t: Thread, signo: number): Uint8Array {
  const bytes = new Uint8Array(376);
  const view = new DataView(bytes.buffer);
  const saved = registers(t);
  view.setInt32(0, signo, true);
  view.setInt16(12, signo, true);
  view.setBigUint64(16, t.pending.set, true);
  view.setBigUint64(24, t.mask, true);
  [t.tid, t.process.parent?.pid ?? 0, t.process.pgid, t.process.sid].forEach((id, i) => {
    view.setInt32(32 + i * 4, id, true);
  });
  view.setBigUint64(112, saved.getBigUint64(HART_PC, true), true);
  for (let i = 1; i < 32; i++) view.setBigUint64(112 + i * 8, saved.getBigUint64(HART_X + i * 8, true), true);
  view.setInt32(368, 1, true);
  return bytes;
}

function floats(t: Thread): Uint8Array {
  const bytes = new Uint8Array(33 * 8);
  const view = new DataView(bytes.buffer);
  const saved = registers(t);
  for (let i = 0; i < 32; i++) view.setBigUint64(i * 8, saved.getBigUint64(HART_F + i * 8, true), true);
  view.setUint32(256, (saved.getUint32(HART_FRM, true) << 5) | saved.getUint32(HART_FFLAGS, true), true);
  return bytes;
}

/** struct elf_prpsinfo: who it was. */
function processInfo(t: Thread): Uint8Array {
  const { process, cred } = t;
  const bytes = new Uint8Array(136);
  const view = new DataView(bytes.buffer);
  bytes[1] = 'R'.charCodeAt(0);
  view.setUint32(16, cred.ruid, true);
  view.setUint32(20, cred.rgid, true);
  [process.pid, process.parent?.pid ?? 0, process.pgid, process.sid].forEach((id, i) => {
    view.setInt32(24 + i * 4, id, true);
  });
  bytes.set(new TextEncoder().encode(t.comm).subarray(0, 15), 40);
  const { argStart, argEnd } = process.space.layout;
  const args = t.user.read(argStart, Math.min(Math.max(argEnd - argStart - 1, 0), 79));
  bytes.set(
    args.map((byte) => byte || 0x20),
    56,
  );
  return bytes;
}

/** What is mapped of which file: counts, page size, ranges, then names. */
function fileTable(segments: readonly Segment[]): Uint8Array {
  const mapped = segments.filter(({ file }) => file !== undefined);
  const names = new TextEncoder().encode(mapped.map(({ file }) => `${file?.path}\0`).join(''));
  const bytes = new Uint8Array(16 + mapped.length * 24 + names.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(mapped.length), true);
  view.setBigUint64(8, BigInt(PAGE_SIZE), true);
  for (const [i, { start, end, file }] of mapped.entries()) {
    [start, end, (file?.offset ?? 0) / PAGE_SIZE].forEach((value, k) => {
      view.setBigUint64(16 + i * 24 + k * 8, BigInt(value), true);
    });
  }
  bytes.set(names, 16 + mapped.length * 24);
  return bytes;
}
