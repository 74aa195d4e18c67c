/** What a running program advises about huge pages, and where its mappings have room for them, as records: for systems that follow it. */

import { VM_EXEC, VM_READ, VM_WRITE } from '../../../assembly/shared/mman.js';
import * as T from '../../../assembly/shared/trace.js';
import { viewSpace } from '../../debug/inspect/capture.js';
import type { Kernel } from '../../kernel/kernel.js';
import type { AddressSpace } from '../../kernel/space.js';
import type { Thread } from '../../kernel/thread.js';
import { vmas } from '../../vfs/backends/proc-maps.js';
import type { Recorder } from '../recorder.js';

const MADV_HUGEPAGE = 14;
const MADV_NOHUGEPAGE = 15;
const REGION = 2 ** 21;
const ACCESSIBLE = VM_READ | VM_WRITE | VM_EXEC;
/** Calls that change mappings. After execve it is another space's first call that tells. */
const MAPPING_CALLS: ReadonlySet<string> = new Set(['mmap', 'munmap', 'mremap', 'mprotect', 'pkey_mprotect', 'brk', 'shmat', 'shmdt']);
/** Regions of one call that are told of: 128 GiB. */
const REGIONS_MAX = 65536;

/**
 * From now on the program's advice is recorded, for whole regions of 2 MiB. A fork's child has its parent's advice from its first system
 * call on; what is unmapped has none any more.
 */
export function watchAdvice(kernel: Kernel, recorder: Recorder): void {
  const next = kernel.observer;
  /** Numbers of regions that are advised to be one page; of children that have not told it yet. */
  const advised = new WeakMap<AddressSpace, Set<number>>();
  const inherited = new WeakMap<AddressSpace, ReadonlySet<number>>();

  /** Numbers of regions that are wholly in one mapping, as told last. */
  const fitting = new WeakMap<AddressSpace, ReadonlySet<number>>();

  const tellFitting = ({ process }: Thread): void => {
    const { space } = process;
    const before = fitting.get(space) ?? new Set();
    const fits = new Set<number>();
    const view = viewSpace(process);
    for (const { start, end, flags } of vmas(view.source, view.space)) {
      if ((flags & ACCESSIBLE) === 0) continue;
      const last = Math.floor(end / REGION);
      for (let region = Math.ceil(start / REGION); region < last && fits.size < REGIONS_MAX; region++) fits.add(region);
    }
    for (const region of before) if (!fits.has(region)) recorder.record(T.RECORD_ADVICE, region * REGION + T.ADVICE_FITS);
    for (const region of fits) if (!before.has(region)) recorder.record(T.RECORD_ADVICE, region * REGION + T.ADVICE_FITS + 1);
    fitting.set(space, fits);
  };
  const of = (space: AddressSpace): Set<number> => {
    let regions = advised.get(space);
    if (regions === undefined) advised.set(space, (regions = new Set()));
    return regions;
  };
  /** In the space that runs. */
  const tell = (space: AddressSpace, regions: Iterable<number>, isWelcome: boolean): void => {
    const known = of(space);
    for (const region of regions) {
      if (known.has(region) === isWelcome) continue;
      if (isWelcome) known.add(region);
      else known.delete(region);
      recorder.record(T.RECORD_ADVICE, region * REGION + (isWelcome ? 1 : 0));
    }
  };
  const follow = (t: Thread, name: string, args: readonly number[], result: number): void => {
    const { space } = t.process;
    const [start, length, what] = args;
    if (name === 'madvise' && result === 0 && (what === MADV_HUGEPAGE || what === MADV_NOHUGEPAGE)) {
      const first = Math.ceil(start / REGION);
      const count = Math.min(Math.floor((start + length) / REGION) - first, REGIONS_MAX);
      if (count > 0)
        tell(
          space,
          Array.from({ length: count }, (_, i) => first + i),
          what === MADV_HUGEPAGE,
        );
    } else if (name === 'munmap' && result === 0) {
      const gone = [...(advised.get(space) ?? [])].filter((region) => (region + 1) * REGION > start && region * REGION < start + length);
      tell(space, gone, false);
    } else if ((name === 'clone' || name === 'clone3') && result > 0) {
      const child = kernel.processes.get(result)?.space;
      const mine = advised.get(space);
      if (child !== undefined && child !== space && mine !== undefined) inherited.set(child, new Set(mine));
    }
  };
  kernel.observer = {
    onSyscallEnter: (t, call, args) => {
      const { space } = t.process;
      const regions = inherited.get(space);
      inherited.delete(space);
      if (regions !== undefined) tell(space, regions, true);
      if (!fitting.has(space)) tellFitting(t);
      next?.onSyscallEnter(t, call, args);
    },
    onSyscallExit: (t, call, args, result) => {
      next?.onSyscallExit(t, call, args, result);
      follow(t, call.name, args, result);
      if (MAPPING_CALLS.has(call.name)) tellFitting(t);
    },
    onSignal: (t, info) => next?.onSignal(t, info),
    onThreadExit: (t) => next?.onThreadExit(t),
    onProcessExit: (process) => next?.onProcessExit(process),
  };
}
