/** Text of the files of one process or thread: formats of proc(5) and fs/proc/array.c of Linux 6.12. */
import {
  SPACE_STAT_BRK_START,
  SPACE_STAT_DATA_PAGES,
  SPACE_STAT_HUGETLB,
  SPACE_STAT_LOCKED_PAGES,
  SPACE_STAT_MAPPED_PEAK,
  SPACE_STAT_PAGES_MAPPED,
  SPACE_STAT_RESIDENT,
  SPACE_STAT_RESIDENT_PEAK,
  SPACE_STAT_SHARED_RESIDENT,
  SPACE_STAT_STACK_PAGES,
  SPACE_STAT_SWAPPED,
  SPACE_STAT_TABLE_FRAMES,
  SPACE_STAT_TEXT_PAGES,
} from '../../../assembly/shared/stat.js';
import { SysError } from '../../linux/error.js';
import { residentShmemPages } from './proc-maps.js';
import type { ProcProcess, ProcSource, ProcSpace, ProcState, ProcTask } from './proc-source.js';

/** sysconf(_SC_CLK_TCK) is 100. */
export const TICK_NS = 1e7;
const LOW_SIGNALS = 0x7fffffffn;
/** PF_RANDOMIZE, which every process of a default Linux has. */
const TASK_FLAGS = 0x400000;
const RLIMIT_RSS = 5;
const RLIMIT_SIGPENDING = 11;
const FD_TABLE_MIN = 64;
const UNLIMITED_TEXT = '18446744073709551615';

const STATE_NAMES: Readonly<Record<ProcState, string>> = {
  R: 'R (running)',
  S: 'S (sleeping)',
  D: 'D (disk sleep)',
  T: 'T (stopped)',
  Z: 'Z (zombie)',
};

export function ticks(ns: number): number {
  return Math.floor(ns / TICK_NS);
}

/** Sizes of an address space in pages. */
class SpaceSizes {
  readonly mapped: number;
  readonly resident: number;
  readonly mappedPeak: number;
  readonly residentPeak: number;
  readonly shared: number;
  readonly data: number;
  readonly stack: number;
  /** Pages of the program's own text; `executable` counts all. */
  readonly text: number;
  readonly executable: number;
  readonly locked: number;
  readonly tables: number;

  constructor(source: ProcSource, space: ProcSpace) {
    const stat = (which: number): number => source.core.exports.spaceStat(space.handle, which);
    this.mapped = stat(SPACE_STAT_PAGES_MAPPED);
    this.mappedPeak = stat(SPACE_STAT_MAPPED_PEAK);
    this.resident = stat(SPACE_STAT_RESIDENT);
    this.residentPeak = stat(SPACE_STAT_RESIDENT_PEAK);
    this.shared = stat(SPACE_STAT_SHARED_RESIDENT);
    this.data = stat(SPACE_STAT_DATA_PAGES);
    this.stack = stat(SPACE_STAT_STACK_PAGES);
    this.executable = stat(SPACE_STAT_TEXT_PAGES);
    this.locked = stat(SPACE_STAT_LOCKED_PAGES);
    this.tables = stat(SPACE_STAT_TABLE_FRAMES);
    const { codeStart, codeEnd } = space.layout;
    this.text = Math.ceil(codeEnd / 4096) - Math.floor(codeStart / 4096);
  }
}

function maskText(set: bigint): string {
  return set.toString(16).padStart(16, '0');
}

/** Names are any bytes; a newline or a backslash would break the line. */
function escapeComm(name: string): string {
  return name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

export function statusText(source: ProcSource, process: ProcProcess, task: ProcTask): string {
  const ids = (id: ProcTask['uid']): string => `${id.real}\t${id.effective}\t${id.saved}\t${id.fs}`;
  const rows: string[] = [
    `Name:\t${escapeComm(task.comm)}`,
    `Umask:\t${task.umask.toString(8).padStart(4, '0')}`,
    `State:\t${STATE_NAMES[task.state]}`,
    `Tgid:\t${process.pid}`,
    'Ngid:\t0',
    `Pid:\t${task.tid}`,
    `PPid:\t${process.ppid}`,
    'TracerPid:\t0',
    `Uid:\t${ids(task.uid)}`,
    `Gid:\t${ids(task.gid)}`,
    `FDSize:\t${task.files === undefined ? 0 : tableSize(task.files.end)}`,
    `Groups:\t${task.groups.join(' ')} `,
    `NStgid:\t${process.pid}`,
    `NSpid:\t${task.tid}`,
    `NSpgid:\t${process.pgid}`,
    `NSsid:\t${process.sid}`,
    'Kthread:\t0',
  ];
  if (process.space !== undefined) rows.push(...memoryRows(source, process.space));
  rows.push(
    'CoreDumping:\t0',
    `THP_enabled:\t${process.hugePagesDisabled ? 0 : 1}`,
    `Threads:\t${process.tasks.length}`,
    `SigQ:\t${process.signalsQueued}/${limitText(process.limits[RLIMIT_SIGPENDING]?.current ?? 0)}`,
    `SigPnd:\t${maskText(task.signalsPending)}`,
    `ShdPnd:\t${maskText(process.signalsPending)}`,
    `SigBlk:\t${maskText(task.signalsBlocked)}`,
    `SigIgn:\t${maskText(process.signalsIgnored)}`,
    `SigCgt:\t${maskText(process.signalsCaught)}`,
    `CapInh:\t${maskText(task.capInheritable)}`,
    `CapPrm:\t${maskText(task.capPermitted)}`,
    `CapEff:\t${maskText(task.capEffective)}`,
    `CapBnd:\t${maskText(task.capBounding)}`,
    `CapAmb:\t${maskText(task.capAmbient)}`,
    `NoNewPrivs:\t${process.noNewPrivileges ? 1 : 0}`,
    'Seccomp:\t0',
    'Seccomp_filters:\t0',
    'Speculation_Store_Bypass:\tunknown',
    'SpeculationIndirectBranch:\tunsupported',
    'Cpus_allowed:\t1',
    'Cpus_allowed_list:\t0',
    'Mems_allowed:\t1',
    'Mems_allowed_list:\t0',
    `voluntary_ctxt_switches:\t${task.voluntarySwitches}`,
    `nonvoluntary_ctxt_switches:\t${task.involuntarySwitches}`,
  );
  return `${rows.join('\n')}\n`;
}

/** CAP_CHECKPOINT_RESTORE (40) is the last one. */

function memoryRows(source: ProcSource, space: ProcSpace): string[] {
  const size = new SpaceSizes(source, space);
  const shmem = size.shared === 0 ? 0 : Math.min(size.shared, residentShmemPages(source, space));
  const row = (label: string, pages: number): string => `${label}:\t${String(pages * 4).padStart(8)} kB`;
  return [
    row('VmPeak', size.mappedPeak),
    row('VmSize', size.mapped),
    row('VmLck', size.locked),
    row('VmPin', 0),
    row('VmHWM', size.residentPeak),
    row('VmRSS', size.resident),
    row('RssAnon', size.resident - size.shared),
    row('RssFile', size.shared - shmem),
    row('RssShmem', shmem),
    row('VmData', size.data),
    row('VmStk', size.stack),
    row('VmExe', size.text),
    row('VmLib', Math.max(0, size.executable - size.text)),
    row('VmPTE', size.tables),
    row('VmSwap', source.core.exports.spaceStat(space.handle, SPACE_STAT_SWAPPED)),
    row('HugetlbPages', source.core.exports.spaceStat(space.handle, SPACE_STAT_HUGETLB)),
  ];
}

export function fdNumbers(task: ProcTask): number[] {
  return task.files === undefined ? [] : [...task.files.entries()].map(([fd]) => fd);
}

/** The kernel's tables grow by doubling from 64. */
function tableSize(end: number): number {
  let size = FD_TABLE_MIN;
  while (end > size) size *= 2;
  return size;
}

/** /proc/PID/stat sums over the threads; /proc/PID/task/TID/stat has the thread's own times. */
export function statText(source: ProcSource, process: ProcProcess, task: ProcTask, whole: boolean, permitted: boolean): string {
  const times = whole ? process : task;
  const layout = permitted ? process.space?.layout : undefined;
  const size = process.space === undefined ? undefined : new SpaceSizes(source, process.space);
  const rss = process.limits[RLIMIT_RSS]?.current ?? Number.POSITIVE_INFINITY;
  const low = (set: bigint): string => String(set & LOW_SIGNALS);
  const hidden = process.space === undefined ? 0 : 1;
  const brk =
    layout === undefined || process.space === undefined ? 0 : source.core.exports.spaceStat(process.space.handle, SPACE_STAT_BRK_START);
  const fields = [
    task.tid,
    `(${task.comm})`,
    task.state,
    process.ppid,
    process.pgid,
    process.sid,
    process.tty,
    process.foregroundPgid,
    TASK_FLAGS,
    times.minorFaults,
    whole ? process.childMinorFaults : 0,
    times.majorFaults,
    whole ? process.childMajorFaults : 0,
    ticks(times.userNs),
    ticks(times.systemNs),
    ticks(process.childUserNs),
    ticks(process.childSystemNs),
    20 + task.nice,
    task.nice,
    process.tasks.length,
    0,
    ticks(task.startNs),
    (size?.mapped ?? 0) * 4096,
    size?.resident ?? 0,
    Number.isFinite(rss) ? rss : UNLIMITED_TEXT,
    layout?.codeStart ?? hidden,
    layout?.codeEnd ?? hidden,
    layout?.stackStart ?? 0,
    0,
    0,
    low(task.signalsPending),
    low(task.signalsBlocked),
    low(process.signalsIgnored),
    low(process.signalsCaught),
    permitted && task.state !== 'R' ? 1 : 0,
    0,
    0,
    process.exitSignal,
    0,
    0,
    0,
    0,
    0,
    0,
    layout?.dataStart ?? 0,
    layout?.dataEnd ?? 0,
    brk,
    layout?.argStart ?? 0,
    layout?.argEnd ?? 0,
    layout?.envStart ?? 0,
    layout?.envEnd ?? 0,
    permitted ? process.exitCode : 0,
  ];
  return `${fields.join(' ')}\n`;
}

export function statmText(source: ProcSource, process: ProcProcess): string {
  if (process.space === undefined) return '0 0 0 0 0 0 0\n';
  const size = new SpaceSizes(source, process.space);
  return `${size.mapped} ${size.resident} ${size.shared} ${size.text} 0 ${size.data + size.stack} 0\n`;
}

const LIMIT_ROWS: readonly (readonly [name: string, unit: string])[] = [
  ['Max cpu time', 'seconds'],
  ['Max file size', 'bytes'],
  ['Max data size', 'bytes'],
  ['Max stack size', 'bytes'],
  ['Max core file size', 'bytes'],
  ['Max resident set', 'bytes'],
  ['Max processes', 'processes'],
  ['Max open files', 'files'],
  ['Max locked memory', 'bytes'],
  ['Max address space', 'bytes'],
  ['Max file locks', 'locks'],
  ['Max pending signals', 'signals'],
  ['Max msgqueue size', 'bytes'],
  ['Max nice priority', ''],
  ['Max realtime priority', ''],
  ['Max realtime timeout', 'us'],
];

function limitText(value: number): string {
  return Number.isFinite(value) ? String(value) : 'unlimited';
}

export function limitsText(process: ProcProcess): string {
  const row = (name: string, soft: string, hard: string): string => `${name.padEnd(25)} ${soft.padEnd(20)} ${hard.padEnd(20)} `;
  let text = `${row('Limit', 'Soft Limit', 'Hard Limit')}${'Units'.padEnd(10)}\n`;
  LIMIT_ROWS.forEach(([name, unit], i) => {
    const limit = process.limits[i] ?? { current: Number.POSITIVE_INFINITY, maximum: Number.POSITIVE_INFINITY };
    text += `${row(name, limitText(limit.current), limitText(limit.maximum))}${unit === '' ? '' : unit.padEnd(10)}\n`;
  });
  return text;
}

/** Half of what the process holds against all memory, 0..1000 and beyond, moved by the adjustment: mm/oom_kill.c. */
export function oomScore(source: ProcSource, process: ProcProcess): number {
  if (process.space === undefined || process.oomScoreAdjust === -1000) return 0;
  const total = source.core.exports.frameLimit();
  const size = new SpaceSizes(source, process.space);
  const points = size.resident + size.tables + Math.trunc((process.oomScoreAdjust * total) / 1000);
  return Math.max(0, Math.trunc(((1000 + Math.trunc((points * 1000) / total)) * 2) / 3));
}

/** A command line as it is in the process's memory now; a program that has overwritten its end shows into the environment. */
export function cmdlineBytes(space: ProcSpace): Uint8Array {
  const { argStart, argEnd, envEnd } = space.layout;
  if (argStart === 0 || argEnd <= argStart) return new Uint8Array(0);
  const bytes = readMemory(space, argStart, argEnd - argStart);
  if (bytes.length < argEnd - argStart || bytes[bytes.length - 1] === 0 || envEnd <= argEnd) return bytes;
  const more = readMemory(space, argStart, envEnd - argStart);
  const end = more.indexOf(0);
  return end < 0 ? more : more.slice(0, end + 1);
}

/** As much as can be read: what the process has unmapped ends it. */
export function readMemory(space: ProcSpace, start: number, length: number): Uint8Array {
  if (start === 0 || length <= 0) return new Uint8Array(0);
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const piece = Math.min(length - done, 4096 - ((start + done) % 4096));
    const got = tryRead(space, start + done, piece);
    if (got === undefined) break;
    bytes.set(got, done);
    done += piece;
  }
  return bytes.subarray(0, done);
}

/** One piece inside a page; undefined where the process itself could not read. */
export function tryRead(space: ProcSpace, address: number, length: number): Uint8Array | undefined {
  try {
    return space.user.read(address, length);
  } catch (error) {
    if (error instanceof SysError) return undefined;
    throw error;
  }
}

export function tryWrite(space: ProcSpace, address: number, bytes: Uint8Array): boolean {
  try {
    space.user.write(address, bytes);
    return true;
  } catch (error) {
    if (error instanceof SysError) return false;
    throw error;
  }
}
