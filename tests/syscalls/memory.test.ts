/** Mapping calls: a guest program under qemu-riscv64 and on a machine of ours, whole outputs compared. */
import { release } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sameAsLinux } from '../support/compare.js';
import { COMPARE_NEEDS, compileGuest, GCC, NATIVE_NEEDS, runOurs, runQemu } from '../support/guest.js';
import { testWith } from '../support/tools.js';

testWith(test, COMPARE_NEEDS, 'mapping calls', async () => {
  const program = compileGuest('tests/guest/memory.c');
  const real = runQemu(program);
  const ours = await runOurs(program);
  assert.is(ours.stdout, real.stdout);
  assert.is(ours.status, real.status);
});

/** What mprotect(2), mmap(2), mremap(2), madvise(2) and mincore(2) say, and qemu-riscv64 does not do. */
const LINUX = `mprotect(at, 0, RW) = 0
(long)mmap(at + 4096, 4096, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) = -1 EEXIST
(long)mremap(at, 4096, 0, MREMAP_MAYMOVE) = -1 EINVAL
madvise(at, 4096, 777) = -1 EINVAL
mincore(at + 1, 4096, resident) = -1 EINVAL
madvise(at, 4 * 4096, MADV_DONTNEED) = -1 ENOMEM
dropped around a hole 0 0
madvise(at, 4096, MADV_DONTFORK) = 0
not inherited: signal 11
madvise(wiped, 4096, MADV_WIPEONFORK) = 0
wiped: status 0
`;

testWith(test, [GCC], 'mapping calls where Linux and qemu-riscv64 differ', async () => {
  assert.is((await runOurs(compileGuest('tests/guest/memory.c'), ['linux'])).stdout, LINUX);
});

/** Linux since which a process may give itself any advice through a process descriptor. */
const NEW_ENOUGH = /^(?:[7-9]|6\.1[3-9]|6\.[2-9]\d)/.test(release()) ? [] : ['Linux 6.13'];
const ROOT = process.getuid?.() === 0 ? [] : ['to be root'];

testWith(test, [...NATIVE_NEEDS, ...ROOT, ...NEW_ENOUGH], 'advice, seals, locks, memory of other processes', () => sameAsLinux('advise'));

/** Linux since which files can have guards. */
const GUARDS = /^(?:[7-9]|6\.1[5-9]|6\.[2-9]\d)/.test(release()) ? [] : ['Linux 6.15'];

testWith(test, [...NATIVE_NEEDS, ...ROOT, ...GUARDS], 'guards, holes in files, pages brought in', () => sameAsLinux('guards'));

/** What Linux says that was built with CONFIG_MEMORY_FAILURE. */
const POISONED = `madvise(at + P, P, 100) = 0
[7 code 4 lsb 12] signal
[7 code 4 lsb 12] signal
fine 99
[7 code 4 lsb 12] child: signal
write(open("/dev/null", O_WRONLY), at, P) = 4096
pwrite(open("poison", O_RDWR | O_CREAT | O_TRUNC, 0600), at + P, 10, 0) = -1 EFAULT
madvise(at + P, P, MADV_POPULATE_READ) = -1 EHWPOISON
madvise(at + P, P, 100) = -1 EFAULT
madvise(at + P, P, MADV_DONTNEED) = 0
fine 1
madvise(at + 3 * P, P, 101) = 0
fine 100
madvise(at + 5 * P, P, 100) = -1 EBUSY
madvise(at + 1, P, 100) = -1 EINVAL
madvise(BAD, 0, 100) = -1 EINVAL
madvise(at, 0, 100) = 0
pwrite(fd, "clean", 5, 0) = 5
c
madvise(file, P, 100) = 0
[7 code 4 lsb 12] read again: signal
madvise(at, P, 100) = -1 EPERM
madvise(at, P, 101) = -1 EPERM
`;

testWith(test, [GCC], 'broken memory', async () => {
  const { stdout, status } = await runOurs(compileGuest('tests/guest/poison.c'));
  assert.is(stdout, POISONED);
  assert.is(status, 0);
});

testWith(test, [GCC], 'memory that may be dropped makes room, without a swap area', async () => {
  const { stdout, stderr } = await runOurs(compileGuest('tests/guest/droppable.c'), [], { memoryBytes: 24 * 2 ** 20 });
  assert.is(
    stdout,
    `droppable: whole, some gone
other: whole, all kept
madvise 0
stored again: whole, all kept
freed: whole, all gone
other: whole, all kept
`,
    stderr,
  );
});

test.run();
