/** userfaultfd(2) and ioctl_userfaultfd(2): programs that decide themselves what their page faults come to. */
import { EAGAIN, EFAULT, EINVAL, EPERM } from '../../assembly/shared/errno.js';
import type { UserMemory } from '../core/user.js';
import { CAP_SYS_PTRACE, hasCapability } from '../kernel/credentials.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Thread } from '../kernel/thread.js';
import { PendingFault, type Userfault, type UserfaultEvent } from '../kernel/userfault.js';
import { SysError } from '../linux/error.js';
import { O_CLOEXEC, O_NONBLOCK, O_RDONLY } from '../linux/fcntl.js';
import { POLLERR, POLLIN } from '../linux/poll.js';
import * as U from '../linux/userfaultfd.js';
import type { DeviceDriver } from '../vfs/devices.js';
import { type Inode, type IoBuffer, OpenFile } from '../vfs/types.js';
import type { WaitQueue } from '../vfs/wait.js';
import { descriptorInode, installAnonymous } from './anonymous.js';
import { row } from './row.js';
import * as Pages from './userfaultpages.js';

const WORD = 8;

export class UserfaultFile extends OpenFile {
  constructor(
    readonly userfault: Userfault,
    inode: Inode,
    flags: number,
  ) {
    super(inode, flags);
  }

  override seek(): number {
    return 0;
  }

  override get queue(): WaitQueue {
    return this.userfault.queue;
  }

  override get details(): string {
    const { counts, features, initialized } = this.userfault;
    const api = [U.UFFD_API, features + (initialized ? U.FEATURE_INITIALIZED : 0)].map((number) => number.toString(16));
    const commands = (BigInt(U.API_IOCTLS_HIGH) << 32n) + BigInt(U.API_IOCTLS_LOW + U.RANGE_IOCTLS);
    return `pending:\t${counts.pending}\ntotal:\t${counts.total}\nAPI:\t${api.join(':')}:${commands.toString(16)}\n`;
  }

  override poll(): number {
    if (!this.userfault.initialized || (this.flags & O_NONBLOCK) === 0) return POLLERR;
    return this.userfault.readable ? POLLIN : 0;
  }

  /** As many messages as fit. */
  override read(to: IoBuffer): number {
    const { userfault } = this;
    if (!userfault.initialized || to.remaining < U.MESSAGE_BYTES) return -EINVAL;
    let done = 0;
    while (to.remaining >= U.MESSAGE_BYTES) {
      const item = userfault.next();
      if (item === undefined) break;
      const error = item instanceof PendingFault ? 0 : this._adopt(item);
      if (error !== 0) return done > 0 ? done : error;
      if (to.put(item.bytes) < U.MESSAGE_BYTES) break;
      userfault.taken(item);
      done += U.MESSAGE_BYTES;
    }
    return done > 0 || to.remaining < U.MESSAGE_BYTES ? done : -EAGAIN;
  }

  /** The child's own userfaultfd becomes a descriptor of the reader's; its number is in the message. */
  private _adopt(event: UserfaultEvent): number {
    const { loaded } = this.userfault.kernel.cpu;
    const { child, bytes, descriptor } = event;
    if (child === undefined || descriptor >= 0) return 0;
    if (loaded === undefined) return -EFAULT;
    const fd = install(loaded, child, (this.flags & O_NONBLOCK) | (child.closeOnExec ? O_CLOEXEC : 0));
    if (fd < 0) return fd;
    event.descriptor = fd;
    new DataView(bytes.buffer).setUint32(WORD, fd, true);
    return 0;
  }

  override ioctl(command: number, argument: number, user: UserMemory): number {
    const { userfault } = this;
    if (command === U.UFFDIO_API) return handshake(userfault, argument, user);
    if (!userfault.initialized) return -EINVAL;
    switch (command) {
      case U.UFFDIO_REGISTER:
        return Pages.register(userfault, argument, user);
      case U.UFFDIO_UNREGISTER:
        return Pages.unregister(userfault, argument, user);
      case U.UFFDIO_WAKE:
        return Pages.wake(userfault, argument, user);
      case U.UFFDIO_COPY:
        return Pages.copy(userfault, argument, user);
      case U.UFFDIO_ZEROPAGE:
        return Pages.zero(userfault, argument, user);
      case U.UFFDIO_MOVE:
        return Pages.move(userfault, argument, user);
      case U.UFFDIO_WRITEPROTECT:
        return Pages.writeProtect(userfault, argument, user);
      case U.UFFDIO_CONTINUE:
        return Pages.proceed(userfault, argument, user);
      case U.UFFDIO_POISON:
        return Pages.poison(userfault, argument, user);
      default:
        return -EINVAL;
    }
  }

  override close(): void {
    this.userfault.release();
  }
}

/** UFFDIO_API: struct uffdio_api { api, features, ioctls }. What it can't have is told by zeros. */
function handshake(userfault: Userfault, argument: number, user: UserMemory): number {
  const bytes = user.read(argument, 3 * WORD);
  const view = new DataView(bytes.buffer);
  const wanted = view.getBigUint64(WORD, true);
  let error = 0;
  if (view.getBigUint64(0, true) !== BigInt(U.UFFD_API)) error = -EINVAL;
  else if ((wanted & BigInt(U.FEATURE_EVENT_FORK)) !== 0n && !mayTrace(userfault.kernel.cpu.loaded)) error = -EPERM;
  else if ((wanted & ~BigInt(U.FEATURES)) !== 0n) error = -EINVAL;
  if (error === 0) {
    view.setBigUint64(WORD, BigInt(U.FEATURES), true);
    view.setUint32(2 * WORD, U.API_IOCTLS_LOW, true);
    view.setUint32(2 * WORD + 4, U.API_IOCTLS_HIGH, true);
  } else bytes.fill(0);
  user.write(argument, bytes);
  if (error !== 0) return error;
  if (userfault.initialized) return -EINVAL;
  userfault.initialized = true;
  userfault.features = Number(wanted);
  if (userfault.has(U.FEATURE_WP_ASYNC)) userfault.features |= U.FEATURE_WP_UNPOPULATED;
  return 0;
}

function mayTrace(t: Thread | undefined): boolean {
  return t !== undefined && hasCapability(t.cred, CAP_SYS_PTRACE);
}

function install(t: Thread, userfault: Userfault, flags: number): number {
  try {
    const file = new UserfaultFile(userfault, descriptorInode(t), O_RDONLY | (flags & O_NONBLOCK));
    return installAnonymous(t, file, 'userfaultfd', (flags & O_CLOEXEC) !== 0);
  } catch (error) {
    if (error instanceof SysError) return -error.errno;
    throw error;
  }
}

function create(t: Thread, flags: number): number {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK | U.UFFD_USER_MODE_ONLY)) !== 0) return -EINVAL;
  const userfault = t.kernel.userfaults.create(t.kernel, t.process.space, {
    userModeOnly: (flags & U.UFFD_USER_MODE_ONLY) !== 0,
    closeOnExec: (flags & O_CLOEXEC) !== 0,
  });
  const fd = install(t, userfault, flags);
  if (fd < 0) userfault.release();
  return fd;
}

function userfaultfd(t: Thread, flags: number): number {
  const allowed = (flags & U.UFFD_USER_MODE_ONLY) !== 0 || t.kernel.knobs.unprivilegedUserfaultfd !== 0 || mayTrace(t);
  return allowed ? create(t, flags) : -EPERM;
}

/** /dev/userfaultfd: who may open it may watch the kernel's accesses, too. */
export class UserfaultDevice extends OpenFile {
  constructor(
    readonly kernel: Kernel,
    inode: Inode,
    flags: number,
  ) {
    super(inode, flags);
  }

  override ioctl(command: number, argument: number): number {
    const t = this.kernel.cpu.loaded;
    return command !== U.USERFAULTFD_IOC_NEW || t === undefined ? -EINVAL : create(t, argument);
  }
}

export function userfaultDriver(kernel: Kernel): DeviceDriver {
  return { name: 'userfaultfd', open: (inode, flags) => new UserfaultDevice(kernel, inode, flags) };
}

export const userfaultRows = [row(282, 'userfaultfd', ['hex'], userfaultfd)];
