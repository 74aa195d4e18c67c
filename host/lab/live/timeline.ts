/**
 * Cause and effect: a system call changes page tables, drops translations, and later accesses pay with faults and walks. Each page whose
 * translation was dropped remembers which call did that, until it is accessed again.
 */
import * as S from '../../../assembly/shared/stat.js';
import { findEntry, viewSpace } from '../../debug/inspect/capture.js';
import { PTE_V, PTE_W } from '../../debug/inspect/records.js';
import type { Kernel } from '../../kernel/kernel.js';
import type { SyscallObserver, TracedCall } from '../../kernel/observer.js';
import type { Process } from '../../kernel/process.js';
import type { Thread } from '../../kernel/thread.js';
import type { CallEvent, CallSum } from '../results.js';

/** Calls that are listed one by one; of all the sums are kept. */
const EVENTS_MAX = 2000;
/** Pages with a cause. */
const CAUSES_MAX = 1 << 20;

/** What an access to a page whose translation was dropped must do first: fault, whatever it is; fault if it is a store; nothing. */
type Faults = 'any' | 'store' | 'none';

interface Cause {
  readonly event: Open;
  readonly faults: Faults;
}

interface OpenCall {
  readonly event: Open;
  readonly space: number;
  readonly resident: number;
  /** Whose translations were dropped. */
  readonly pages: Set<number>;
}

type Sum = { -readonly [K in keyof CallSum]: CallSum[K] };
type Open = { -readonly [K in keyof CallEvent]: CallEvent[K] };

/** Causes that are no system call. */
const FAULT = '(page fault)';

export class Timeline {
  readonly #sums = new Map<string, Sum>();
  readonly #events: Open[] = [];
  /** Space -> page. */
  readonly #causes = new Map<number, Map<number, Cause>>();
  #causeCount = 0;
  /** Calls in progress; of those that sleep, too. */
  readonly #open = new Map<Thread, OpenCall>();
  #left = 0;

  /** drain: a call begins or ends: what was recorded so far is to be told now. onMappings: addresses may have other names now. */
  constructor(
    private readonly kernel: Kernel,
    private readonly instructions: () => number,
    private readonly drain: () => void,
    private readonly onMappings: () => void,
  ) {}

  /** A call's beginning and end are told to others, too. */
  observer(next: SyscallObserver | undefined): SyscallObserver {
    return {
      onSyscallEnter: (t, call, args) => {
        next?.onSyscallEnter(t, call, args);
        this.#enter(t, call, args);
      },
      onSyscallExit: (t, call, args, result) => {
        this.#exit(t, call);
        next?.onSyscallExit(t, call, args, result);
      },
      onSignal: (t, info) => next?.onSignal(t, info),
      onThreadExit: (t) => {
        this.#open.delete(t);
        next?.onThreadExit(t);
      },
      onProcessExit: (process) => {
        this.#forget(process.space.handle);
        next?.onProcessExit(process);
      },
    };
  }

  #enter(t: Thread, call: TracedCall, args: readonly number[]): void {
    this.drain();
    const shown = args.map((arg) => (arg >= 4096 ? `0x${arg.toString(16)}` : String(arg))).join(', ');
    const event = this.#event(call.name, `${call.name}(${shown})`, t.process.pid);
    const { handle } = t.process.space;
    this.#open.set(t, { event, space: handle, resident: residentOf(t, handle), pages: new Set() });
  }

  /** The space's handle may be another's soon. */
  #forget(space: number): void {
    this.#causeCount -= this.#causes.get(space)?.size ?? 0;
    this.#causes.delete(space);
  }

  #event(name: string, text: string, pid: number): Open {
    return { at: this.instructions(), pid, name, text, resident: 0, drops: 0, flushes: 0, refaults: 0, walks: 0, cycles: 0 };
  }

  #exit(t: Thread, call: TracedCall): void {
    this.drain();
    const open = this.#open.get(t);
    this.#open.delete(t);
    if (MAPPING_CALLS.has(call.name)) this.onMappings();
    if (open === undefined) return;
    const { event, space, pages } = open;
    const sum = this.#sumOf(event.name);
    sum.calls++;
    // exec gives the process another space, which has nothing to do with what was there.
    if (t.process.space.handle !== space) this.#forget(space);
    else event.resident = residentOf(t, space) - open.resident;
    sum.resident += event.resident;
    if (t.process.space.handle === space) this.#cause(t.process, event, pages);
    if (event.drops + event.flushes > 0 || event.resident !== 0) this.#list(event);
  }

  #cause(process: Process, event: Open, pages: ReadonlySet<number>): void {
    if (pages.size === 0) return;
    const view = viewSpace(process);
    const causes = this.#causes.get(view.handle) ?? new Map<number, Cause>();
    this.#causes.set(view.handle, causes);
    for (const page of pages) {
      if (this.#causeCount >= CAUSES_MAX) return;
      const entry = findEntry(view, page * 4096);
      const bits = entry === undefined ? 0 : entry.pte.bits;
      const stores = (bits & PTE_W) !== 0 && entry?.tableShared !== true;
      if (!causes.has(page)) this.#causeCount++;
      causes.set(page, { event, faults: (bits & PTE_V) === 0 ? 'any' : stores ? 'none' : 'store' });
    }
  }

  #list(event: Open): void {
    if (this.#events.length < EVENTS_MAX) this.#events.push(event);
    else this.#left++;
  }

  #sumOf(name: string): Sum {
    let sum = this.#sums.get(name);
    if (sum === undefined) {
      sum = { name, calls: 0, resident: 0, drops: 0, flushes: 0, refaults: 0, walks: 0, cycles: 0 };
      this.#sums.set(name, sum);
    }
    return sum;
  }

  /** Translations of pages were dropped, by the call in progress or else by a fault. other: not of the caller's space. */
  dropped(address: number | undefined, pages: number, other: boolean): void {
    const { loaded } = this.kernel.cpu;
    const open = loaded === undefined ? undefined : this.#open.get(loaded);
    const sum = this.#sumOf(open?.event.name ?? FAULT);
    const counts = open === undefined ? [sum] : [sum, open.event];
    for (const one of counts) {
      if (address === undefined) one.flushes++;
      else one.drops++;
    }
    if (address === undefined || other || open === undefined) return;
    const first = Math.floor(address / 4096);
    for (let page = first; page < first + pages; page++) open.pages.add(page);
  }

  /** The first access to a page since its translation was dropped tells what that cost. */
  accessed(address: number, store: boolean, walks: number, cycles: number): void {
    if (this.#causeCount === 0) return;
    const causes = this.#causes.get(this.kernel.cpu.loaded?.process.space.handle ?? 0);
    const page = Math.floor(address / 4096);
    const cause = causes?.get(page);
    if (causes === undefined || cause === undefined) return;
    const { event, faults } = cause;
    causes.delete(page);
    this.#causeCount--;
    for (const one of [event, this.#sumOf(event.name)]) {
      one.refaults += faults === 'any' || (faults === 'store' && store) ? 1 : 0;
      one.walks += walks;
      one.cycles += cycles;
    }
  }

  events(): { events: CallEvent[]; left: number } {
    return { events: this.#events, left: this.#left };
  }

  sums(): CallSum[] {
    const counts = [...this.#sums.values()].filter((sum) => sum.drops + sum.flushes + sum.walks > 0 || sum.resident !== 0);
    return counts.sort((a, b) => b.cycles - a.cycles || b.drops - a.drops || (a.name < b.name ? -1 : 1));
  }
}

/** What makes other names for addresses. */
const MAPPING_CALLS = new Set('mmap munmap mprotect mremap brk execve execveat shmat shmdt remap_file_pages prctl clone clone3'.split(' '));

const residentOf = (t: Thread, space: number): number => t.kernel.core.exports.spaceStat(space, S.SPACE_STAT_RESIDENT);
