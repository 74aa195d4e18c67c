/** Page faults that the embedder answers: what userfaultfd(2) is for programs, from outside. */
import { EINVAL, ENOMEM } from '../../assembly/shared/errno.js';
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import { VM_UFFD_MISSING } from '../../assembly/shared/mman.js';
import type { Process } from '../kernel/process.js';
import { PendingFault, type Userfault } from '../kernel/userfault.js';
import * as U from '../linux/userfaultfd.js';
import { giveOne, watch } from '../syscalls/userfaultpages.js';
import { SystemError, settle } from './errors.js';

/** A page fault that `memory.onFault` asks about. */
export interface HookedFault {
  /** What was touched. */
  readonly address: number;
  /** Where its page begins. */
  readonly page: number;
  readonly access: 'read' | 'write';
  /** The thread that waits; of accesses that are made for nobody in particular, any. */
  readonly tid: number;
}

/** The page's bytes (at most 4096, then zeros; more are those of the pages that follow), zeros, or SIGBUS for who touches it. */
export type FaultAnswer = Uint8Array | 'zero' | 'deny';

/** One that throws, is rejected or gives anything else denies. */
export type FaultHandler = (fault: HookedFault) => FaultAnswer | Promise<FaultAnswer>;

/** struct uffd_msg: event, flags, address, tid */
const FLAGS = 8;
const ADDRESS = 16;
const TID = 24;

const content = (answer: FaultAnswer): Uint8Array | 'zero' | 'poison' => (answer === 'deny' ? 'poison' : answer);

/** A copy of bytes: they are given over several turns, and may go to a worker meanwhile. */
function checked(answer: unknown): FaultAnswer {
  if (answer instanceof Uint8Array) return answer.slice();
  return answer === 'zero' ? answer : 'deny';
}

/** Answers the faults of one userfaultfd as they come. */
class Hook {
  /** Pages that are asked for: several threads may want one. */
  readonly #asked = new Set<number>();

  constructor(
    private readonly userfault: Userfault,
    private readonly end: number,
    private readonly give: FaultHandler,
  ) {}

  /** The kernel: there are faults, or something else has changed. */
  wake(): void {
    const { userfault } = this;
    for (let item = userfault.next(); item !== undefined; item = userfault.next()) {
      userfault.taken(item);
      if (!(item instanceof PendingFault) || this.#asked.has(item.address)) continue;
      this.#asked.add(item.address);
      // Not inside of the kernel, which is about to put the thread to sleep.
      queueMicrotask(() => void this.#answer(item));
    }
  }

  async #answer({ bytes, address: page }: PendingFault): Promise<void> {
    const view = new DataView(bytes.buffer);
    const access = (view.getUint32(FLAGS, true) & U.PAGEFAULT_WRITE) !== 0 ? 'write' : 'read';
    const fault: HookedFault = { address: Number(view.getBigUint64(ADDRESS, true)), page, access, tid: view.getUint32(TID, true) };
    const answer = await Promise.resolve(fault)
      .then(this.give)
      .then(checked)
      .catch((): FaultAnswer => 'deny');
    this.#asked.delete(page);
    const bytesLeft = typeof answer === 'string' ? PAGE_SIZE : Math.max(PAGE_SIZE, Math.min(answer.length, this.end - page));
    for (let done = 0; done < bytesLeft; done += PAGE_SIZE) {
      const given = typeof answer === 'string' ? content(answer) : answer.subarray(done, done + PAGE_SIZE);
      // What is there already, and what is not watched or not there any more, stays as it is. More than there is room for is asked again.
      const error = await settle(() => giveOne(this.userfault, page + done, given), 'onFault');
      if (error === -ENOMEM) return;
    }
  }
}

/** The result takes the hook away. */
export function hookFaults(process: Process, start: number, length: number, give: FaultHandler): () => void {
  const { kernel, space } = process;
  const refuse = (errno: number, why?: string): SystemError => new SystemError(errno, 'onFault', `0x${start.toString(16)}+${length}`, why);
  const isWhole = Number.isSafeInteger(length) && length > 0 && start % PAGE_SIZE === 0 && length % PAGE_SIZE === 0;
  if (!isWhole) throw refuse(EINVAL, 'not a range of whole pages');
  const userfault = kernel.userfaults.create(kernel, space, { userModeOnly: false, closeOnExec: true });
  userfault.byHost = true;
  userfault.initialized = true;
  userfault.features = U.FEATURE_THREAD_ID | U.FEATURE_EXACT_ADDRESS;
  const error = watch(userfault, start, length, VM_UFFD_MISSING);
  if (error !== 0) {
    kernel.userfaults.delete(userfault.number);
    throw refuse(-error, error === -EINVAL ? 'only anonymous memory that is mapped can be watched' : undefined);
  }
  userfault.queue.add(new Hook(userfault, start + length, give));
  return () => {
    if (!userfault.released) userfault.release();
  };
}
