/** What caches translations: all of the TLB, and the permission bytes of a window. */
import * as L from '../../../assembly/shared/layout.js';
import type { Core } from '../../core/core.js';
import { type Vma, vmas } from '../../vfs/backends/proc-maps.js';
import { homeOf, type SpaceView } from './capture.js';
import { PAGE_BYTES } from './pages.js';
import * as R from './records.js';

export interface TlbEntry {
  readonly entry: number;
  /** Address of the page. */
  readonly page: number;
  readonly read: boolean;
  readonly write: boolean;
  readonly frame: number;
}

/** Entries that hold something: those of the space that runs. */
export function captureTlb(core: Core): TlbEntry[] {
  const entries: TlbEntry[] = [];
  for (let entry = 0; entry < R.TLB_ENTRIES; entry++) {
    const at = L.TLB_BASE + entry * R.TLB_ENTRY_BYTES;
    const read = core.readU64(at);
    const write = core.readU64(at + 8);
    const vpn = Math.max(isTag(read) ? read : 0, isTag(write) ? write : 0) - 1;
    if (vpn < 0) continue;
    const frame = core.u32[(at + 16) >>> 2] >>> L.PAGE_SHIFT;
    entries.push({ entry, page: vpn * PAGE_BYTES, read: read === vpn + 1, write: write === vpn + 1, frame });
  }
  return entries;
}

const isTag = (tag: number): boolean => tag > 0 && tag <= R.TASK_SIZE / PAGE_BYTES;

/** Pages that follow each other and that the window serves alike. */
export interface WindowRun {
  readonly start: number;
  readonly pages: number;
  readonly read: boolean;
  readonly write: boolean;
}

export interface WindowContents {
  /** undefined: all slots were taken when the space was made. */
  readonly slot: number | undefined;
  readonly frame: number;
  readonly pages: number;
  readonly runs: readonly WindowRun[];
  /** Runs beyond those. */
  readonly left: number;
}

export function captureWindow(view: SpaceView, runsMax = 200): WindowContents {
  const runs: { start: number; pages: number; read: boolean; write: boolean }[] = [];
  let left = 0;
  if (view.windowSlot !== 0) {
    for (const vma of vmas(view.source, view.space)) {
      for (const run of runsOf(view, vma)) {
        if (runs.length < runsMax) runs.push(run);
        else left++;
      }
    }
  }
  const slot = view.windowSlot === 0 ? undefined : view.windowSlot - 1;
  return { slot, frame: view.windowFrame, pages: slot === undefined ? 0 : view.windowPages, runs, left };
}

function runsOf(view: SpaceView, vma: Vma): { start: number; pages: number; read: boolean; write: boolean }[] {
  const bytes = view.core.u8;
  const base = L.PERMISSIONS + (view.windowSlot - 1) * 2 ** L.PERMISSION_STRIDE_SHIFT;
  const runs: { start: number; pages: number; read: boolean; write: boolean }[] = [];
  const end = Math.min(vma.end / PAGE_BYTES, view.windowPages);
  let before = 0;
  for (let vpn = vma.start / PAGE_BYTES; vpn < end && homeOf(view, vpn) !== 0; vpn++) {
    const permission = bytes[base + vpn];
    if (permission !== 0 && permission === before) runs[runs.length - 1].pages++;
    else if (permission !== 0) {
      runs.push({
        start: vpn * PAGE_BYTES,
        pages: 1,
        read: (permission & L.PERM_READ) !== 0,
        write: (permission & L.PERM_WRITE) !== 0,
      });
    }
    before = permission;
  }
  return runs;
}
