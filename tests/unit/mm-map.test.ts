/** mmap, munmap, mprotect and brk: places, splits and merges, limits, errno. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EACCES, EEXIST, EINVAL, ENOMEM, EOPNOTSUPP, EOVERFLOW, EPERM } from '../../assembly/shared/errno.js';
import * as X from '../../assembly/shared/exit.js';
import * as M from '../../assembly/shared/mman.js';
import * as S from '../../assembly/shared/stat.js';
import { ANON, BRK_START, MAY_ALL, MMAP_BASE, Mm, PAGE, RW, SHARED_ANON, WINDOW_PAGES } from '../support/core.js';
import { fuzzSeed, Random } from '../support/random.js';

const AT = 0x1000000;
/** Above everything that is placed without a hint. */
const HIGH = 0x10000000;
const TASK_SIZE = 2 ** 38;
const WINDOW = WINDOW_PAGES * PAGE;

test('what mmap refuses, and with which errno', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const shmem = mm.shmem(4);
  const { mmMap } = mm.exports;
  const fixed = ANON | M.MAP_FIXED;
  const table: [string, number, number][] = [
    ['no length', mmMap(space, 0, 0, RW, ANON, 0, 0, MAY_ALL), -EINVAL],
    ['offset not a page', mmMap(space, 0, PAGE, RW, ANON, 0, 1, MAY_ALL), -EINVAL],
    ['no type', mmMap(space, 0, PAGE, RW, M.MAP_ANONYMOUS, 0, 0, MAY_ALL), -EINVAL],
    ['unknown type', mmMap(space, 0, PAGE, RW, 4 | M.MAP_ANONYMOUS, 0, 0, MAY_ALL), -EINVAL],
    ['validated anonymous', mmMap(space, 0, PAGE, RW, M.MAP_SHARED_VALIDATE | M.MAP_ANONYMOUS, 0, 0, MAY_ALL), -EINVAL],
    ['validated, unknown flag', mmMap(space, 0, PAGE, RW, M.MAP_SHARED_VALIDATE | 0x200000, shmem, 0, MAY_ALL), -EOPNOTSUPP],
    ['validated MAP_SYNC', mmMap(space, 0, PAGE, RW, M.MAP_SHARED_VALIDATE | M.MAP_SYNC, shmem, 0, MAY_ALL), -EOPNOTSUPP],
    ['shared stack', mmMap(space, 0, PAGE, RW, SHARED_ANON | M.MAP_GROWSDOWN, 0, 0, MAY_ALL), -EINVAL],
    ['file stack', mmMap(space, 0, PAGE, RW, M.MAP_PRIVATE | M.MAP_GROWSDOWN, shmem, 0, MAY_ALL), -EINVAL],
    ['huge pages', mmMap(space, 0, PAGE, RW, ANON | M.MAP_HUGETLB, 0, 0, MAY_ALL), -ENOMEM],
    ['huge pages of a file', mmMap(space, 0, PAGE, RW, M.MAP_SHARED | M.MAP_HUGETLB, shmem, 0, MAY_ALL), -EINVAL],
    ['longer than the address space', mmMap(space, 0, TASK_SIZE + PAGE, RW, ANON, 0, 0, MAY_ALL), -ENOMEM],
    ['no number', mmMap(space, 0, Number.NaN, RW, ANON, 0, 0, MAY_ALL), -ENOMEM],
    ['negative', mmMap(space, 0, -PAGE, RW, ANON, 0, 0, MAY_ALL), -ENOMEM],
    ['infinite', mmMap(space, 0, Number.POSITIVE_INFINITY, RW, ANON, 0, 0, MAY_ALL), -ENOMEM],
    ['offset too large', mmMap(space, 0, PAGE, RW, M.MAP_SHARED, shmem, 2 ** 64 - PAGE, MAY_ALL), -EOVERFLOW],
    ['fixed, not a page', mmMap(space, AT + 1, PAGE, RW, fixed, 0, 0, MAY_ALL), -EINVAL],
    ['fixed, beyond the end', mmMap(space, TASK_SIZE - PAGE, 2 * PAGE, RW, fixed, 0, 0, MAY_ALL), -ENOMEM],
    ['fixed, below mmap_min_addr', mmMap(space, 0xf000, PAGE, RW, fixed, 0, 0, MAY_ALL), -EPERM],
    ['fixed at 0', mmMap(space, 0, PAGE, RW, fixed, 0, 0, MAY_ALL), -EPERM],
    ['write what may not be written', mmMap(space, 0, PAGE, RW, M.MAP_SHARED, shmem, 0, M.VM_MAYREAD), -EACCES],
  ];
  for (const [what, result, want] of table) assert.is(result, want, what);
  assert.is(mm.exports.vmaCount(space), 0, 'nothing was mapped on the way');
  mm.exports.objectRelease(shmem);
  mm.finish(before, space);
});

test('places: hints when free, top-down below the base, rounded, the lowest page moved', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  assert.is(mm.map(space, 0, 2), MMAP_BASE - 2 * PAGE);
  assert.is(mm.map(space, 0, 3, M.PROT_READ), MMAP_BASE - 5 * PAGE);
  assert.is(mm.map(space, AT + 5, 1), AT, 'a hint is rounded down');
  assert.is(mm.map(space, AT, 1), MMAP_BASE - 6 * PAGE, 'a taken hint is forgotten');
  assert.is(mm.map(space, 1, 1), 0x10000, 'below mmap_min_addr');
  assert.is(mm.map(space, TASK_SIZE - PAGE, 1), TASK_SIZE - PAGE, 'the last page');
  assert.is(mm.map(space, TASK_SIZE - PAGE, 2), MMAP_BASE - 8 * PAGE, 'a hint out of range');
  assert.is(mm.exports.mmUnmap(space, MMAP_BASE - 5 * PAGE, 3 * PAGE), 0);
  assert.is(mm.map(space, 0, 4), MMAP_BASE - 12 * PAGE, 'the hole is too small');
  assert.is(mm.map(space, 0, 3), MMAP_BASE - 5 * PAGE, 'the hole fits');
  mm.finish(before, space);
});

test('when all is taken below the base, the area above it serves; large reservations keep out of the window', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const quarter = WINDOW / 4 / PAGE;
  assert.is(mm.map(space, 0, quarter, M.PROT_NONE) % 2 ** 21, 0, 'where megapages fit');
  mm.exports.hugeSetPolicy(M.HUGE_NEVER);
  mm.exports.mmUnmap(space, 0, TASK_SIZE);
  assert.is(mm.map(space, 0, quarter, M.PROT_NONE), TASK_SIZE - PAGE - quarter * PAGE);
  assert.ok(mm.map(space, 0, quarter - 1, M.PROT_NONE) < MMAP_BASE, 'a small reservation does not');
  assert.ok(mm.map(space, 0, quarter, RW, ANON | M.MAP_NORESERVE) > WINDOW);
  const all = mm.map(space, 0, (MMAP_BASE - 0x10000) / PAGE);
  assert.ok(all > WINDOW, 'what fits nowhere below goes above');
  assert.is(mm.map(space, 0, TASK_SIZE / PAGE), -ENOMEM);
  mm.finish(before, space);
});

test('MAP_FIXED replaces, MAP_FIXED_NOREPLACE does not', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, 10);
  mm.write(space, AT + 4 * PAGE, 7);
  const norep = ANON | M.MAP_FIXED_NOREPLACE;
  assert.is(mm.map(space, AT + 9 * PAGE, 2, RW, norep), -EEXIST);
  assert.is(mm.map(space, AT - PAGE, 2, RW, norep), -EEXIST);
  assert.is(mm.map(space, AT - PAGE, 12, RW, norep), -EEXIST);
  assert.is(mm.map(space, AT + 10 * PAGE, 1, M.PROT_READ, norep), AT + 10 * PAGE);
  mm.mapAt(space, AT + 3 * PAGE, 3, M.PROT_READ);
  assert.is(mm.read(space, AT + 4 * PAGE), 0, 'fresh zeros');
  assert.is(mm.layout(space, AT), '0+3:rw 3+3:r 6+4:rw 10+1:r');
  mm.finish(before, space);
});

test('munmap splits; neighbours that continue each other are one', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, 4);
  mm.mapAt(space, AT + 6 * PAGE, 4);
  assert.is(mm.layout(space, AT), '0+4:rw 6+4:rw');
  mm.mapAt(space, AT + 4 * PAGE, 2);
  assert.is(mm.layout(space, AT), '0+10:rw');
  assert.is(mm.exports.mmUnmap(space, AT + 2 * PAGE, PAGE + 1), 0, 'the length is rounded up');
  assert.is(mm.layout(space, AT), '0+2:rw 4+6:rw');
  assert.is(mm.exports.mmUnmap(space, AT + PAGE, 4 * PAGE), 0, 'over a hole');
  assert.is(mm.layout(space, AT), '0+1:rw 5+5:rw');
  assert.is(mm.exports.mmUnmap(space, 0, TASK_SIZE), 0, 'everything');
  assert.is(mm.exports.mmUnmap(space, AT, PAGE), 0, 'nothing');
  assert.is(mm.exports.mmUnmap(space, AT + 1, PAGE), -EINVAL);
  assert.is(mm.exports.mmUnmap(space, AT, 0), -EINVAL);
  assert.is(mm.exports.mmUnmap(space, AT, TASK_SIZE), -EINVAL);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_PAGES_MAPPED), 0);
  mm.finish(before, space);
});

test('mappings of a file are joined only where their offsets go on', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const file = mm.file(16);
  mm.mapAt(space, AT, 2, M.PROT_READ, M.MAP_SHARED, file, 0);
  mm.mapAt(space, AT + 2 * PAGE, 2, M.PROT_READ, M.MAP_SHARED, file, 2 * PAGE);
  assert.is(mm.exports.vmaCount(space), 1);
  assert.is(mm.exports.objectReferences(file), 2);
  mm.mapAt(space, AT + 4 * PAGE, 2, M.PROT_READ, M.MAP_SHARED, file, 8 * PAGE);
  assert.is(mm.exports.vmaCount(space), 2);
  mm.exports.mmUnmap(space, AT + PAGE, PAGE);
  assert.equal(
    mm.vmas(space).map((vma) => vma.offset / PAGE),
    [0, 2, 8],
  );
  assert.is(mm.exports.objectReferences(file), 4);
  for (const [page, value] of [
    [0, 1],
    [2, 3],
    [3, 4],
    [4, 9],
    [5, 10],
  ])
    assert.is(mm.read(space, AT + page * PAGE), value);
  mm.exports.objectRelease(file);
  mm.finish(before, space);
});

test('mprotect: splits, joins again, errors, a gap after the part before it', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const { mmProtect } = mm.exports;
  mm.mapAt(space, AT, 10);
  for (let i = 0; i < 10; i++) mm.write(space, AT + i * PAGE, i);
  assert.is(mmProtect(space, AT + 3 * PAGE, 2 * PAGE, M.PROT_READ), 0);
  assert.is(mm.layout(space, AT), '0+3:rw 3+2:r 5+5:rw');
  assert.is(mm.write(space, AT + 3 * PAGE, 1), -X.FAULT_ACCERR);
  assert.is(mm.read(space, AT + 3 * PAGE), 3);
  mm.check(space);
  assert.is(mmProtect(space, AT + 4 * PAGE, 3 * PAGE, M.PROT_NONE), 0);
  assert.is(mm.layout(space, AT), '0+3:rw 3+1:r 4+3:- 7+3:rw');
  assert.is(mm.read(space, AT + 4 * PAGE), -X.FAULT_ACCERR);
  mm.check(space);
  assert.is(mmProtect(space, AT, 10 * PAGE, RW), 0);
  assert.is(mm.layout(space, AT), '0+10:rw');
  for (let i = 0; i < 10; i++) assert.is(mm.read(space, AT + i * PAGE), i, 'what was written stays');
  assert.is(mmProtect(space, AT + 8 * PAGE, 4 * PAGE, M.PROT_READ), -ENOMEM);
  assert.is(mm.layout(space, AT), '0+8:rw 8+2:r', 'up to the gap it is done');
  assert.is(mmProtect(space, AT + 1, PAGE, RW), -EINVAL);
  assert.is(mmProtect(space, AT, 0, 0x1000), 0, 'no length, no further look');
  assert.is(mmProtect(space, AT, PAGE, 0x1000), -EINVAL);
  assert.is(mmProtect(space, AT, PAGE, RW | 8), 0, 'PROT_SEM means nothing');
  assert.is(mmProtect(space, AT, PAGE, RW | M.PROT_GROWSDOWN), -EINVAL, 'no stack');
  assert.is(mmProtect(space, AT, PAGE, RW | M.PROT_GROWSDOWN | M.PROT_GROWSUP), -EINVAL);
  assert.is(mmProtect(space, TASK_SIZE, PAGE, RW), -ENOMEM);
  assert.is(mmProtect(space, AT, Number.NaN, RW), -ENOMEM);
  mm.finish(before, space);
});

test('mprotect never gives more than the descriptor allowed', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const file = mm.file(4);
  const may = M.VM_MAYREAD | M.VM_MAYEXEC;
  assert.is(mm.map(space, AT, 4, M.PROT_READ, M.MAP_SHARED | M.MAP_FIXED, file, 0, may), AT);
  assert.is(mm.exports.mmProtect(space, AT, 4 * PAGE, RW), -EACCES);
  assert.is(mm.exports.mmProtect(space, AT, PAGE, M.PROT_READ | M.PROT_EXEC), 0);
  mm.exports.objectRelease(file);
  mm.finish(before, space);
});

test('brk: grows, shrinks, stays when it can not, keeps a page to its neighbour', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const { mmBrk } = mm.exports;
  assert.is(mmBrk(space, 0), BRK_START);
  assert.is(mmBrk(space, BRK_START + 100), BRK_START + 100);
  assert.is(mm.write(space, BRK_START + 4000, 5), 0);
  assert.is(mm.write(space, BRK_START + PAGE, 5), -X.FAULT_MAPERR);
  assert.is(mmBrk(space, BRK_START + 10 * PAGE), BRK_START + 10 * PAGE);
  assert.is(mm.exports.vmaCount(space), 1, 'one heap');
  mm.write(space, BRK_START + 9 * PAGE, 5);
  assert.is(mmBrk(space, BRK_START + PAGE + 1), BRK_START + PAGE + 1);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_RESIDENT), 1);
  assert.is(mmBrk(space, BRK_START - 1), BRK_START + PAGE + 1);
  assert.is(mmBrk(space, TASK_SIZE), BRK_START + PAGE + 1);
  assert.is(mmBrk(space, Number.NaN), BRK_START + PAGE + 1);
  mm.mapAt(space, BRK_START + 8 * PAGE, 1);
  assert.is(mmBrk(space, BRK_START + 8 * PAGE), BRK_START + PAGE + 1);
  assert.is(mmBrk(space, BRK_START + 7 * PAGE), BRK_START + 7 * PAGE);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_BRK), BRK_START + 7 * PAGE);
  mm.finish(before, space);
});

test('65,530 mappings: the last one fits, splits say ENOMEM, all goes away again', async () => {
  const mm = await Mm.create(16384);
  const before = mm.frames;
  const space = mm.space();
  const limit = 65530;
  // Every second page.
  for (let i = 0; i < limit; i++) mm.exports.mmMap(space, HIGH + i * 2 * PAGE, PAGE, RW, ANON | M.MAP_FIXED, 0, 0, MAY_ALL);
  assert.is(mm.exports.vmaCount(space), limit);
  assert.is(mm.map(space, 0, 2), MMAP_BASE - 2 * PAGE, 'Linux compares with "more than"');
  assert.is(mm.map(space, 0x10000, 2), -ENOMEM);
  assert.is(mm.exports.mmProtect(space, MMAP_BASE - PAGE, PAGE, M.PROT_READ), -ENOMEM, 'no room for a split');
  assert.is(mm.exports.mmProtect(space, HIGH, PAGE, M.PROT_READ), 0, 'a whole mapping needs none');
  mm.check(space);
  assert.is(mm.exports.mmUnmap(space, HIGH + 200 * PAGE, PAGE), 0);
  assert.is(mm.map(space, HIGH + 200 * PAGE, 1, RW, ANON | M.MAP_FIXED_NOREPLACE), HIGH + 200 * PAGE);
  assert.is(mm.write(space, HIGH + 65000 * 2 * PAGE, 1), 0);
  assert.is(mm.write(space, HIGH + 65000 * 2 * PAGE + PAGE, 1), -X.FAULT_MAPERR);
  mm.finish(before, space);
});

test('the tree of mappings is true after every random change of a large one', async () => {
  const mm = await Mm.create(16384);
  const before = mm.frames;
  const random = new Random(fuzzSeed(6));
  const space = mm.space();
  const stack = M.MAP_GROWSDOWN;
  for (let step = 0; step < 6000; step++) {
    const at = AT + random.below(8000) * PAGE;
    const pages = 1 + (random.chance(0.01) ? random.below(300) : random.below(4));
    const prot = random.pick([0, 1, 3, 5]);
    const what = random.below(10);
    if (what < 6) mm.map(space, at, pages, prot, ANON | M.MAP_FIXED | (random.chance(0.05) ? stack : 0));
    else if (what < 8) mm.exports.mmUnmap(space, at, pages * PAGE);
    else mm.exports.mmProtect(space, at, pages * PAGE, prot);
    if (step < 1000 || step % 16 === 0) assert.is(mm.exports.debugCheckSpace(space), 0, `step ${step}`);
  }
  assert.ok(mm.exports.vmaCount(space) > 300);
  mm.finish(before, space);
});

test('a hole in the middle of a mapping needs a place in the count, a piece at its end does not', async () => {
  const mm = await Mm.create(16384);
  const before = mm.frames;
  const space = mm.space();
  for (let i = 0; i < 65529; i++) mm.exports.mmMap(space, AT + i * 2 * PAGE, PAGE, RW, ANON | M.MAP_FIXED, 0, 0, MAY_ALL);
  mm.map(space, TASK_SIZE / 2, 16);
  assert.is(mm.exports.mmUnmap(space, TASK_SIZE / 2 + 4 * PAGE, PAGE), -ENOMEM);
  assert.is(mm.exports.mmUnmap(space, TASK_SIZE / 2, PAGE), 0);
  assert.is(mm.exports.mmUnmap(space, TASK_SIZE / 2 + 15 * PAGE, PAGE), 0);
  assert.is(mm.exports.vmaCount(space), 65530);
  mm.finish(before, space);
});

test('the place found is the highest that fits, as a search by hand finds it', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const random = new Random(fuzzSeed(5));
  for (let round = 0; round < 20; round++) {
    const space = mm.space();
    for (let step = 0; step < 150; step++) {
      const vmas = mm.vmas(space);
      const bytes = (1 + random.below(12)) * PAGE;
      if (vmas.length > 0 && random.chance(0.4)) {
        const { start, end } = random.pick(vmas);
        mm.exports.mmUnmap(space, start + random.below((end - start) / PAGE) * PAGE, bytes);
        continue;
      }
      let want = MMAP_BASE - bytes;
      for (const { start, end } of vmas.reverse()) if (end > want && start < want + bytes) want = start - bytes;
      assert.is(mm.map(space, 0, bytes / PAGE, random.pick([RW, M.PROT_READ])), want);
    }
    mm.check(space);
    mm.exports.spaceRelease(space);
  }
  assert.is(mm.frames, before);
});

test('page tables are freed with the last mapping over them', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const tables = (): number => mm.exports.spaceStat(space, S.SPACE_STAT_TABLE_FRAMES);
  assert.is(tables(), 1);
  const far = 0x2000000000;
  mm.mapAt(space, AT, 1024);
  mm.mapAt(space, far, 1);
  mm.write(space, AT, 1);
  mm.write(space, AT + 1000 * PAGE, 1);
  mm.write(space, far, 1);
  assert.is(tables(), 6, 'root, two middle, three leaf tables');
  mm.exports.mmUnmap(space, far, PAGE);
  assert.is(tables(), 4);
  mm.exports.mmUnmap(space, AT + PAGE, 1023 * PAGE);
  assert.is(tables(), 3);
  mm.check(space);
  mm.exports.mmUnmap(space, AT, PAGE);
  assert.is(tables(), 1);
  mm.finish(before, space);
});

test('MAP_POPULATE and MAP_LOCKED bring pages in; what they can not have comes later', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const resident = (): number => mm.exports.spaceStat(space, S.SPACE_STAT_RESIDENT);
  mm.mapAt(space, AT, 20, RW, ANON | M.MAP_POPULATE);
  assert.is(resident(), 20);
  mm.map(space, 0, 20, RW, ANON | M.MAP_POPULATE | M.MAP_NONBLOCK);
  assert.is(resident(), 20);
  const locked = mm.map(space, 0, 5, RW, ANON | M.MAP_LOCKED);
  assert.is(resident(), 25);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_LOCKED_PAGES), 5);
  mm.exports.mmUnmap(space, locked, 2 * PAGE);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_LOCKED_PAGES), 3);
  const file = mm.file(8);
  const mapped = mm.map(space, 0, 8, M.PROT_READ, M.MAP_SHARED | M.MAP_POPULATE, file);
  assert.ok(mapped > 0);
  assert.is(mm.read(space, mapped + 7 * PAGE), 8);
  assert.ok(mm.map(space, 0, TASK_SIZE / PAGE / 4, M.PROT_NONE, ANON | M.MAP_POPULATE) > 0);
  mm.exports.objectRelease(file);
  mm.finish(before, space);
});

test.run();
