/** Text of the files that describe the machine: /proc/{meminfo,cpuinfo,stat,...}. */
import { COUNT_INSTRUCTIONS } from '../../../assembly/shared/layout.js';
import { devMajor, devMinor } from '../../linux/stat.js';
import { ticks } from './proc-process.js';
import type { ProcSource } from './proc-source.js';

/** Single letters, then extensions in the kernel's order. */
const ISA = 'rv64imafdc_zicond_zicsr_zifencei_zba_zbb_zbs';

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

export function loadavgText(source: ProcSource): string {
  const averages = source.loadAverages.map((load) => load.toFixed(2)).join(' ');
  return `${averages} ${source.runnable}/${source.taskCount} ${source.lastPid}\n`;
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

/** Those that no mount asks for are known, too. */
const UNMOUNTABLE = ['pipefs', 'sockfs', 'anon_inodefs', 'overlay'];

export function filesystemsText(source: ProcSource): string {
  return [...new Set([...source.fileSystemTypes, ...UNMOUNTABLE])].map((name) => `nodev\t${name}\n`).join('');
}

/** Block devices of the embedder's. */
export function partitionsText(source: ProcSource): string {
  const rows = source.blockDevices.map(({ number, name, sizeBytes }) => {
    const [major, minor, blocks] = [devMajor(number), devMinor(number), Math.floor(sizeBytes / 1024)].map(String);
    return `${major.padStart(4)} ${minor.padStart(8)} ${blocks.padStart(10)} ${name}\n`;
  });
  return `major minor  #blocks  name\n\n${rows.join('')}`;
}

const MISC_MAJOR = 10;
/** Drivers have a major number for all of theirs, but for three. */
const MAJORS: readonly (readonly [major: number, name: string])[] = [
  [1, 'mem'],
  [5, '/dev/tty'],
  [5, '/dev/console'],
  [5, '/dev/ptmx'],
  [MISC_MAJOR, 'misc'],
  [29, 'fb'],
  [136, 'pts'],
];
const ALWAYS: readonly number[] = [1, 5, MISC_MAJOR, 136];

/** Numbers that device nodes of this machine have. */
export function devicesText(source: ProcSource): string {
  const rows = MAJORS.filter(
    ([major]) => ALWAYS.includes(major) || source.characterDevices.some(({ number }) => devMajor(number) === major),
  );
  for (const { number, name } of source.characterDevices) {
    const major = devMajor(number);
    if (!rows.some(([known]) => known === major)) rows.push([major, name]);
  }
  rows.sort(([a], [b]) => a - b);
  const text = rows.map(([major, name]) => `${String(major).padStart(3)} ${name}\n`).join('');
  const blocks = new Map(source.blockDevices.map(({ number, name }) => [devMajor(number), name] as const));
  const below = [...blocks].sort(([a], [b]) => a - b).map(([major, name]) => `${String(major).padStart(3)} ${name}\n`);
  return `Character devices:\n${text}\nBlock devices:\n${below.join('')}`;
}

/** Devices that share major 10. */
export function miscText(source: ProcSource): string {
  const rows = source.characterDevices.filter(({ number }) => devMajor(number) === MISC_MAJOR);
  return rows.map(({ number, name }) => `${String(devMinor(number)).padStart(3)} ${name}\n`).join('');
}

/** One processor, and nothing that interrupts it. */
export const INTERRUPTS_TEXT = `${' '.repeat(11)}CPU0       \n`;

export const CGROUPS_TEXT = '#subsys_name\thierarchy\tnum_cgroups\tenabled\n';

/** A version 4 UUID in lower case, with the newline that random/uuid prints. */
export function uuidText(random: (bytes: Uint8Array) => void): string {
  const bytes = new Uint8Array(16);
  random(bytes);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}\n`;
}

/** Nothing here is deferred to a softirq. */
const SOFTIRQS = ['HI', 'TIMER', 'NET_TX', 'NET_RX', 'BLOCK', 'IRQ_POLL', 'TASKLET', 'SCHED', 'HRTIMER', 'RCU'];
const SOFTIRQ_ROWS = SOFTIRQS.map((name) => `${name.padStart(12)}: ${'0'.padStart(10)}\n`);
export const SOFTIRQS_TEXT = `${' '.repeat(20)}CPU0       \n${SOFTIRQ_ROWS.join('')}`;

const TTY_DRIVERS: readonly (readonly [driver: string, node: string, major: number, minors: string, type: string])[] = [
  ['/dev/tty', '/dev/tty', 5, '0', 'system:/dev/tty'],
  ['/dev/console', '/dev/console', 5, '1', 'system:console'],
  ['/dev/ptmx', '/dev/ptmx', 5, '2', 'system'],
  ['pty_slave', '/dev/pts', 136, '0-1048575', 'pty:slave'],
  ['pty_master', '/dev/ptm', 128, '0-1048575', 'pty:master'],
];
export const TTY_DRIVERS_TEXT = TTY_DRIVERS.map(([driver, node, major, minors, type]) => {
  return `${driver.padEnd(20)} ${node.padEnd(8)} ${String(major).padStart(3)} ${minors.padStart(7)} ${type}\n`;
}).join('');
