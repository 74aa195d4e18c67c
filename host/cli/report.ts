import * as S from '../../assembly/shared/stat.js';
import type { Process } from '../kernel/process.js';
import { signalName } from '../linux/signal.js';
import type { FatalReport } from '../machine-report.js';

/** si_code by name, for the signals that instructions cause (sigaction(2)). */
const CODES: Readonly<Record<string, readonly string[]>> = {
  SIGILL: ['ILL_ILLOPC', 'ILL_ILLOPN', 'ILL_ILLADR', 'ILL_ILLTRP', 'ILL_PRVOPC', 'ILL_PRVREG', 'ILL_COPROC', 'ILL_BADSTK'],
  SIGFPE: ['FPE_INTDIV', 'FPE_INTOVF', 'FPE_FLTDIV', 'FPE_FLTOVF', 'FPE_FLTUND', 'FPE_FLTRES', 'FPE_FLTINV', 'FPE_FLTSUB'],
  SIGSEGV: ['SEGV_MAPERR', 'SEGV_ACCERR'],
  SIGBUS: ['BUS_ADRALN', 'BUS_ADRERR', 'BUS_OBJERR', 'BUS_MCEERR_AR', 'BUS_MCEERR_AO'],
  SIGTRAP: ['TRAP_BRKPT', 'TRAP_TRACE', 'TRAP_BRANCH', 'TRAP_HWBKPT'],
};

const hex = (n: number | bigint): string => `0x${n.toString(16)}`;

/** "killed by SIGSEGV (SEGV_MAPERR) at pc 0x10234 in main+0x12, address 0x0, no mapping": one line. */
export function describeKilled(report: FatalReport, symbol: string | undefined): string {
  const code = CODES[report.name]?.[report.code - 1];
  let text = `killed by ${report.name}${code === undefined ? '' : ` (${code})`} at pc ${hex(report.pc)}`;
  if (symbol !== undefined) text += ` in ${symbol}`;
  if (report.address !== undefined) text += `, address ${hex(report.address)}`;
  if (report.mapping !== undefined) text += `, ${report.mapping}`;
  return text;
}

/** When nothing is known but the exit status. */
export function describeSignal(exitCode: number): string {
  return `killed by ${signalName(exitCode - 128)}`;
}

/** "Out of memory: Killed process 7 (name) total-vm:10240kB, anon-rss:9000kB, ...": Linux's own line, with what is known here. */
export function describeStarved(process: Process): string {
  const { space, leader, oomScoreAdjust } = process;
  const kb = (which: number): number => space.core.exports.spaceStat(space.handle, which) * 4;
  const file = kb(S.SPACE_STAT_SHARED_RESIDENT);
  return [
    `Out of memory: Killed process ${process.pid} (${process.comm}) total-vm:${kb(S.SPACE_STAT_PAGES_MAPPED)}kB`,
    `anon-rss:${kb(S.SPACE_STAT_RESIDENT) - file}kB`,
    `file-rss:${file}kB`,
    `UID:${leader.cred.ruid} pgtables:${kb(S.SPACE_STAT_TABLE_FRAMES)}kB oom_score_adj:${oomScoreAdjust}`,
  ].join(', ');
}
