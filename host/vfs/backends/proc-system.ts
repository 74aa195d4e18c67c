/** Text of the files that describe the machine: /proc/{meminfo,cpuinfo,stat,...}. */
import { COUNT_INSTRUCTIONS } from '../../../assembly/shared/layout.js';
import { ticks } from './proc-process.js';
import type { ProcSource } from './proc-source.js';

/** Single letters, then extensions in the kernel's order. */
const ISA = 'rv64imafdc_zicond_zicsr_zifencei_zba_zbb_zbs';

export function meminfoText(source: ProcSource): string {
  const { core } = source;
  const total = core.exports.frameLimit() * 4;
  const free = total - core.exports.framesInUse() * 4;
  const rows: readonly (readonly [label: string, kib: number])[] = [
    ['MemTotal', total],
    ['MemFree', free],
    ['MemAvailable', free],
    ['Buffers', 0],
    ['Cached', 0],
    ['SwapCached', 0],
    ['SwapTotal', 0],
    ['SwapFree', 0],
    ['Dirty', 0],
    ['Writeback', 0],
    ['CommitLimit', total],
    ['VmallocTotal', 0],
    ['VmallocUsed', 0],
    ['HugePages_Total', 0],
    ['HugePages_Free', 0],
  ];
  return rows.map(([label, kib]) => meminfoRow(label, kib)).join('');
}

/** Counts of huge pages have no unit. */
function meminfoRow(label: string, value: number): string {
  const unit = label.startsWith('HugePages') ? '' : ' kB';
  return `${`${label}:`.padEnd(16)}${String(value).padStart(8)}${unit}\n`;
}

export function cpuinfoText(): string {
  const rows = [
    'processor\t: 0',
    'hart\t\t: 0',
    `isa\t\t: ${ISA}`,
    'mmu\t\t: sv39',
    'uarch\t\t: pagewalk',
    'mvendorid\t: 0x0',
    'marchid\t\t: 0x0',
    'mimpid\t\t: 0x0',
    `hart isa\t: ${ISA}`,
  ];
  return `${rows.join('\n')}\n\n`;
}

/** Nanoseconds in which some program ran, and in which none did. An instruction counts 1 ns, as in all CPU times here. */
function cpuTimes(source: ProcSource): { user: number; system: number; idle: number } {
  let system = 0;
  for (const pid of source.pids()) system += source.process(pid)?.systemNs ?? 0;
  const user = source.core.counter(COUNT_INSTRUCTIONS);
  return { user, system, idle: Math.max(0, source.now() - user - system) };
}

export function uptimeText(source: ProcSource): string {
  const seconds = (ns: number): string => {
    const hundredths = Math.floor(ns / 1e7);
    return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;
  };
  return `${seconds(source.now())} ${seconds(cpuTimes(source).idle)}\n`;
}

/** The averages are 0: the machine keeps no history of its run queue. */
export function loadavgText(source: ProcSource): string {
  return `0.00 0.00 0.00 ${source.runnable}/${source.taskCount} ${source.lastPid}\n`;
}

export function statText(source: ProcSource): string {
  const { user, system, idle } = cpuTimes(source);
  const times = `${ticks(user)} 0 ${ticks(system)} ${ticks(idle)} 0 0 0 0 0 0`;
  return (
    `cpu  ${times}\ncpu0 ${times}\nintr 0\nctxt ${source.contextSwitches}\nbtime ${source.bootTime.sec}\n` +
    `processes ${source.forks}\nprocs_running ${source.runnable}\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n`
  );
}

export function versionText(source: ProcSource): string {
  return `Linux version ${source.osRelease} (pagewalk@pagewalk) (AssemblyScript) ${source.osVersion}\n`;
}

export const FILESYSTEMS_TEXT = ['sysfs', 'tmpfs', 'proc', 'devtmpfs', 'pipefs', 'overlay'].map((name) => `nodev\t${name}\n`).join('');

export const SWAPS_TEXT = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n';

/** A version 4 UUID in lower case, with the newline that random/uuid prints. */
export function uuidText(random: (bytes: Uint8Array) => void): string {
  const bytes = new Uint8Array(16);
  random(bytes);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}\n`;
}
