/**
 * THE system-call table: every number of Linux 6.12 on riscv64 (0 to 462, with the gaps that Linux has), one row each, from the files
 * of the families. The dispatcher, strace and docs/syscalls.md are made from it.
 */
import { absentRows } from './absent.js';
import { transferRows } from './file.js';
import { memoryRows } from './memory.js';
import { miscRows } from './misc.js';
import { processRows } from './process.js';
import type { SyscallRow } from './row.js';
import { signalRows } from './signal.js';
import { timeRows } from './time.js';

export interface SyscallFamily {
  readonly title: string;
  readonly rows: readonly SyscallRow[];
}

export const syscallFamilies: readonly SyscallFamily[] = [
  { title: 'Reading and writing', rows: transferRows },
  { title: 'Memory', rows: memoryRows },
  { title: 'Processes, threads and identity', rows: processRows },
  { title: 'Signals', rows: signalRows },
  { title: 'Time', rows: timeRows },
  { title: 'System', rows: miscRows },
  { title: 'Not there', rows: absentRows },
];

export const syscallTable: readonly SyscallRow[] = syscallFamilies.flatMap((family) => family.rows).sort((a, b) => a.number - b.number);
