/** userfaultfd(2) inside the kernel: who watches which memory, who waits for whose page, what is still to be told. */
import { EFAULT } from '../../assembly/shared/errno.js';
import { ACCESS_WRITE } from '../../assembly/shared/exit.js';
import { HART, HART_FAULT_ACCESS, HART_FAULT_ADDRESS, HART_IO_OBJECT, PAGE_SIZE } from '../../assembly/shared/layout.js';
import { VM_HUGE_1GB, VM_HUGETLB, VM_UFFD_MINOR, VM_UFFD_WP, VMA_END, VMA_FLAGS, VMA_START, VMA_UFFD } from '../../assembly/shared/mman.js';
import type { Core } from '../core/core.js';
import { Suspend, SysError } from '../linux/error.js';
import { POLLIN } from '../linux/poll.js';
import * as U from '../linux/userfaultfd.js';
import { GIANT_PAGE_BYTES, HUGE_PAGE_BYTES } from '../vfs/backends/memory-huge.js';
import { type Waiter, WaitQueue } from '../vfs/wait.js';
import type { Kernel } from './kernel.js';
import type { AddressSpace } from './space.js';
import { BLOCKED, type Thread } from './thread.js';

/** struct uffd_msg with up to three words of 64 bits. */
export function message(event: number, ...words: number[]): Uint8Array {
  const bytes = new Uint8Array(U.MESSAGE_BYTES);
  const view = new DataView(bytes.buffer);
  bytes[0] = event;
  words.forEach((word, i) => view.setBigUint64(8 + i * 8, BigInt(word), true));
  return bytes;
}

/** A thread that waits for a page. It is told of for as long as the thread sleeps. */
export class PendingFault extends WaitQueue {
  constructor(
    readonly userfault: Userfault,
    /** Of its page. */
    readonly address: number,
    readonly bytes: Uint8Array,
  ) {
    super(() => userfault.byHost);
  }

  /** The thread has left, woken by whatever. */
  override remove(waiter: Waiter): void {
    super.remove(waiter);
    this.userfault.forget(this);
  }
}

/** Something that happened to the memory. Who did it sleeps on `queue` until it is read. */
export class UserfaultEvent {
  readonly queue = new WaitQueue();
  done = false;
  /** Of the child's own, once a reader has begun to read; its read may begin again. */
  descriptor = -1;

  constructor(
    readonly bytes: Uint8Array,
    /** The child's own, which the reader gets a descriptor of. */
    readonly child?: Userfault,
  ) {}

  finish(): void {
    this.done = true;
    this.queue.wake();
  }
}

/** What the descriptor stands for. */
export class Userfault {
  readonly queue = new WaitQueue();
  /** The embedder gives the pages, not a program. */
  byHost = false;
  initialized = false;
  features = 0;
  released = false;
  /** Not read yet, oldest first; and those that were. */
  private _pending: PendingFault[] = [];
  private readonly _told = new Set<PendingFault>();
  private _events: UserfaultEvent[] = [];

  constructor(
    readonly kernel: Kernel,
    /** Its number in VMAs. */
    readonly number: number,
    readonly space: AddressSpace,
    /** Of the call that made it. */
    readonly userModeOnly: boolean,
    readonly closeOnExec: boolean,
  ) {}

  /** The program that it watches is still there. */
  get alive(): boolean {
    return this.space.references > 0;
  }

  /** Something has happened to the memory that nobody has read yet: EAGAIN for whoever fills pages. */
  get changing(): boolean {
    return this._events.length > 0;
  }

  get readable(): boolean {
    return this._pending.length > 0 || this._events.length > 0;
  }

  /** For fdinfo: faults not read, and all. */
  get counts(): { pending: number; total: number } {
    return { pending: this._pending.length, total: this._pending.length + this._told.size };
  }

  has(feature: number): boolean {
    return (this.features & feature) !== 0;
  }

  post(fault: PendingFault): void {
    this._pending.push(fault);
    this.queue.wake(POLLIN);
  }

  tell(event: UserfaultEvent): void {
    this._events.push(event);
    this.queue.wake(POLLIN);
  }

  forget(fault: PendingFault): void {
    this._told.delete(fault);
    const at = this._pending.indexOf(fault);
    if (at >= 0) this._pending.splice(at, 1);
  }

  /** What read(2) gives next: faults before events. `taken` when it has been. */
  next(): PendingFault | UserfaultEvent | undefined {
    return this._pending[0] ?? this._events[0];
  }

  taken(item: PendingFault | UserfaultEvent): void {
    if (item instanceof PendingFault) {
      this._pending.shift();
      this._told.add(item);
    } else {
      this._events.shift();
      item.finish();
    }
  }

  /** Whoever waits for a page of the range looks again. */
  wake(start: number, length: number): void {
    for (const fault of [...this._pending, ...this._told]) {
      if (fault.address >= start && fault.address < start + length) fault.wake();
    }
  }

  /** Mappings that are registered with it. */
  ranges(space = this.space): { readonly start: number; readonly end: number }[] {
    const { core } = this.kernel;
    const found: { start: number; end: number }[] = [];
    if (!this.alive) return found;
    for (let vma = core.exports.vmaFind(space.handle, 0); vma !== 0; vma = core.exports.vmaNext(space.handle, vma)) {
      if (core.u32[(vma + VMA_UFFD) >>> 2] !== this.number) continue;
      found.push({ start: core.readU64(vma + VMA_START), end: core.readU64(vma + VMA_END) });
    }
    return found;
  }

  /** The descriptor is closed: the memory is ordinary again, and nobody waits. */
  release(): void {
    this.released = true;
    const { exports } = this.kernel.core;
    for (const { start, end } of this.ranges()) exports.uffdRegister(this.space.handle, start, end, 0, 0);
    this.kernel.userfaults.delete(this.number);
    this.wake(0, Number.POSITIVE_INFINITY);
    for (const event of this._events.splice(0)) {
      event.finish();
      event.child?.release();
    }
  }
}

/** All there are, by number. */
export class Userfaults {
  private readonly _all = new Map<number, Userfault>();
  private _last = 0;

  get size(): number {
    return this._all.size;
  }

  get(number: number): Userfault | undefined {
    return this._all.get(number);
  }

  values(): Iterable<Userfault> {
    return this._all.values();
  }

  delete(number: number): void {
    this._all.delete(number);
  }

  create(kernel: Kernel, space: AddressSpace, flags: { userModeOnly: boolean; closeOnExec: boolean }): Userfault {
    const made = new Userfault(kernel, ++this._last, space, flags.userModeOnly, flags.closeOnExec);
    this._all.set(made.number, made);
    return made;
  }
}

/** A child's memory is ordinary, but where somebody wants to watch it, too: then with a userfaultfd of its own. What has been told. */
export function forkUserfaults(kernel: Kernel, parent: AddressSpace, child: AddressSpace): UserfaultEvent[] {
  const events: UserfaultEvent[] = [];
  for (const userfault of [...kernel.userfaults.values()]) {
    if (userfault.space !== parent) continue;
    const ranges = userfault.ranges(child);
    if (ranges.length === 0) continue;
    if (!userfault.has(U.FEATURE_EVENT_FORK)) {
      for (const { start, end } of ranges) kernel.core.exports.uffdRegister(child.handle, start, end, 0, 0);
      continue;
    }
    const own = kernel.userfaults.create(kernel, child, userfault);
    own.initialized = true;
    own.features = userfault.features;
    kernel.core.exports.uffdAdopt(child.handle, userfault.number, own.number);
    const event = new UserfaultEvent(message(U.EVENT_FORK), own);
    userfault.tell(event);
    events.push(event);
  }
  return events;
}

/** A system call has come to a page that a userfaultfd must give: it runs again when that is there. */
export class UserfaultWait extends Suspend {
  constructor(readonly fault: PendingFault) {
    super(Promise.resolve());
  }
}

/** The thread sleeps until its page may be there. */
export function sleepForPage(t: Thread, fault: PendingFault, interruptible: boolean): void {
  if (t.sleep({ queues: [fault], interruptible }) === BLOCKED) fault.userfault.post(fault);
}

/** Huge pages of the pool are watched as a whole. */
function unitAt(core: Core, space: AddressSpace, address: number): number {
  const vma = core.exports.vmaFind(space.handle, address);
  const flags = vma === 0 ? 0 : core.u32[(vma + VMA_FLAGS) >>> 2];
  return (flags & VM_HUGETLB) === 0 ? PAGE_SIZE : (flags & VM_HUGE_1GB) === 0 ? HUGE_PAGE_BYTES : GIANT_PAGE_BYTES;
}

/**
 * The core has handed out a fault of `space`. undefined: try again. 'refused': the program wants a signal instead, or does not watch the
 * kernel's accesses.
 */
export function handOut(t: Thread, space: AddressSpace, inCall: boolean): PendingFault | 'refused' | undefined {
  const { core, userfaults } = t.kernel;
  const words = core.u32;
  const userfault = userfaults.get(words[(HART + HART_IO_OBJECT) >>> 2]);
  const reason = core.ioIndex;
  const exact = core.readU64(HART + HART_FAULT_ADDRESS);
  const unit = unitAt(core, space, exact);
  const page = Math.floor(exact / unit) * unit;
  if (userfault === undefined || userfault.released) {
    // It went without its mappings: only for want of memory.
    core.exports.uffdRegister(space.handle, page, page + unit, 0, 0);
    return undefined;
  }
  if (reason === VM_UFFD_WP && userfault.has(U.FEATURE_WP_ASYNC)) {
    core.exports.uffdProtect(space.handle, page, page + unit, 0, 0);
    return undefined;
  }
  if (userfault.has(U.FEATURE_SIGBUS) || (inCall && userfault.userModeOnly)) return 'refused';
  const flags =
    (words[(HART + HART_FAULT_ACCESS) >>> 2] === ACCESS_WRITE ? U.PAGEFAULT_WRITE : 0) |
    (reason === VM_UFFD_WP ? U.PAGEFAULT_WP : 0) |
    (reason === VM_UFFD_MINOR ? U.PAGEFAULT_MINOR : 0);
  const address = userfault.has(U.FEATURE_EXACT_ADDRESS) ? exact : page;
  return new PendingFault(userfault, page, message(U.EVENT_PAGEFAULT, flags, address, userfault.has(U.FEATURE_THREAD_ID) ? t.tid : 0));
}

/** The same for an access of the kernel's, for the thread that is loaded: returns when it is worth another try. */
export function handOutInCall(kernel: Kernel, space: AddressSpace): void {
  const t = kernel.cpu.loaded ?? kernel.threads.values().next().value;
  const fault = t === undefined ? 'refused' : handOut(t, space, true);
  if (fault === 'refused') throw new SysError(EFAULT);
  if (fault !== undefined) throw new UserfaultWait(fault);
}
