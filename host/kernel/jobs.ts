import { SI_KERNEL, SIGCONT, SIGHUP } from '../linux/signal.js';
import type { Kernel } from './kernel.js';
import type { Process } from './process.js';
import { sendToGroup } from './signal.js';

/**
 * A process group is orphaned when no member has a parent in the same session but in another group: then no shell is left that
 * could continue it. `leaving` is treated as already gone.
 */
export function isOrphanedGroup(kernel: Kernel, pgid: number, sid: number, leaving?: Process): boolean {
  for (const member of kernel.group(pgid)) {
    if (member === leaving || member.state !== 'running' || member.parent === undefined) continue;
    if (member.parent.sid === sid && member.parent.pgid !== pgid && member.parent !== leaving) return false;
  }
  return true;
}

/** A stopped group that `leaving` orphans by its end is hung up and continued. */
export function hangUpOrphans(kernel: Kernel, pgid: number, sid: number, leaving: Process): void {
  const members = kernel.group(pgid).filter((p) => p !== leaving && p.state === 'running');
  if (!members.some((p) => p.stopped) || !isOrphanedGroup(kernel, pgid, sid, leaving)) return;
  sendToGroup(kernel, pgid, { signo: SIGHUP, code: SI_KERNEL });
  sendToGroup(kernel, pgid, { signo: SIGCONT, code: SI_KERNEL });
}
