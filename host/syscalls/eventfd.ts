import { EAGAIN, EINVAL } from '../../assembly/shared/errno.js';
import type { Thread } from '../kernel/thread.js';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../linux/fcntl.js';
import { EFD_SEMAPHORE, POLLERR, POLLIN, POLLOUT } from '../linux/poll.js';
import { type IoBuffer, OpenFile } from '../vfs/types.js';
import { WaitQueue } from '../vfs/wait.js';
import { type DescriptorInode, descriptorInode, installAnonymous } from './anonymous.js';
import { row } from './row.js';

const COUNTER_BYTES = 8;
const COUNTER_MAX = 2n ** 64n - 2n;

/** eventfd(2): a counter that reads take and writes add to. */
export class EventFile extends OpenFile {
  private readonly _queue = new WaitQueue();
  private _count: bigint;

  constructor(
    inode: DescriptorInode,
    flags: number,
    count: number,
    private readonly semaphore: boolean,
  ) {
    super(inode, flags);
    this._count = BigInt(count);
  }

  override get stream(): boolean {
    return true;
  }

  override get queue(): WaitQueue {
    return this._queue;
  }

  override read(to: IoBuffer): number {
    if (to.remaining < COUNTER_BYTES) return -EINVAL;
    if (this._count === 0n) return -EAGAIN;
    const taken = this.semaphore ? 1n : this._count;
    const bytes = new Uint8Array(COUNTER_BYTES);
    new DataView(bytes.buffer).setBigUint64(0, taken, true);
    const put = to.put(bytes);
    // As in Linux: what could not be delivered is lost.
    this._count -= taken;
    this._queue.wake(POLLOUT);
    return put < COUNTER_BYTES ? 0 : COUNTER_BYTES;
  }

  override write(from: IoBuffer): number {
    if (from.remaining !== COUNTER_BYTES) return -EINVAL;
    const bytes = from.take(COUNTER_BYTES);
    if (bytes.length < COUNTER_BYTES) return 0;
    const added = new DataView(bytes.buffer).getBigUint64(0, true);
    if (added > COUNTER_MAX) return -EINVAL;
    if (this._count + added > COUNTER_MAX) {
      from.untake(COUNTER_BYTES);
      return -EAGAIN;
    }
    this._count += added;
    if (added > 0n) this._queue.wake(POLLIN);
    return COUNTER_BYTES;
  }

  /** There is no position, but asking is no error. */
  override seek(): number {
    return 0;
  }

  /** The number that tells one counter from another is that of its inode here. */
  override get details(): string {
    const count = this._count.toString(16).padStart(16);
    return `eventfd-count: ${count}\neventfd-id: ${this.inode.ino}\neventfd-semaphore: ${this.semaphore ? 1 : 0}\n`;
  }

  override poll(): number {
    if (this._count > COUNTER_MAX) return POLLERR;
    return (this._count > 0n ? POLLIN : 0) | (this._count < COUNTER_MAX ? POLLOUT : 0);
  }
}

function eventfd2(t: Thread, count: number, flags: number): number {
  if ((flags & ~(EFD_SEMAPHORE | O_NONBLOCK | O_CLOEXEC)) !== 0) return -EINVAL;
  const file = new EventFile(descriptorInode(t), O_RDWR | (flags & O_NONBLOCK), count, (flags & EFD_SEMAPHORE) !== 0);
  return installAnonymous(t, file, 'eventfd', (flags & O_CLOEXEC) !== 0);
}

export const eventfdRows = [row(19, 'eventfd2', ['uint', 'flags:eventfd'], eventfd2)];
