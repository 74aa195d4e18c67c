/** mremap, madvise, mlock, mincore and what smaps reads. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EFAULT, EINVAL, ENOMEM, EOPNOTSUPP } from '../../assembly/shared/errno.js';
import * as X from '../../assembly/shared/exit.js';
import { HART, HART_IO_OBJECT } from '../../assembly/shared/layout.js';
import * as M from '../../assembly/shared/mman.js';
import * as S from '../../assembly/shared/stat.js';
import { ANON, MAY_ALL, MMAP_BASE, Mm, PAGE, RW, SHARED_ANON } from '../support/core.js';

const AT = 0x1000000;
const B = 0x2000000;
const TASK_SIZE = 2 ** 38;
const MOVE = M.MREMAP_MAYMOVE;
const FIXED = M.MREMAP_MAYMOVE | M.MREMAP_FIXED;
const KEEP = M.MREMAP_MAYMOVE | M.MREMAP_DONTUNMAP;

function fill(mm: Mm, space: number, at: number, pages: number): void {
  for (let i = 0; i < pages; i++) mm.write(space, at + i * PAGE, i + 1);
}

test('mremap: errors in the order of Linux', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, 4);
  mm.mapAt(space, AT + 4 * PAGE, 1, M.PROT_READ);
  const { mmRemap } = mm.exports;
  const table: [string, number, number][] = [
    ['unknown flag', mmRemap(space, AT, PAGE, PAGE, 8, 0), -EINVAL],
    ['fixed without maymove', mmRemap(space, AT, PAGE, PAGE, M.MREMAP_FIXED, B), -EINVAL],
    ['dontunmap without maymove', mmRemap(space, AT, PAGE, PAGE, M.MREMAP_DONTUNMAP, 0), -EINVAL],
    ['dontunmap with another length', mmRemap(space, AT, PAGE, 2 * PAGE, KEEP, 0), -EINVAL],
    ['not a page', mmRemap(space, AT + 1, PAGE, PAGE, MOVE, 0), -EINVAL],
    ['no new length', mmRemap(space, AT, PAGE, 0, MOVE, 0), -EINVAL],
    ['nothing there', mmRemap(space, B, PAGE, 2 * PAGE, MOVE, 0), -EFAULT],
    ['over two mappings', mmRemap(space, AT, 5 * PAGE, 6 * PAGE, MOVE, 0), -EFAULT],
    ['a second time, private', mmRemap(space, AT, 0, PAGE, MOVE, 0), -EINVAL],
    ['no room and no move', mmRemap(space, AT, 4 * PAGE, 5 * PAGE, 0, 0), -ENOMEM],
    ['too long', mmRemap(space, AT, 4 * PAGE, TASK_SIZE + PAGE, MOVE, 0), -ENOMEM],
    ['new place not a page', mmRemap(space, AT, PAGE, PAGE, FIXED, B + 1), -EINVAL],
    ['new place beyond the end', mmRemap(space, AT, PAGE, 2 * PAGE, FIXED, TASK_SIZE - PAGE), -EINVAL],
    ['new place over the old', mmRemap(space, AT, 2 * PAGE, 2 * PAGE, FIXED, AT + PAGE), -EINVAL],
    ['no number', mmRemap(space, Number.NaN, PAGE, PAGE, MOVE, 0), -EFAULT],
    ['same length: nothing to do', mmRemap(space, AT, 4 * PAGE, 3 * PAGE + 5, 0, 0), AT],
  ];
  for (const [what, result, want] of table) assert.is(result, want, what);
  assert.is(mm.layout(space, AT), '0+4:rw 4+1:r');
  mm.finish(before, space);
});

test('mremap: shrinks, grows in place, moves; bytes keep their frames', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const { mmRemap } = mm.exports;
  mm.mapAt(space, AT, 8);
  fill(mm, space, AT, 8);
  const frames = [0, 1, 2].map((i) => mm.frame(space, AT + i * PAGE));
  assert.is(mmRemap(space, AT, 8 * PAGE, 4 * PAGE, 0, 0), AT);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_RESIDENT), 4);
  assert.is(mmRemap(space, AT, 4 * PAGE, 6 * PAGE, 0, 0), AT);
  assert.is(mm.layout(space, AT), '0+6:rw');
  assert.is(mm.read(space, AT + 4 * PAGE), 0);
  mm.mapAt(space, AT + 6 * PAGE, 1, M.PROT_READ);
  const moved = mmRemap(space, AT, 6 * PAGE, 1000 * PAGE, MOVE, 0);
  assert.is(moved, MMAP_BASE - 1000 * PAGE);
  for (let i = 0; i < frames.length; i++) assert.is(mm.frame(space, moved + i * PAGE), frames[i]);
  for (let i = 0; i < 4; i++) assert.is(mm.read(space, moved + i * PAGE), i + 1);
  assert.is(mm.read(space, AT), -X.FAULT_MAPERR);
  mm.check(space);
  assert.is(mmRemap(space, moved + PAGE, PAGE, 2 * PAGE, FIXED, B), B, 'one page out of the middle');
  assert.is(mm.read(space, B), 2);
  assert.is(mm.read(space, moved + PAGE), -X.FAULT_MAPERR);
  assert.is(mm.write(space, B + PAGE, 9), 0);
  assert.is(mmRemap(space, moved + 2 * PAGE, 3 * PAGE, PAGE, FIXED, B), B, 'onto something, and shorter');
  assert.is(mm.read(space, B), 3);
  assert.is(mm.read(space, B + PAGE), 9, 'only what is replaced goes');
  assert.is(mm.read(space, moved + 3 * PAGE), -X.FAULT_MAPERR, 'the cut part is gone');
  mm.finish(before, space);
});

test('mremap: MREMAP_DONTUNMAP leaves an empty mapping; old length 0 maps shared memory twice', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const { mmRemap } = mm.exports;
  mm.mapAt(space, AT, 4);
  fill(mm, space, AT, 4);
  assert.is(mmRemap(space, AT, 4 * PAGE, 4 * PAGE, KEEP, B), B, 'the new place is a hint');
  for (let i = 0; i < 4; i++) {
    assert.is(mm.read(space, B + i * PAGE), i + 1);
    assert.is(mm.read(space, AT + i * PAGE), 0);
  }
  const shared = mm.map(space, 0, 4, RW, SHARED_ANON);
  mm.write(space, shared + PAGE, 5);
  const twice = mmRemap(space, shared, 0, 4 * PAGE, MOVE, 0);
  assert.ok(twice > 0 && twice !== shared);
  assert.is(mm.read(space, twice + PAGE), 5);
  mm.write(space, twice + 2 * PAGE, 6);
  assert.is(mm.read(space, shared + 2 * PAGE), 6);
  const part = mmRemap(space, shared + PAGE, 0, PAGE, FIXED, B + 0x100000);
  assert.is(mm.read(space, part), 5);
  assert.is(mm.exports.vmaCount(space), 5);
  mm.finish(before, space);
});

test('mremap of a mapping that is shared copy-on-write', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const parent = mm.space();
  mm.mapAt(parent, AT, 4);
  fill(mm, parent, AT, 4);
  const child = mm.exports.spaceFork(parent);
  assert.is(mm.exports.mmRemap(child, AT, 4 * PAGE, 8 * PAGE, FIXED, B), B);
  mm.check(parent, child);
  mm.write(child, B, 50);
  assert.is(mm.read(parent, AT), 1);
  mm.write(parent, AT + PAGE, 60);
  assert.is(mm.read(child, B + PAGE), 2);
  mm.finish(before, parent, child);
});

test('madvise: DONTNEED and REMOVE give memory back, FREE when there is need', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const { mmAdvise } = mm.exports;
  const resident = (): number => mm.exports.spaceStat(space, S.SPACE_STAT_RESIDENT);
  mm.mapAt(space, AT, 8);
  fill(mm, space, AT, 8);
  assert.is(mmAdvise(space, AT, 2 * PAGE, M.MADV_DONTNEED), 0);
  assert.is(mmAdvise(space, AT + 2 * PAGE, 2 * PAGE, M.MADV_FREE), 0);
  assert.is(resident(), 6);
  assert.is(mm.write(space, AT + 3 * PAGE, 44), 0);
  mm.exports.handsFree();
  assert.is(mm.exports.reclaimPages(10), 1, 'one of them was stored to');
  assert.is(resident(), 5);
  assert.is(mm.read(space, AT + 2 * PAGE), 0);
  assert.is(mm.read(space, AT + 3 * PAGE), 44);
  assert.is(mm.read(space, AT), 0);
  assert.is(mm.read(space, AT + 4 * PAGE), 5);
  mm.mapAt(space, B, 4, RW, SHARED_ANON);
  fill(mm, space, B, 4);
  assert.is(mmAdvise(space, B, PAGE, M.MADV_DONTNEED), 0);
  assert.is(mm.read(space, B), 1, 'shared memory keeps its bytes');
  assert.is(mmAdvise(space, B, PAGE, M.MADV_FREE), -EINVAL);
  assert.is(mmAdvise(space, B, PAGE, M.MADV_REMOVE), 0);
  assert.is(mm.read(space, B), 0);
  assert.is(mmAdvise(space, AT, PAGE, M.MADV_REMOVE), -EINVAL);
  mm.exports.mmProtect(space, B, 4 * PAGE, M.PROT_READ);
  assert.is(mmAdvise(space, B, PAGE, M.MADV_REMOVE), 0, 'it may be made writable');
  const file = mm.file(4);
  mm.mapAt(space, B, 4, RW, M.MAP_SHARED, file);
  assert.is(mmAdvise(space, B, PAGE, M.MADV_REMOVE), -EOPNOTSUPP, 'its medium has the bytes');
  mm.exports.mmLock(space, AT + 4 * PAGE, PAGE, 1);
  assert.is(mmAdvise(space, AT + 4 * PAGE, PAGE, M.MADV_DONTNEED), -EINVAL, 'locked');
  mm.exports.objectRelease(file);
  mm.finish(before, space);
});

test('madvise: errors, holes, flags of mappings, populating', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const { mmAdvise } = mm.exports;
  mm.mapAt(space, AT, 4);
  mm.mapAt(space, AT + 6 * PAGE, 2);
  fill(mm, space, AT, 8);
  assert.is(mmAdvise(space, AT, PAGE, 99), -EINVAL);
  assert.is(mmAdvise(space, AT, PAGE, M.MADV_HWPOISON), -EINVAL);
  assert.is(mmAdvise(space, AT + 1, PAGE, M.MADV_NORMAL), -EINVAL);
  assert.is(mmAdvise(space, AT, 0, M.MADV_DONTNEED), 0);
  assert.is(mmAdvise(space, AT, 8 * PAGE, M.MADV_DONTNEED), -ENOMEM, 'there is a hole');
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_RESIDENT), 0, 'but the rest was done');
  assert.is(mmAdvise(space, B, PAGE, M.MADV_NORMAL), -ENOMEM);
  assert.is(mmAdvise(space, AT, Number.NaN, M.MADV_NORMAL), -EINVAL);
  assert.is(mmAdvise(space, AT + PAGE, PAGE, M.MADV_SEQUENTIAL), 0);
  assert.is(mm.exports.vmaCount(space), 4);
  assert.is(mmAdvise(space, AT + PAGE, PAGE, M.MADV_NORMAL), 0);
  assert.is(mm.exports.vmaCount(space), 2);
  for (const advice of [M.MADV_WILLNEED, M.MADV_HUGEPAGE, M.MADV_NOHUGEPAGE, M.MADV_COLD, M.MADV_PAGEOUT])
    assert.is(mmAdvise(space, AT, PAGE, advice), 0);
  assert.is(mmAdvise(space, AT, 4 * PAGE, M.MADV_POPULATE_WRITE), 0);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_RESIDENT), 4);
  assert.is(mmAdvise(space, AT, 8 * PAGE, M.MADV_POPULATE_READ), -ENOMEM);
  mm.mapAt(space, B, 1, M.PROT_READ);
  assert.is(mmAdvise(space, B, PAGE, M.MADV_POPULATE_WRITE), -EINVAL, 'not writable');
  const file = mm.file(3);
  mm.mapAt(space, B, 4, M.PROT_READ, M.MAP_SHARED, file);
  let asked = 0;
  let result = mmAdvise(space, B, 3 * PAGE, M.MADV_POPULATE_READ);
  for (; result === X.NEED_PAGE; result = mmAdvise(space, B, 3 * PAGE, M.MADV_POPULATE_READ)) {
    asked++;
    mm.fill();
  }
  assert.equal([result, asked], [0, 3]);
  assert.is(mmAdvise(space, B, 4 * PAGE, M.MADV_POPULATE_READ), -EFAULT, 'beyond the end');
  assert.is(mmAdvise(space, B, PAGE, M.MADV_WIPEONFORK), -EINVAL);
  mm.exports.objectRelease(file);
  mm.finish(before, space);
});

test('mlock: pages come in and are counted, holes are errors, all ends with the mapping', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const { mmLock } = mm.exports;
  const locked = (): number => mm.exports.spaceStat(space, S.SPACE_STAT_LOCKED_PAGES);
  mm.mapAt(space, AT, 8);
  assert.is(mmLock(space, AT + PAGE + 5, PAGE, 1), 0, 'rounded to whole pages');
  assert.is(locked(), 2);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_RESIDENT), 2);
  assert.is(mmLock(space, AT, 8 * PAGE, 1), 0);
  assert.is(mm.exports.vmaCount(space), 1);
  assert.is(mmLock(space, AT + 2 * PAGE, PAGE, 0), 0);
  assert.is(locked(), 7);
  const child = mm.exports.spaceFork(space);
  assert.is(mm.exports.spaceStat(child, S.SPACE_STAT_LOCKED_PAGES), 0);
  assert.is(mmLock(space, AT, 9 * PAGE, 1), -ENOMEM);
  assert.is(locked(), 8);
  mm.exports.mmUnmap(space, AT, 5 * PAGE);
  assert.is(locked(), 3);
  mm.mapAt(space, B, 1, M.PROT_NONE);
  assert.is(mmLock(space, B, PAGE, 1), -ENOMEM);
  assert.is(mmLock(space, 0, Number.NaN, 1), -EINVAL);
  mm.finish(before, space, child);
});

test('mlock that runs out of memory asks for frames', async () => {
  const mm = await Mm.create(40);
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, 100);
  assert.is(mm.exports.mmLock(space, AT, 100 * PAGE, 1), X.NEED_PAGE);
  assert.is(mm.core.u32[(HART + HART_IO_OBJECT) >>> 2], X.FRAMES_WANTED);
  mm.finish(before, space);
});

test('mincore: what is present, for files what the cache has', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const file = mm.file(4);
  mm.mapAt(space, AT, 3);
  mm.write(space, AT + PAGE, 1);
  mm.mapAt(space, B, 8, M.PROT_READ, M.MAP_SHARED, file);
  mm.exports.objectInsertPage(file, 2);
  const look = (at: number, pages: number): number[] =>
    Array.from({ length: pages }, (_, i) => mm.exports.mmResident(space, at + i * PAGE));
  assert.equal(look(AT, 4), [0, 1, 0, -ENOMEM]);
  assert.equal(look(B, 5), [0, 0, 1, 0, 0]);
  mm.exports.objectRelease(file);
  mm.finish(before, space);
});

test('smaps: pages by kind, and shares that add up', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const parent = mm.space();
  const file = mm.file(4);
  mm.mapAt(parent, AT, 8);
  fill(mm, parent, AT, 6);
  mm.mapAt(parent, B, 4, RW, M.MAP_PRIVATE, file);
  for (let i = 0; i < 4; i++) mm.read(parent, B + i * PAGE);
  mm.write(parent, B, 1);
  const child = mm.exports.spaceFork(parent);
  mm.write(child, AT, 9);
  mm.read(child, B + PAGE);
  const stat = (space: number, at: number): number[] =>
    [
      S.VMA_STAT_RESIDENT,
      S.VMA_STAT_SHARED_CLEAN,
      S.VMA_STAT_SHARED_DIRTY,
      S.VMA_STAT_PRIVATE_CLEAN,
      S.VMA_STAT_PRIVATE_DIRTY,
      S.VMA_STAT_ANONYMOUS,
      S.VMA_STAT_PSS_BYTES,
    ].map((which) => mm.exports.vmaStat(space, mm.exports.vmaFind(space, at), which));
  assert.equal(stat(parent, AT), [6, 0, 5, 0, 1, 6, PAGE * 3.5]);
  assert.equal(stat(parent, B), [4, 3, 1, 0, 0, 1, PAGE * 2]);
  mm.exports.objectRelease(file);
  mm.finish(before, parent, child);
});

test('random hostile numbers in every call: errno or an address, and the rules hold', async () => {
  const mm = await Mm.create(2048);
  const before = mm.frames;
  const space = mm.space();
  const object = mm.shmem(4);
  const numbers = [
    0,
    1,
    PAGE,
    AT,
    AT + 1,
    TASK_SIZE - PAGE,
    TASK_SIZE,
    2 ** 40,
    2 ** 44 - PAGE,
    2 ** 52,
    -1,
    -PAGE,
    0.5,
    Number.NaN,
    1e300,
    -1e300,
  ];
  const calls = [
    (a: number, b: number, c: number) => mm.exports.mmMap(space, a, b, RW, ANON, 0, c, MAY_ALL),
    (a: number, b: number, c: number) => mm.exports.mmMap(space, a, b, RW, M.MAP_SHARED | M.MAP_FIXED, object, c, MAY_ALL),
    (a: number, b: number) => mm.exports.mmUnmap(space, a, b),
    (a: number, b: number) => mm.exports.mmProtect(space, a, b, M.PROT_READ),
    (a: number, b: number, c: number) => mm.exports.mmRemap(space, a, b, c, MOVE, 0),
    (a: number, b: number, c: number) => mm.exports.mmRemap(space, AT, b, c, FIXED, a),
    (a: number, b: number) => mm.exports.mmAdvise(space, a, b, M.MADV_DONTNEED),
    (a: number, b: number) => mm.exports.mmLock(space, a, b, 0),
    (a: number) => mm.exports.mmBrk(space, a),
    (a: number) => mm.exports.userPage(space, a, X.ACCESS_WRITE),
    (a: number) => mm.exports.mmResident(space, a),
    (a: number, b: number) => mm.exports.objectRead(object, a, space, b, 100),
    (a: number, b: number) => mm.exports.objectWrite(object, a, space, b, 100),
    (a: number, b: number) => mm.exports.objectDropPages(object, a, b, 1),
    (a: number) => mm.exports.objectSetSize(object, a),
    (a: number) => mm.exports.objectNextPresent(object, a),
    (a: number) => mm.exports.vmaFind(space, a),
    (a: number) => mm.exports.futexKeyOffset(space, a),
    (a: number) => mm.exports.pteRead(space, a),
    (a: number) => mm.exports.userCopyIn(space, a, 2 ** 31),
  ];
  for (const call of calls) for (const a of numbers) for (const b of numbers) for (const c of [0, PAGE, 2 ** 52, Number.NaN]) call(a, b, c);
  mm.check(space);
  mm.exports.objectRelease(object);
  mm.finish(before, space);
});

test.run();
