/** VM objects: the page cache's pages, sizes, dirt, transfers, reclaim; decoded code of written pages. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EFAULT, EFBIG } from '../../assembly/shared/errno.js';
import * as X from '../../assembly/shared/exit.js';
import * as L from '../../assembly/shared/layout.js';
import * as M from '../../assembly/shared/mman.js';
import { ANON, Mm, PAGE, RW, SHARED_ANON } from '../support/core.js';

const AT = 0x1000000;
const B = 0x2000000;

test('truncation: mappings lose the pages beyond, private copies too; the rest of the last page is zero', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const [one, two] = [mm.space(), mm.space()];
  const object = mm.shmem(8);
  mm.mapAt(one, AT, 8, RW, M.MAP_SHARED, object);
  mm.mapAt(two, AT, 4, RW, M.MAP_PRIVATE, object, 2 * PAGE);
  for (let i = 0; i < 8; i++) mm.fillPage(mm.touch(one, AT + i * PAGE, X.ACCESS_WRITE), 9);
  for (let i = 0; i < 4; i++) mm.write(two, AT + i * PAGE, 50 + i);
  mm.exports.objectSetSize(object, 3 * PAGE + 100);
  mm.check(one, two);
  assert.is(mm.exports.objectPagesPresent(object), 4);
  assert.is(mm.exports.objectPagesDirty(object), 4);
  assert.is(mm.read(one, AT + 3 * PAGE + 99), 9);
  assert.is(mm.read(one, AT + 3 * PAGE + 100), 0);
  assert.is(mm.read(one, AT + 4 * PAGE), -X.FAULT_ADRERR);
  assert.is(mm.read(two, AT + PAGE), 51, 'a private copy before the end stays');
  assert.is(mm.read(two, AT + 2 * PAGE), -X.FAULT_ADRERR, 'one beyond it goes');
  mm.exports.objectSetSize(object, 8 * PAGE);
  assert.is(mm.read(one, AT + 3 * PAGE + 200), 0);
  assert.is(mm.read(one, AT + 7 * PAGE), 0, 'what grows again is zero');
  assert.is(mm.read(two, AT + 2 * PAGE), 0);
  mm.exports.objectRelease(object);
  mm.finish(before, one, two);
});

test('dirty: stores through mappings mark, cleaning protects, the next store marks again', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const [one, two] = [mm.space(), mm.space()];
  const { objectNextDirty, objectPagesDirty, objectClean } = mm.exports;
  const object = mm.file(300);
  mm.mapAt(one, AT, 300, RW, M.MAP_SHARED, object);
  mm.mapAt(two, B, 300, RW, M.MAP_SHARED, object);
  mm.exports.spaceActivate(one);
  for (const index of [0, 70, 299]) assert.is(mm.read(one, AT + index * PAGE), (index + 1) & 255);
  assert.is(objectNextDirty(object, 0), X.NO_INDEX, 'reading is not dirty');
  mm.write(one, AT + 70 * PAGE, 1);
  mm.write(two, B + 70 * PAGE, 2);
  mm.write(two, B + 299 * PAGE, 3);
  assert.equal([objectNextDirty(object, 0), objectNextDirty(object, 71), objectNextDirty(object, 300)], [70, 299, X.NO_INDEX]);
  assert.is(objectPagesDirty(object), 2);
  objectClean(object, 70);
  mm.check(one, two);
  assert.is(objectPagesDirty(object), 1);
  assert.is(mm.read(one, AT + 70 * PAGE), 2, 'reading goes on');
  assert.is(objectPagesDirty(object), 1);
  mm.write(one, AT + 70 * PAGE, 4);
  assert.is(objectNextDirty(object, 0), 70);
  objectClean(object, 70);
  mm.write(two, B + 70 * PAGE, 5);
  assert.is(objectNextDirty(object, 0), 70, 'the other mapping was protected, too');
  objectClean(object, 70);
  objectClean(object, 299);
  assert.is(objectPagesDirty(object), 0);
  mm.exports.objectRelease(object);
  mm.finish(before, one, two);
});

test('pages at far indices: found in order, and the tree goes with them', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const object = mm.shmem(0);
  mm.exports.objectSetSize(object, 2 ** 44 - PAGE);
  const idle = mm.frames;
  const indices = [0, 1, 63, 64, 4095, 4096, 262143, 262144, 2 ** 24, 2 ** 30, 2 ** 32 - 3];
  for (const index of [...indices].reverse()) assert.ok(mm.exports.objectInsertPage(object, index) !== 0);
  const found: number[] = [];
  for (let at = mm.exports.objectNextPresent(object, 0); at !== X.NO_INDEX; at = mm.exports.objectNextPresent(object, at + 1))
    found.push(at);
  assert.equal(found, indices);
  for (const index of [5, 4096, 2 ** 32 - 3]) mm.exports.objectMarkDirty(object, index);
  assert.is(mm.exports.objectNextDirty(object, 0), 4096, 'an absent page can not be dirty');
  assert.is(mm.exports.objectNextDirty(object, 4097), 2 ** 32 - 3);
  mm.exports.objectDropPages(object, 4096, 2 ** 31, 1);
  assert.is(mm.exports.objectNextPresent(object, 4096), 2 ** 32 - 3);
  assert.is(mm.exports.objectPagesDirty(object), 1);
  mm.exports.objectDropPages(object, 0, Number.POSITIVE_INFINITY, 1);
  assert.is(mm.exports.objectPagesPresent(object), 0);
  assert.is(mm.frames, idle, 'no node stays');
  mm.exports.objectRelease(object);
  mm.finish(before);
});

test('dropping pages: clean and unmapped ones, or a hole that keeps private copies', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const object = mm.shmem(10);
  for (let i = 0; i < 10; i++) mm.fillPage(mm.exports.objectInsertPage(object, i) >>> 0, i + 1);
  mm.mapAt(space, AT, 10, RW, M.MAP_SHARED, object);
  mm.mapAt(space, B, 10, RW, M.MAP_PRIVATE, object);
  mm.write(space, B + 5 * PAGE, 99);
  mm.write(space, AT + 6 * PAGE, 77);
  mm.exports.mmUnmap(space, AT, 4 * PAGE);
  mm.exports.objectMarkDirty(object, 0);
  const present = (): number[] => Array.from({ length: 10 }, (_, i) => i).filter((i) => mm.exports.objectPage(object, i) !== 0);
  mm.exports.objectDropPages(object, 0, 10, 0);
  assert.ok(present().includes(0) && present().includes(6) && !present().includes(1));
  mm.exports.objectDropPages(object, 4, 8, 1);
  mm.check(space);
  assert.is(mm.read(space, AT + 6 * PAGE), 0);
  assert.is(mm.read(space, B + 5 * PAGE), 99, 'a hole in the file leaves a copy alone');
  mm.exports.objectDropPages(object, 8, 4, 1);
  mm.exports.objectRelease(object);
  mm.finish(before, space);
});

test('objectRead and objectWrite: holes, ends, parts, faults, pages that must come from the medium', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const { objectRead, objectWrite, objectSize } = mm.exports;
  const memory = mm.shmem(0);
  mm.mapAt(space, AT, 16);
  for (let i = 0; i < 10000; i++) if (i % 100 === 0) mm.write(space, AT + i, i / 100);
  assert.is(objectWrite(memory, 5000, space, AT, 10000), 10000);
  assert.is(objectSize(memory), 15000);
  assert.is(objectRead(memory, 0, space, B, 100), -EFAULT);
  mm.mapAt(space, B, 16);
  assert.is(objectRead(memory, 0, space, B + 1, 65536), 15000);
  assert.is(mm.read(space, B + 1), 0, 'before what was written: zeros');
  assert.is(mm.read(space, B + 1 + 5000 + 9900), 99);
  assert.is(objectRead(memory, 15000, space, B, 10), 0);
  assert.is(objectRead(memory, 2 ** 43, space, B, 10), 0);
  assert.is(objectRead(memory, Number.NaN, space, B, 10), 0);
  assert.is(objectWrite(memory, 2 ** 63, space, AT, 10), -EFBIG);
  assert.is(objectWrite(memory, Number.NaN, space, AT, 10), -EFBIG);
  assert.is(objectWrite(memory, 0, space, AT, 0), 0);
  // Up to the end of the mapping, then a fault: what came first counts.
  assert.is(objectWrite(memory, 0, space, AT + 15 * PAGE, 3 * PAGE), PAGE);
  assert.is(objectWrite(memory, 0, space, AT + 16 * PAGE, PAGE), -EFAULT);
  mm.exports.mmProtect(space, B, PAGE, M.PROT_READ);
  assert.is(objectRead(memory, 0, space, B, 10), -EFAULT);

  const file = mm.file(8);
  const read = (offset: number, at: number, length: number): number => {
    for (;;) {
      const result = objectRead(file, offset, space, at, length);
      if (result !== X.NEED_PAGE) return result;
      assert.ok(mm.fill());
    }
  };
  assert.is(objectRead(file, 3 * PAGE + 7, space, AT, 20), X.NEED_PAGE);
  assert.is(mm.core.ioIndex, 3);
  assert.is(read(3 * PAGE + 7, AT, 20), 20);
  assert.is(mm.read(space, AT + 19), 4);
  assert.is(read(3 * PAGE, AT, 2 * PAGE), PAGE, 'as far as it is there');
  const filled = mm.filled;
  assert.is(objectWrite(file, 6 * PAGE, space, AT + 100, PAGE), PAGE, 'a whole page, from two pages of the user');
  assert.is(mm.filled, filled, 'needs nothing of the old one');
  assert.is(objectWrite(file, 5 * PAGE + 1, space, AT, 10), X.NEED_PAGE, 'a part does');
  assert.is(objectWrite(file, 5 * PAGE, space, AT + 15 * PAGE + 100, PAGE), X.NEED_PAGE, 'so does a whole one that ends in a fault');
  assert.is(objectWrite(file, 20 * PAGE + 5, space, AT, 10), 10, 'beyond the end there is nothing to read');
  assert.is(objectSize(file), 20 * PAGE + 15);
  mm.check(space);
  mm.exports.objectRelease(file);
  mm.exports.objectRelease(memory);
  mm.finish(before, space);
});

test('a file mapped and written by call is one and the same', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const object = mm.shmem(2);
  mm.mapAt(space, AT, 2, RW, M.MAP_SHARED, object);
  mm.mapAt(space, B, 2);
  mm.write(space, AT + 10, 1);
  assert.is(mm.exports.objectRead(object, 10, space, B, 1), 1);
  assert.is(mm.read(space, B), 1);
  mm.write(space, B, 200);
  assert.is(mm.exports.objectWrite(object, 11, space, B, 1), 1);
  assert.is(mm.read(space, AT + 11), 200);
  assert.is(mm.exports.objectWrite(object, PAGE - 1, space, AT, 100), 100, 'out of its own mapping');
  mm.exports.objectRelease(object);
  mm.finish(before, space);
});

test('reclaim: clean unmapped file pages go when frames run out, used ones last; dirty and mapped ones never', async () => {
  const mm = await Mm.create(256);
  const before = mm.frames;
  const space = mm.space();
  const file = mm.file(150);
  mm.mapAt(space, B, 10, M.PROT_READ, M.MAP_SHARED, file);
  for (let i = 0; i < 10; i++) assert.is(mm.read(space, B + i * PAGE), i + 1);
  for (let i = 10; i < 150; i++) assert.ok(mm.exports.objectInsertPage(file, i) !== 0);
  for (let i = 140; i < 150; i++) mm.exports.objectMarkDirty(file, i);
  mm.exports.handsFree();
  mm.mapAt(space, AT, 400);
  let written = 0;
  while (mm.write(space, AT + written * PAGE, written & 255) === 0) written++;
  assert.is(mm.fault.kind, X.FAULT_MEMORY);
  assert.ok(written > 200, `${written} pages`);
  for (let i = 0; i < 150; i++) assert.is(mm.exports.objectPage(file, i) !== 0, i < 10 || i >= 140, `page ${i}`);
  mm.check(space);
  mm.exports.mmUnmap(space, AT, 400 * PAGE);
  assert.is(mm.read(space, B + 3 * PAGE), 4);
  // A page is used again and again while others stream past: it stays.
  mm.mapAt(space, AT, 4);
  let misses = 0;
  const streamed = mm.file(2000);
  for (let i = 0; i < 2000; i++) {
    for (const [object, index] of [
      [streamed, i],
      [file, 145],
    ]) {
      while (mm.exports.objectRead(object, index * PAGE, space, AT, 1) === X.NEED_PAGE) {
        if (object === file) misses++;
        assert.ok(mm.fill());
      }
    }
    if (i === 500) mm.exports.objectClean(file, 145);
  }
  assert.is(misses, 0);
  mm.check(space);
  mm.exports.objectRelease(file);
  mm.exports.objectRelease(streamed);
  mm.finish(before, space);
});

test('objects live as long as their last mapping; the host hears of those it made', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const object = mm.shmem(2);
  mm.mapAt(space, AT, 2, RW, M.MAP_SHARED, object);
  mm.write(space, AT, 5);
  mm.exports.objectRelease(object);
  assert.is(mm.read(space, AT), 5);
  assert.is(mm.exports.objectNextFreed(), 0);
  mm.mapAt(space, B, 2, RW, SHARED_ANON);
  mm.exports.mmUnmap(space, AT, 2 * PAGE);
  mm.exports.mmUnmap(space, B, 2 * PAGE);
  assert.is(mm.core.u32[(L.HART + L.HART_FREED_OBJECTS) >>> 2], 1);
  assert.is(mm.exports.objectNextFreed() >>> 0, object);
  assert.is(mm.exports.objectNextFreed(), 0);
  mm.finish(before, space);
});

test('futex words: the same object and offset wherever it is mapped shared, else the space', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const [one, two] = [mm.space(), mm.space()];
  const object = mm.shmem(4);
  const key = (space: number, at: number): string => `${mm.exports.futexKeyObject(space, at)}:${mm.exports.futexKeyOffset(space, at)}`;
  mm.mapAt(one, AT, 4, RW, M.MAP_SHARED, object);
  mm.mapAt(two, B, 2, RW, M.MAP_SHARED, object, 2 * PAGE);
  assert.is(key(one, AT + 2 * PAGE + 8), key(two, B + 8));
  assert.is.not(key(one, AT), key(two, B));
  mm.mapAt(one, B, 1);
  const child = mm.exports.spaceFork(one);
  assert.is.not(key(one, B), key(child, B));
  assert.is(key(one, AT), key(child, AT));
  assert.is(mm.exports.futexKeyObject(one, 0x5000000), 0);
  mm.exports.objectRelease(object);
  mm.finish(before, one, two, child);
});

test('truncating a file that is mapped in thousands of pieces is not quadratic work', async () => {
  const mm = await Mm.create(16384);
  const before = mm.frames;
  const space = mm.space();
  const pages = 4000;
  const object = mm.shmem(pages);
  mm.mapAt(space, AT, pages, RW, M.MAP_SHARED, object);
  for (let i = 0; i < pages; i++) mm.write(space, AT + i * PAGE, 1);
  for (let i = 0; i < pages; i += 2) mm.exports.mmProtect(space, AT + i * PAGE, PAGE, M.PROT_READ);
  assert.is(mm.exports.vmaCount(space), pages);
  const walks = mm.exports.objectPagesPresent(object);
  mm.exports.objectSetSize(object, PAGE);
  assert.is(walks - mm.exports.objectPagesPresent(object), pages - 1);
  mm.exports.objectRelease(object);
  mm.finish(before, space);
});

test('more code than decoded pages: the oldest are decoded again', async () => {
  const mm = await Mm.create(8192);
  const before = mm.frames;
  const space = mm.space();
  const pages = 4400;
  const jumpToNextPage = 0x0000106f;
  mm.mapAt(space, AT, pages + 1, RW | M.PROT_EXEC, ANON);
  for (let i = 0; i < pages; i++) mm.writeWord(space, AT + i * PAGE, jumpToNextPage);
  mm.exports.spaceActivate(space);
  for (let round = 0; round < 3; round++) {
    mm.core.pc = AT;
    assert.is(mm.exports.run(pages), X.EXIT_BUDGET);
    assert.is(mm.core.pc, AT + pages * PAGE);
  }
  mm.check(space);
  // A page changed by a call while its code is decoded.
  mm.writeWord(space, AT + 4399 * PAGE, 0x00100073);
  mm.core.pc = AT + 4398 * PAGE;
  assert.is(mm.exports.run(10), X.EXIT_EBREAK);
  mm.finish(before, space);
});

test('code of a file: what is written by call is what runs', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const object = mm.shmem(1);
  const at = mm.exports.objectInsertPage(object, 0) >>> 0;
  mm.core.u32[at >>> 2] = 0x00000073;
  mm.mapAt(space, AT, 1, M.PROT_READ | M.PROT_EXEC, M.MAP_PRIVATE, object);
  mm.exports.spaceActivate(space);
  mm.core.pc = AT;
  assert.is(mm.exports.run(10), X.EXIT_ECALL);
  mm.core.u32[at >>> 2] = 0x00100073;
  mm.exports.objectMarkDirty(object, 0);
  assert.is(mm.exports.run(10), X.EXIT_EBREAK);
  mm.mapAt(space, B, 1);
  mm.writeWord(space, B, 0x00000073);
  assert.is(mm.exports.objectWrite(object, 0, space, B, 4), 4);
  assert.is(mm.exports.run(10), X.EXIT_ECALL);
  mm.exports.objectSetSize(object, 0);
  mm.exports.objectSetSize(object, PAGE);
  assert.is(mm.exports.run(10), X.EXIT_ILLEGAL);
  mm.exports.objectRelease(object);
  mm.finish(before, space);
});

test.run();
