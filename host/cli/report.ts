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

const hex = (n: number): string => `0x${n.toString(16)}`;

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
