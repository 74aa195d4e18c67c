import * as L from '../assembly/shared/layout.js';
import * as M from '../assembly/shared/mman.js';
import type { Kernel } from './kernel/kernel.js';
import type { SigInfo } from './kernel/pending.js';
import type { Process } from './kernel/process.js';
import type { AddressSpace } from './kernel/space.js';
import type { Thread } from './kernel/thread.js';
import { SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP, signalName } from './linux/signal.js';
import type { SyscallRow } from './syscalls/row.js';
import { displayPath } from './vfs/dentry.js';

/** How a process was killed, put together while its memory was still there. */
export interface FatalReport {
  readonly pid: number;
  readonly comm: string;
  readonly signal: number;
  /** SIGSEGV... */
  readonly name: string;
  /** si_code */
  readonly code: number;
  /** A bigint beyond 2^53. */
  readonly pc: number | bigint;
  /** si_addr, for signals that an instruction caused: a bigint beyond 2^53. */
  readonly address: number | bigint | undefined;
  /** The mapping at that address as /proc/PID/maps has it, or what lies nearest. */
  readonly mapping: string | undefined;
}

const FAULTS = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP];

export function describeFatal(t: Thread, info: SigInfo): FatalReport {
  const { kernel, process } = t;
  const isFault = FAULTS.includes(info.signo) && info.code > 0 && info.code < 0x80;
  const address = isFault ? (info.address ?? 0) : undefined;
  return {
    pid: process.pid,
    comm: t.comm,
    signal: info.signo,
    name: signalName(info.signo),
    code: info.code,
    pc: kernel.core.readExact(L.HART + L.HART_PC),
    address,
    mapping: address === undefined ? undefined : describeAddress(kernel, process, address),
  };
}

const hex = (n: number): string => `0x${n.toString(16)}`;

/** `r-xp /bin/prog 0x10000-0x90000`, or `no mapping; next above: ...`. */
export function describeAddress(kernel: Kernel, process: Process, address: number | bigint): string {
  const { core } = kernel;
  const { space } = process;
  const vma = core.exports.vmaFind(space.handle, Number(address));
  if (vma === 0) return 'no mapping there or above';
  const start = core.readU64(vma + M.VMA_START);
  const text = describeMapping(kernel, process, space, vma);
  return address >= start ? text : `no mapping; next above: ${text}`;
}

function describeMapping(kernel: Kernel, process: Process, space: AddressSpace, vma: number): string {
  const { core } = kernel;
  const flags = core.u32[(vma + M.VMA_FLAGS) >>> 2];
  const letters = [
    (flags & M.VM_READ) !== 0 ? 'r' : '-',
    (flags & M.VM_WRITE) !== 0 ? 'w' : '-',
    (flags & M.VM_EXEC) !== 0 ? 'x' : '-',
    (flags & M.VM_SHARED) !== 0 ? 's' : 'p',
  ].join('');
  const range = `${hex(core.readU64(vma + M.VMA_START))}-${hex(core.readU64(vma + M.VMA_END))}`;
  return `${range} ${letters} ${mappingName(kernel, process, space, vma, flags)}`.trimEnd();
}

function mappingName(kernel: Kernel, process: Process, space: AddressSpace, vma: number, flags: number): string {
  if ((flags & M.VM_HEAP) !== 0) return '[heap]';
  if ((flags & M.VM_VDSO) !== 0) return (flags & M.VM_MAYEXEC) !== 0 ? '[vdso]' : '[vvar]';
  const { stackStart } = space.layout;
  const { core } = kernel;
  if (core.readU64(vma + M.VMA_START) <= stackStart && stackStart < core.readU64(vma + M.VMA_END)) return '[stack]';
  const object = core.u32[(vma + M.VMA_OBJECT) >>> 2];
  const inode = object === 0 ? undefined : kernel.env.pages.inodeOf(object);
  const location = inode === undefined ? undefined : kernel.mapped.get(inode);
  return location === undefined ? '[anonymous]' : displayPath(location, process.leader.fs.root);
}

/** What is to be done at once would have to wait: for time to pass, or for something that the host does by and by. */
export class WaitError extends Error {
  override readonly name = 'WaitError';

  constructor(
    /** Who waits for what, a line each. */
    readonly waits: readonly string[],
  ) {
    super(`it would have to wait: ${waits.join('; ')}`);
  }
}

/** "pid 7 (cat): read(0 /dev/pts/0)", "pid 7 thread 9 (worker): futex(0x2a010)": what every thread sleeps in. */
export function describeWaits(kernel: Kernel, table: readonly SyscallRow[]): string[] {
  const lines: string[] = [];
  for (const t of kernel.threads.values()) {
    const { process } = t;
    if (t.state === 'dead') continue;
    const thread = t === process.leader ? '' : ` thread ${t.tid}`;
    lines.push(`pid ${process.pid}${thread} (${t.comm}): ${process.stopped ? 'stopped' : describeCall(t, table)}`);
  }
  return lines;
}

function describeCall(t: Thread, table: readonly SyscallRow[]): string {
  const row = table.find((candidate) => candidate.number === t.syscall);
  // Outside of any call it can only wait for a page.
  if (row === undefined) return t.state === 'sleeping' ? 'a page fault, for its userfaultfd' : 'runs';
  const kind = row.args[0];
  const a0 = registerOf(t, A0);
  if (kind === undefined) return `${row.name}()`;
  if (kind === 'pid') return `${row.name}(${a0 | 0})`;
  if (kind !== 'fd') return `${row.name}(${hex(a0)})`;
  return `${row.name}(${a0 | 0} ${t.files.find(a0 | 0)?.path ?? ''})`;
}

const A0 = 10;

/** Of a thread that sleeps in a call: its arguments are still in its registers. */
function registerOf(t: Thread, n: number): number {
  const { core, cpu } = t.kernel;
  return cpu.loaded === t ? core.reg(n) : core.readU64(t.context + L.HART_X + n * 8);
}
