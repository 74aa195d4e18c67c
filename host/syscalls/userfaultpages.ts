/** What UFFDIO_* do with memory: ranges registered, pages given, protected, moved. In the order of Linux's own checks. */
import { EAGAIN, EBUSY, EINVAL, ENOENT, ENOMEM, EPERM, ESRCH } from '../../assembly/shared/errno.js';
import { ACCESS_READ, OBJECT_SHMEM, UFFD_CONTINUE, UFFD_COPY, UFFD_POISON, UFFD_ZERO } from '../../assembly/shared/exit.js';
import { PAGE_SIZE, STAGING } from '../../assembly/shared/layout.js';
import * as M from '../../assembly/shared/mman.js';
import type { Core } from '../core/core.js';
import type { UserMemory } from '../core/user.js';
import type { Userfault } from '../kernel/userfault.js';
import { Suspend, SysError } from '../linux/error.js';
import * as U from '../linux/userfaultfd.js';
import { GIANT_PAGE_BYTES, HUGE_PAGE_BYTES } from '../vfs/backends/memory-huge.js';
import { withPages } from './memoryrange.js';

const WORD = 8;
const TASK_SIZE = 2 ** 38;

/** The words of 64 bits that a command's structure begins with. What is beyond 2^53 is no address or mode that exists. */
function words(user: UserMemory, argument: number, count: number): number[] {
  const view = new DataView(user.read(argument, count * WORD).buffer);
  return Array.from({ length: count }, (_, i) => Number(view.getBigUint64(i * WORD, true)));
}

/** Is it a range of whole pages that a program can have? The source of a copy need not begin at a page. */
function isRange(start: number, length: number, unaligned = false): boolean {
  if ((!unaligned && start % PAGE_SIZE !== 0) || length % PAGE_SIZE !== 0 || length === 0) return false;
  return start >= M.MMAP_MIN && start < TASK_SIZE && length <= TASK_SIZE - start;
}

const knows = (mode: number, known: number): boolean => mode <= known && (mode & ~known) === 0;

interface Mapping {
  readonly start: number;
  readonly end: number;
  readonly flags: number;
  readonly object: number;
  readonly number: number;
}

function mappingAt(userfault: Userfault, handle: number): Mapping {
  const { core } = userfault.kernel;
  return {
    start: core.readU64(handle + M.VMA_START),
    end: core.readU64(handle + M.VMA_END),
    flags: core.u32[(handle + M.VMA_FLAGS) >>> 2],
    object: core.u32[(handle + M.VMA_OBJECT) >>> 2],
    number: core.u32[(handle + M.VMA_UFFD) >>> 2],
  };
}

/** Every mapping that overlaps [start, end). */
function mappingsIn(userfault: Userfault, start: number, end: number): Mapping[] {
  const { exports } = userfault.kernel.core;
  const { handle } = userfault.space;
  const found: Mapping[] = [];
  for (let vma = exports.vmaFind(handle, start); vma !== 0; vma = exports.vmaNext(handle, vma)) {
    const mapping = mappingAt(userfault, vma);
    if (mapping.start >= end) break;
    found.push(mapping);
  }
  return found;
}

function isShmem(userfault: Userfault, { object }: Mapping): boolean {
  return object !== 0 && userfault.kernel.core.u32[object >>> 2] === OBJECT_SHMEM;
}

const isHugetlb = ({ flags }: Mapping): boolean => (flags & M.VM_HUGETLB) !== 0;
/** What is given and protected as one. */
const unitOf = (mapping: Mapping | undefined): number =>
  mapping === undefined || !isHugetlb(mapping) ? PAGE_SIZE : (mapping.flags & M.VM_HUGE_1GB) !== 0 ? GIANT_PAGE_BYTES : HUGE_PAGE_BYTES;

const areWhole = (mapping: Mapping, ...ends: number[]): boolean => ends.every((end) => end % unitOf(mapping) === 0);

/** Would a border at this address go through a huge page of the pool? */
function cuts(mappings: readonly Mapping[], at: number): boolean {
  return mappings.some((mapping) => mapping.start < at && at < mapping.end && at % unitOf(mapping) !== 0);
}

/** Only memory without a medium can be watched, but for asynchronous write protection. */
function canWatch(userfault: Userfault, mapping: Mapping, modes: number): boolean {
  if ((mapping.flags & M.VM_DROPPABLE) !== 0) return false;
  const object = isShmem(userfault, mapping) || isHugetlb(mapping);
  if ((modes & M.VM_UFFD_MINOR) !== 0 && !object) return false;
  if (userfault.has(U.FEATURE_WP_ASYNC) && modes === M.VM_UFFD_WP) return true;
  return mapping.object === 0 || object;
}

export function register(userfault: Userfault, argument: number, user: UserMemory): number {
  const [start, length, mode] = words(user, argument, 3);
  if (mode === 0 || !knows(mode, U.REGISTER_MISSING | U.REGISTER_WP | U.REGISTER_MINOR) || !isRange(start, length)) return -EINVAL;
  const modes =
    (mode & U.REGISTER_MISSING ? M.VM_UFFD_MISSING : 0) |
    (mode & U.REGISTER_WP ? M.VM_UFFD_WP : 0) |
    (mode & U.REGISTER_MINOR ? M.VM_UFFD_MINOR : 0);
  const error = watch(userfault, start, length, modes);
  if (error !== 0) return error;
  const all = mappingsIn(userfault, start, start + length).some(isHugetlb) ? U.HUGE_RANGE_IOCTLS : U.RANGE_IOCTLS;
  const commands = all & ~(mode & U.REGISTER_WP ? 0 : U.IOCTL_WRITEPROTECT) & ~(mode & U.REGISTER_MINOR ? 0 : U.IOCTL_CONTINUE);
  user.writeU64(argument + 3 * WORD, commands);
  return 0;
}

/** The mappings in a range of whole pages are its own from now on. modes: VM_UFFD_*. 0, or -errno as for UFFDIO_REGISTER. */
export function watch(userfault: Userfault, start: number, length: number, modes: number): number {
  if (!userfault.alive) return -ENOMEM;
  const mappings = mappingsIn(userfault, start, start + length);
  if (mappings.length === 0 || cuts(mappings, start)) return -EINVAL;
  // An embedder gives pages of 4 KiB.
  if (userfault.byHost && mappings.some(isHugetlb)) return -EINVAL;
  for (const mapping of mappings) {
    if (!canWatch(userfault, mapping, modes)) return -EINVAL;
    if ((mapping.flags & M.VM_MAYWRITE) === 0) return -EPERM;
    if (cuts([mapping], start + length)) return -EINVAL;
    if (mapping.number !== 0 && mapping.number !== userfault.number) return -EBUSY;
  }
  return userfault.kernel.core.exports.uffdRegister(userfault.space.handle, start, start + length, modes, userfault.number);
}

export function unregister(userfault: Userfault, argument: number, user: UserMemory): number {
  const [start, length] = words(user, argument, 2);
  if (!isRange(start, length)) return -EINVAL;
  if (!userfault.alive) return -ENOMEM;
  const { kernel, space } = userfault;
  const mappings = mappingsIn(userfault, start, start + length);
  if (mappings.length === 0 || mappings.some((mapping) => !canWatch(userfault, mapping, mapping.flags & M.VM_UFFD))) return -EINVAL;
  if (mappings.some(({ number }) => number !== 0 && number !== userfault.number)) return -EINVAL;
  if (cuts(mappings, start) || cuts(mappings, start + length)) return -EINVAL;
  const error = kernel.core.exports.uffdRegister(space.handle, start, start + length, 0, 0);
  if (error !== 0) return error;
  userfault.wake(start, length);
  return 0;
}

export function wake(userfault: Userfault, argument: number, user: UserMemory): number {
  const [start, length] = words(user, argument, 2);
  if (!isRange(start, length)) return -EINVAL;
  userfault.wake(start, length);
  return 0;
}

/** The mapping that [start, start + length) lies in, if it is watched. */
function watched(userfault: Userfault, start: number, length: number): Mapping | undefined {
  const [mapping] = mappingsIn(userfault, start, start + 1);
  return mapping !== undefined && mapping.number !== 0 && start + length <= mapping.end ? mapping : undefined;
}

interface Filling {
  readonly userfault: Userfault;
  readonly user: UserMemory;
  readonly start: number;
  readonly length: number;
  /** Bytes of a page. */
  readonly unit?: number;
  /** Nobody is woken. */
  readonly quiet: boolean;
}

/**
 * Gives pages, one after the other, until one can't be; who waits for them is woken. Room is made where there is none, and what lies in
 * the swap area brought back. How many bytes, or -errno if none. Suspend: not even one, call again.
 */
function fill({ userfault, user, start, length, unit = PAGE_SIZE, quiet }: Filling, give: (done: number) => number): number {
  const { kernel } = userfault;
  let done = 0;
  let error = 0;
  while (done < length && error === 0) {
    try {
      error = withPages({ kernel, user }, () => give(done));
    } catch (thrown) {
      if (thrown instanceof SysError) error = -thrown.errno;
      else if (done === 0 || !(thrown instanceof Suspend)) throw thrown;
      else break;
    }
    if (error === 0) done += unit;
  }
  if (done === 0) return error;
  if (!quiet) userfault.wake(start, done);
  return done;
}

/** Tells the result in the structure's last word, and what the call returns. */
function finish(user: UserMemory, at: number, result: number, length: number): number {
  const bytes = new Uint8Array(WORD);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(result), true);
  user.write(at, bytes);
  if (result < 0) return result;
  return result === length ? 0 : -EAGAIN;
}

export function copy(userfault: Userfault, argument: number, user: UserMemory): number {
  const at = argument + 4 * WORD;
  if (userfault.changing) return finish(user, at, -EAGAIN, 0);
  const [to, from, length, mode] = words(user, argument, 4);
  if (!isRange(from, length, true) || !isRange(to, length) || !knows(mode, U.COPY_MODE_DONTWAKE | U.COPY_MODE_WP)) return -EINVAL;
  if (!userfault.alive) return -ESRCH;
  const guard = (mode & U.COPY_MODE_WP) !== 0;
  const quiet = (mode & U.COPY_MODE_DONTWAKE) !== 0;
  const unit = unitOf(watched(userfault, to, length));
  const { core } = userfault.kernel;
  const give = (done: number): number => {
    const error = unit === PAGE_SIZE ? copyPage(core, user, from + done) : copyHuge(userfault, user, from + done, to + done);
    return error || core.exports.uffdFill(userfault.space.handle, to + done, UFFD_COPY, guard ? 1 : 0);
  };
  // What must be awaited is, before the first page is there: the call runs again from the start. More than memory has room for at once
  // ends where the first wait is, with EAGAIN.
  const room = Math.max(1, core.exports.frameLimit() >> 3) * PAGE_SIZE;
  refusal(() => user.prepareRead(from, Math.min(length, room)));
  user.prepareWrite(at, WORD);
  const filling = { userfault, user, start: to, length, unit, quiet };
  return finish(user, at, mayFill(userfault, to, length, guard) || fill(filling, give), length);
}

/** To where uffdFill takes a page from. 0, or -errno. */
function copyPage(core: Core, user: UserMemory, from: number): number {
  return refusal(() => user.pieces(from, PAGE_SIZE, ACCESS_READ, (at, bytes, done) => core.u8.copyWithin(STAGING + done, at, at + bytes)));
}

/** The same for a huge page, which comes from the pool. -errno or NEED_PAGE; what the source must wait for is thrown. */
function copyHuge({ kernel, space }: Userfault, user: UserMemory, from: number, to: number): number {
  const { core } = kernel;
  const page = core.exports.hugetlbStage(space.handle, to);
  if (page < 0) return page;
  let filled = false;
  try {
    const error = refusal(() =>
      user.pieces(from, HUGE_PAGE_BYTES, ACCESS_READ, (at, bytes, done) => core.u8.copyWithin(page + done, at, at + bytes)),
    );
    filled = error === 0;
    return error;
  } finally {
    if (!filled) core.exports.hugetlbUnstage();
  }
}

/** -errno of what the memory of a call says, or 0. */
function refusal(act: () => void): number {
  try {
    act();
    return 0;
  } catch (error) {
    if (error instanceof SysError) return -error.errno;
    throw error;
  }
}

/** ENOENT, EINVAL or 0, as for any of the calls that give pages. */
function mayFill(userfault: Userfault, start: number, length: number, guard: boolean, onlyShmem = false): number {
  const mapping = watched(userfault, start, length);
  if (mapping === undefined) return -ENOENT;
  if (guard && (mapping.flags & M.VM_UFFD_WP) === 0) return -EINVAL;
  if (isHugetlb(mapping)) return areWhole(mapping, start, length) ? 0 : -EINVAL;
  const shmem = isShmem(userfault, mapping);
  return (mapping.object === 0 && !onlyShmem) || shmem ? 0 : -EINVAL;
}

/** ZEROPAGE, CONTINUE and POISON: { start, length, mode, result }. */
function simple(userfault: Userfault, argument: number, user: UserMemory, how: number): number {
  const at = argument + 3 * WORD;
  if (userfault.changing) return finish(user, at, -EAGAIN, 0);
  const [start, length, mode] = words(user, argument, 3);
  const proceeds = how === UFFD_CONTINUE;
  if (!isRange(start, length) || !knows(mode, U.COPY_MODE_DONTWAKE | (proceeds ? U.COPY_MODE_WP : 0))) return -EINVAL;
  if (!userfault.alive) return -ESRCH;
  const guard = (mode & U.COPY_MODE_WP) !== 0;
  const quiet = (mode & U.COPY_MODE_DONTWAKE) !== 0;
  const unit = unitOf(watched(userfault, start, length));
  const { exports } = userfault.kernel.core;
  const give = (done: number): number => exports.uffdFill(userfault.space.handle, start + done, how, guard ? 1 : 0);
  user.prepareWrite(at, WORD);
  return finish(
    user,
    at,
    mayFill(userfault, start, length, guard, proceeds) || fill({ userfault, user, start, length, unit, quiet }, give),
    length,
  );
}

/**
 * One page from outside, whatever its mapping is now: bytes, zeros, or memory that is broken. Who waits for it looks again. 0, or -errno
 * (EEXIST: there is one already). Suspend: call again.
 */
export function giveOne(userfault: Userfault, page: number, content: Uint8Array | 'zero' | 'poison'): number {
  const { core } = userfault.kernel;
  if (!userfault.alive) return -ESRCH;
  const how = content === 'zero' ? UFFD_ZERO : content === 'poison' ? UFFD_POISON : UFFD_COPY;
  const give = (): number => {
    if (typeof content !== 'string') {
      core.u8.fill(0, STAGING, STAGING + PAGE_SIZE);
      core.u8.set(content.subarray(0, PAGE_SIZE), STAGING);
    }
    return core.exports.uffdFill(userfault.space.handle, page, how, 0);
  };
  const { user } = userfault.space;
  const given = mayFill(userfault, page, PAGE_SIZE, false) || fill({ userfault, user, start: page, length: PAGE_SIZE, quiet: true }, give);
  userfault.wake(page, PAGE_SIZE);
  return Math.min(given, 0);
}

export function zero(userfault: Userfault, argument: number, user: UserMemory): number {
  return simple(userfault, argument, user, UFFD_ZERO);
}

export function proceed(userfault: Userfault, argument: number, user: UserMemory): number {
  return simple(userfault, argument, user, UFFD_CONTINUE);
}

export function poison(userfault: Userfault, argument: number, user: UserMemory): number {
  return simple(userfault, argument, user, UFFD_POISON);
}

export function writeProtect(userfault: Userfault, argument: number, user: UserMemory): number {
  if (userfault.changing) return -EAGAIN;
  const [start, length, mode] = words(user, argument, 3);
  const both = U.WRITEPROTECT_MODE_WP | U.WRITEPROTECT_MODE_DONTWAKE;
  if (!isRange(start, length) || !knows(mode, both) || mode === both) return -EINVAL;
  if (!userfault.alive) return -ESRCH;
  const on = (mode & U.WRITEPROTECT_MODE_WP) !== 0;
  const end = start + length;
  const mappings = mappingsIn(userfault, start, end);
  if (mappings.length === 0) return -ENOENT;
  for (const mapping of mappings) {
    if ((mapping.flags & M.VM_UFFD_WP) === 0) return -ENOENT;
    if (!areWhole(mapping, start, length)) return -EINVAL;
    // Nobody minds a page of zeros that is not there, unless asked to; what an object has may be there for others.
    const marks = mapping.object !== 0 || userfault.has(U.FEATURE_WP_UNPOPULATED);
    const [from, to] = [Math.max(start, mapping.start), Math.min(end, mapping.end)];
    const error = userfault.kernel.core.exports.uffdProtect(userfault.space.handle, from, to, on ? 1 : 0, marks ? 1 : 0);
    if (error !== 0) return error;
  }
  if (mode === 0) userfault.wake(start, length);
  return 0;
}

const ACCESS = M.VM_READ | M.VM_WRITE | M.VM_EXEC;

/** Pages may move between private memory that is alike, within one mapping on either side. */
function canMove(userfault: Userfault, to: Mapping, from: Mapping, toEnd: number, fromEnd: number): boolean {
  if (((to.flags | from.flags) & (M.VM_SHARED | M.VM_HUGETLB)) !== 0 || fromEnd > from.end || toEnd > to.end) return false;
  if (((to.flags ^ from.flags) & (ACCESS | M.VM_LOCKED)) !== 0 || (from.flags & M.VM_WRITE) === 0) return false;
  return to.number === userfault.number && to.object === 0 && from.object === 0;
}

export function move(userfault: Userfault, argument: number, user: UserMemory): number {
  if (userfault.changing) return -EAGAIN;
  const [to, from, length, mode] = words(user, argument, 4);
  if (user.space !== userfault.space.handle || !isRange(to, length) || !isRange(from, length)) return -EINVAL;
  if (!knows(mode, U.MOVE_MODE_DONTWAKE | U.MOVE_MODE_ALLOW_SRC_HOLES)) return -EINVAL;
  const holes = (mode & U.MOVE_MODE_ALLOW_SRC_HOLES) !== 0;
  const [target] = mappingsIn(userfault, to, to + 1);
  const [source] = mappingsIn(userfault, from, from + 1);
  let result = -ENOENT;
  if (target !== undefined && source !== undefined) {
    const { exports } = userfault.kernel.core;
    const give = (done: number): number => {
      const error = exports.uffdMove(userfault.space.handle, to + done, from + done);
      return error === -ENOENT && holes ? 0 : error;
    };
    result = canMove(userfault, target, source, to + length, from + length)
      ? fill({ userfault, user, start: to, length, quiet: (mode & U.MOVE_MODE_DONTWAKE) !== 0 }, give)
      : -EINVAL;
  }
  return finish(user, argument + 4 * WORD, result, length);
}
