/** Megapages by policy: what /sys/kernel/mm/transparent_hugepage says and changes. The core takes them (assembly/mm/huge.ts). */
import { COUNT_HUGE_COLLAPSES, COUNT_HUGE_FAULTS, COUNT_HUGE_REFUSED, COUNT_HUGE_SPLITS } from '../../assembly/shared/layout.js';
import { HUGE_ALWAYS, HUGE_MADVISE, HUGE_NEVER } from '../../assembly/shared/mman.js';
import type { Core } from '../core/core.js';

const POLICIES: Readonly<Record<string, number>> = { always: HUGE_ALWAYS, madvise: HUGE_MADVISE, never: HUGE_NEVER };

export class HugePages {
  private _enabled = 'madvise';
  /** A frame that is in somebody's way is never moved, so all of its values mean the same. */
  defrag = 'madvise';

  constructor(private readonly core: Core) {
    this.enabled = this._enabled;
  }

  /** always, madvise or never: which memory gets a megapage at its first fault. */
  get enabled(): string {
    return this._enabled;
  }
  set enabled(policy: string) {
    this._enabled = policy;
    this.core.exports.hugeSetPolicy(POLICIES[policy]);
  }

  /** Rows of /proc/vmstat. */
  counts(): Readonly<Record<string, number>> {
    const count = (which: number): number => this.core.counter(which);
    return {
      thp_fault_alloc: count(COUNT_HUGE_FAULTS),
      thp_fault_fallback: count(COUNT_HUGE_REFUSED),
      thp_collapse_alloc: count(COUNT_HUGE_COLLAPSES),
      thp_split_pmd: count(COUNT_HUGE_SPLITS),
    };
  }
}
