import { SPACE_STAT_RESIDENT, SPACE_STAT_SWAPPED, SPACE_STAT_TABLE_FRAMES } from '../../assembly/shared/stat.js';
import { SI_KERNEL, SIGKILL } from '../linux/signal.js';
import { exitThread } from './exit.js';
import type { Kernel } from './kernel.js';
import { INIT_PID, type Process } from './process.js';
import { kill } from './signal.js';
import type { Thread } from './thread.js';

/** oom_score_adj of a process that is never chosen. */
const NEVER = -1000;

/**
 * The out-of-memory rule: the process with the most pages (resident, swapped out, page tables; oom_score_adj thousandths of the memory
 * added) is killed, and with it every process that shares its memory. `t` is the thread that found no frame left; the memory is free
 * when this returns, or as soon as `t` has ended, if it is among them. Equal processes: the youngest.
 */
export function killForMemory(t: Thread): void {
  const { kernel } = t;
  const victim = chooseVictim(kernel) ?? t.process;
  const { space } = victim;
  for (const process of [...kernel.processes.values()]) {
    if (process.state !== 'running' || process.space !== space) continue;
    if (!process.exiting) kernel.hooks.onOutOfMemory?.(process);
    kill(process, { signo: SIGKILL, code: SI_KERNEL, pid: INIT_PID });
    // None of these threads is running but `t`, whose turn ends with it.
    for (const other of [...process.threads]) if (other !== t) exitThread(other, process.status);
  }
}

/** A process that is ending already is the first choice: it costs nobody anything. */
function chooseVictim(kernel: Kernel): Process | undefined {
  let victim: Process | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const process of kernel.processes.values()) {
    if (process.state !== 'running') continue;
    const points = process.exiting ? Number.POSITIVE_INFINITY : badness(kernel, process);
    if (points >= most && (process.exiting || process.oomScoreAdjust !== NEVER)) {
      most = points;
      victim = process;
    }
  }
  return victim;
}

function badness({ core }: Kernel, { space, oomScoreAdjust }: Process): number {
  const { exports } = core;
  const pages = [SPACE_STAT_RESIDENT, SPACE_STAT_SWAPPED, SPACE_STAT_TABLE_FRAMES].map((which) => exports.spaceStat(space.handle, which));
  return pages.reduce((sum, n) => sum + n) + (oomScoreAdjust * exports.frameLimit()) / 1000;
}
