/**
 * THE system-call table: every number of Linux 6.12 on riscv64 (0 to 462, with the gaps that Linux has), one row each, from the files
 * of the families. The dispatcher, strace and docs/syscalls.md are made from it.
 */
import { absentRows } from './absent.js';
import { adviseRows } from './advise.js';
import { attributeRows } from './attributes.js';
import { copyRows } from './copy.js';
import { epollRows } from './epoll.js';
import { eventfdRows } from './eventfd.js';
import { descriptorRows } from './fd.js';
import { transferRows } from './file.js';
import { inotifyRows } from './inotify.js';
import { ioctlRows } from './ioctl.js';
import { memfdRows } from './memfd.js';
import { memlockRows } from './memlock.js';
import { memoryRows } from './memory.js';
import { miscRows } from './misc.js';
import { mountRows } from './mount.js';
import { mqueueRows } from './mqueue.js';
import { openRows } from './open.js';
import { pollRows } from './poll.js';
import { processRows } from './process.js';
import { processMemoryRows } from './processmemory.js';
import { readaheadRows } from './readahead.js';
import type { SyscallRow } from './row.js';
import { signalRows } from './signal.js';
import { signalfdRows } from './signalfd.js';
import { socketRows } from './socket.js';
import { statRows } from './stat.js';
import { swapRows } from './swap.js';
import { syncRows } from './sync.js';
import { sysvMessageRows } from './sysvmsg.js';
import { sysvSemaphoreRows } from './sysvsem.js';
import { sysvSharedRows } from './sysvshm.js';
import { teeRows } from './tee.js';
import { terminalRows } from './terminal.js';
import { timeRows } from './time.js';
import { timerfdRows } from './timerfd.js';
import { timerRows } from './timers.js';
import { treeRows } from './tree.js';
import { userfaultRows } from './userfaultfd.js';
import { xattrRows } from './xattr.js';

export interface SyscallFamily {
  readonly title: string;
  readonly rows: readonly SyscallRow[];
}

export const syscallFamilies: readonly SyscallFamily[] = [
  { title: 'Opening files and descriptors', rows: [...openRows, ...memfdRows, ...descriptorRows, ...ioctlRows, ...terminalRows] },
  { title: 'Reading and writing', rows: [...transferRows, ...copyRows, ...teeRows] },
  { title: 'The page cache and its media', rows: [...syncRows, ...readaheadRows] },
  { title: 'Names and directories', rows: [...treeRows, ...mountRows] },
  { title: 'What files are', rows: [...statRows, ...attributeRows, ...xattrRows] },
  { title: 'Waiting for files', rows: [...pollRows, ...epollRows, ...eventfdRows, ...timerfdRows, ...signalfdRows, ...inotifyRows] },
  { title: 'Message queues', rows: mqueueRows },
  { title: 'System V message queues', rows: sysvMessageRows },
  { title: 'System V semaphores', rows: sysvSemaphoreRows },
  { title: 'System V shared memory', rows: sysvSharedRows },
  { title: 'Sockets', rows: socketRows },
  { title: 'Memory', rows: [...memoryRows, ...memlockRows, ...adviseRows, ...processMemoryRows, ...userfaultRows, ...swapRows] },
  { title: 'Processes, threads and identity', rows: processRows },
  { title: 'Signals', rows: signalRows },
  { title: 'Time', rows: [...timeRows, ...timerRows] },
  { title: 'System', rows: miscRows },
  { title: 'Not there', rows: absentRows },
];

export const syscallTable: readonly SyscallRow[] = syscallFamilies.flatMap((family) => family.rows).sort((a, b) => a.number - b.number);
