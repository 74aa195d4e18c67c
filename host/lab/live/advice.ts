/** What a running program advises about huge pages, as records: for systems that follow it. */
import * as T from '../../../assembly/shared/trace.js';
import type { Kernel } from '../../kernel/kernel.js';
import type { AddressSpace } from '../../kernel/space.js';
import type { Thread } from '../../kernel/thread.js';
import type { Recorder } from '../recorder.js';

const MADV_HUGEPAGE = 14;
const MADV_NOHUGEPAGE = 15;
const REGION = 2 ** 21;
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
      next?.onSyscallEnter(t, call, args);
    },
    onSyscallExit: (t, call, args, result) => {
      next?.onSyscallExit(t, call, args, result);
      follow(t, call.name, args, result);
    },
    onSignal: (t, info) => next?.onSignal(t, info),
    onThreadExit: (t) => next?.onThreadExit(t),
    onProcessExit: (process) => next?.onProcessExit(process),
  };
}
