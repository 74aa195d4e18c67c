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

test.run();
