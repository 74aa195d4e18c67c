/** The files of /proc that stand beside the processes. */
import { locksText } from './proc-locks.js';
import { buddyinfoText, iomemText, meminfoText, swapsText, vmstatText, zoneinfoText } from './proc-memory.js';
import type { ProcSource } from './proc-source.js';
import * as S from './proc-system.js';

/** What a kernel shows only when it has it is not there: modules, config.gz, crypto, keys, pressure, slabinfo, timer_list. */
export function rootFiles(source: ProcSource): Readonly<Record<string, () => string>> {
  return {
    buddyinfo: () => buddyinfoText(source),
    cgroups: () => S.CGROUPS_TEXT,
    cmdline: () => '\n',
    // The kernel prints nothing anywhere.
    consoles: () => '',
    cpuinfo: () => S.cpuinfoText(),
    devices: () => S.devicesText(source),
    diskstats: () => '',
    execdomains: () => '0-0\tLinux           \t[kernel]\n',
    filesystems: () => S.filesystemsText(source),
    interrupts: () => S.INTERRUPTS_TEXT,
    iomem: () => iomemText(source),
    ioports: () => '',
    loadavg: () => S.loadavgText(source),
    locks: () => locksText(source),
    meminfo: () => meminfoText(source),
    misc: () => S.miscText(source),
    partitions: () => S.partitionsText(source),
    softirqs: () => S.SOFTIRQS_TEXT,
    stat: () => S.statText(source),
    swaps: () => swapsText(source),
    uptime: () => S.uptimeText(source),
    version: () => S.versionText(source),
    vmstat: () => vmstatText(source),
    zoneinfo: () => zoneinfoText(source),
  };
}

export const ttyFiles = {
  drivers: (): string => S.TTY_DRIVERS_TEXT,
  ldiscs: (): string => 'n_tty       0\n',
  driver: {},
  ldisc: {},
};
