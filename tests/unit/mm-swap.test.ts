/** Making room: what leaves memory and what stays, the swap area's slots, MADV_FREE, _COLD and _PAGEOUT, memory that ends anywhere. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EINVAL } from '../../assembly/shared/errno.js';
import * as X from '../../assembly/shared/exit.js';
import * as M from '../../assembly/shared/mman.js';
import * as S from '../../assembly/shared/stat.js';
import { ANON, MMAP_BASE, Mm, PAGE, RW, SHARED_ANON, STACK_LIMIT } from '../support/core.js';

const AT = 0x1000000;
const B = AT + 0x400000;
const ALL = 1000;

async function create(frames = 8192, slots = 256): Promise<Mm> {
  const mm = await Mm.create(frames);
  assert.ok(mm.exports.swapInit(slots));
  return mm;
}

function fill(mm: Mm, space: number, at: number, pages: number): void {
  for (let i = 0; i < pages; i++) assert.is(mm.write(space, at + i * PAGE, i + 1), 0);
}

function expectFilled(mm: Mm, space: number, at: number, pages: number): void {
  for (let i = 0; i < pages; i++) assert.is(mm.read(space, at + i * PAGE), i + 1, `page ${i}`);
}

function swapStats(mm: Mm): { used: number; cached: number; in: number; out: number } {
  const stat = (which: number): number => mm.exports.swapStat(which);
  return {
    used: stat(S.SWAP_STAT_USED),
    cached: stat(S.SWAP_STAT_CACHED),
    in: stat(S.SWAP_STAT_IN),
    out: stat(S.SWAP_STAT_OUT),
  };
}

const resident = (mm: Mm, space: number): number => mm.exports.spaceStat(space, S.SPACE_STAT_RESIDENT);
const swapped = (mm: Mm, space: number): number => mm.exports.spaceStat(space, S.SPACE_STAT_SWAPPED);

test('pages go out, come back by a major fault, and their slots with them', async () => {
  const mm = await create();
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, 20);
  fill(mm, space, AT, 20);
  assert.is(mm.makeRoom(ALL), 20);
  assert.is(resident(mm, space), 0);
  assert.is(swapped(mm, space), 20);
  assert.equal(swapStats(mm), { used: 20, cached: 0, in: 0, out: 20 });
  mm.check(space);
  const vma = mm.exports.vmaFind(space, AT);
  assert.is(mm.exports.vmaStat(space, vma, S.VMA_STAT_SWAP), 20);
  assert.is(mm.exports.vmaStat(space, vma, S.VMA_STAT_SWAP_PSS_BYTES), 20 * PAGE);
  assert.is(mm.exports.mmResident(space, AT), 0);
  assert.is(mm.exports.pageState(space, AT) & (S.STATE_PRESENT | S.STATE_SWAP | S.STATE_SOFT_DIRTY), S.STATE_SWAP | S.STATE_SOFT_DIRTY);
  assert.ok(mm.exports.pageState(space, AT) >>> S.STATE_FRAME_SHIFT > 0, 'the slot');
  const minor = mm.exports.spaceStat(space, S.SPACE_STAT_MINOR_FAULTS);
  expectFilled(mm, space, AT, 10);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_MAJOR_FAULTS), 10);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_MINOR_FAULTS), minor);
  assert.equal(swapStats(mm), { used: 20, cached: 10, in: 10, out: 20 });
  mm.check(space);
  mm.exports.mmUnmap(space, AT, 15 * PAGE);
  assert.equal(swapStats(mm), { used: 5, cached: 0, in: 10, out: 20 });
  mm.finish(before, space);
  assert.is(swapStats(mm).used, 0);
});

test('what was only read goes again without being written; a store gives its slot up', async () => {
  const mm = await create();
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, 10);
  fill(mm, space, AT, 10);
  mm.makeRoom(ALL);
  expectFilled(mm, space, AT, 10);
  mm.write(space, AT + 3 * PAGE, 99);
  assert.is(swapStats(mm).used, 9);
  assert.is(mm.makeRoom(ALL), 10);
  assert.equal(swapStats(mm), { used: 10, cached: 0, in: 10, out: 11 });
  assert.is(mm.read(space, AT + 3 * PAGE), 99);
  mm.finish(before, space);
});

test('a page that was used since the last look is spared', async () => {
  const mm = await create();
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, 64);
  fill(mm, space, AT, 64);
  // The first takes away that all were used.
  mm.makeRoom(16);
  const left = Array.from({ length: 64 }, (_, i) => i).filter((i) => mm.exports.mmResident(space, AT + i * PAGE) === 1);
  assert.is(left.length, 48);
  const used = left.slice(0, 8);
  for (const i of used) assert.is(mm.read(space, AT + i * PAGE), i + 1);
  mm.makeRoom(32);
  for (const i of used) assert.is(mm.exports.mmResident(space, AT + i * PAGE), 1, `page ${i} is in use`);
  mm.check(space);
  mm.finish(before, space);
});

test('a child shares what is out; each side brings its own back', async () => {
  for (const apart of [false, true]) {
    const mm = await create();
    const before = mm.frames;
    const parent = mm.space();
    mm.mapAt(parent, AT, 8);
    // Next to shared memory the table is copied, otherwise both have it.
    if (apart) mm.mapAt(parent, AT + 16 * PAGE, 1, RW, SHARED_ANON);
    fill(mm, parent, AT, 8);
    mm.makeRoom(ALL);
    const child = mm.exports.spaceFork(parent);
    assert.is(swapStats(mm).used, 8);
    mm.check(parent, child);
    assert.is(mm.write(child, AT, 101), 0);
    assert.is(mm.write(parent, AT + PAGE, 102), 0);
    assert.is(mm.read(parent, AT), 1);
    assert.is(mm.read(child, AT + PAGE), 2);
    mm.check(parent, child);
    mm.makeRoom(ALL);
    mm.check(parent, child);
    const grandchild = mm.exports.spaceFork(child);
    mm.makeRoom(ALL);
    assert.is(mm.read(grandchild, AT), 101);
    mm.exports.spaceRelease(child);
    mm.check(parent, grandchild);
    assert.is(mm.read(grandchild, AT + 2 * PAGE), 3);
    assert.is(mm.read(parent, AT + PAGE), 102);
    mm.finish(before, parent, grandchild);
    assert.is(swapStats(mm).used, 0);
  }
});

test('a table that several spaces have is emptied for all of them', async () => {
  const mm = await create();
  const before = mm.frames;
  const parent = mm.space();
  mm.mapAt(parent, AT, 30);
  fill(mm, parent, AT, 30);
  const children = [1, 2, 3].map(() => mm.exports.spaceFork(parent));
  for (const space of [parent, ...children]) {
    mm.exports.spaceActivate(space);
    expectFilled(mm, space, AT, 30);
  }
  const frames = mm.frames;
  assert.is(mm.makeRoom(ALL), 30);
  assert.is(mm.frames, frames - 30);
  for (const space of [parent, ...children]) assert.is(resident(mm, space), 0);
  assert.is(swapStats(mm).used, 30);
  const vma = mm.exports.vmaFind(parent, AT);
  assert.is(mm.exports.vmaStat(parent, vma, S.VMA_STAT_SWAP_PSS_BYTES), (30 * PAGE) / 4);
  mm.check(parent, ...children);
  assert.is(mm.write(children[1], AT, 77), 0);
  assert.is(mm.read(parent, AT), 1);
  mm.finish(before, parent, ...children);
});

test('a page under way to the medium is not lost, not read back, and written once', async () => {
  const mm = await create();
  const before = mm.frames;
  const parent = mm.space();
  mm.mapAt(parent, AT, 8);
  // Next to shared memory the child gets entries of its own.
  mm.mapAt(parent, AT + 16 * PAGE, 1, RW, SHARED_ANON);
  fill(mm, parent, AT, 8);
  const child = mm.exports.spaceFork(parent);
  mm.exports.handsFree();
  const frames = mm.frames;
  mm.exports.reclaimPages(ALL);
  assert.is(mm.frames, frames, 'nothing is free before it is written');
  assert.is(swapped(mm, parent) + swapped(mm, child), 16);
  assert.is(mm.write(child, AT + PAGE, 99), 0);
  assert.is(mm.read(parent, AT), 1);
  assert.is(mm.read(parent, AT + PAGE), 2);
  for (const space of [parent, child]) assert.is(mm.exports.mmUnmap(space, AT + 2 * PAGE, PAGE), 0);
  assert.is(mm.filled, 0);
  mm.check(parent, child);
  mm.writeOut();
  assert.is(swapStats(mm).out, 7, 'what was unmapped meanwhile is not written');
  mm.makeRoom(ALL);
  assert.is(swapStats(mm).out, 8, 'the page that the child changed, and nothing again');
  assert.is(mm.read(parent, AT + PAGE), 2);
  assert.is(mm.read(child, AT + PAGE), 99);
  assert.is(mm.read(child, AT + 7 * PAGE), 8);
  mm.finish(before, parent, child);
  assert.is(swapStats(mm).used, 0);
});

test('shared memory: of mappings and of calls', async () => {
  const mm = await create();
  const before = mm.frames;
  const space = mm.space();
  const other = mm.space();
  const object = mm.shmem(8);
  mm.mapAt(space, AT, 8, RW, M.MAP_SHARED, object);
  mm.mapAt(other, B, 8, RW, M.MAP_SHARED, object);
  fill(mm, space, AT, 8);
  expectFilled(mm, other, B, 8);
  assert.is(mm.makeRoom(ALL), 8);
  assert.is(mm.exports.objectPagesPresent(object), 0);
  assert.is(mm.exports.objectPagesSwapped(object), 8);
  assert.is(mm.exports.objectPage(object, 2), 0);
  assert.is(mm.exports.objectHolds(object, 2), 1);
  assert.is(mm.exports.objectInsertPage(object, 2), 0, 'not a page of zeros over it');
  assert.is(mm.exports.objectHolds(object, 9), 0);
  assert.is(mm.exports.vmaStat(space, mm.exports.vmaFind(space, AT), S.VMA_STAT_SWAP), 8);
  mm.check(space, other);
  assert.is(mm.read(other, B + 3 * PAGE), 4);
  assert.is(mm.write(other, B + 3 * PAGE, 44), 0);
  assert.is(mm.read(space, AT + 3 * PAGE), 44);
  mm.mapAt(space, B, 1);
  assert.is(mm.exports.objectRead(object, PAGE, space, B, 1), X.NEED_PAGE);
  assert.ok(mm.fill());
  assert.is(mm.exports.objectRead(object, PAGE, space, B, 1), 1);
  assert.is(mm.read(space, B), 2);
  assert.is(mm.exports.objectWrite(object, 6 * PAGE + 1, space, B, 1), X.NEED_PAGE, 'the rest of the page stays');
  assert.ok(mm.fill());
  assert.is(mm.exports.objectWrite(object, 6 * PAGE + 1, space, B, 1), 1);
  assert.is(mm.read(other, B + 6 * PAGE), 7);
  mm.exports.objectDropPages(object, 4, 6, 1);
  mm.exports.objectSetSize(object, 7 * PAGE);
  mm.check(space, other);
  assert.is(mm.read(space, AT + 4 * PAGE), 0);
  assert.is(mm.read(space, AT + 7 * PAGE), -X.FAULT_ADRERR);
  mm.exports.objectRelease(object);
  mm.finish(before, space, other);
  assert.is(swapStats(mm).used, 0);
});

test('files: clean pages go though they are mapped, dirty ones are written first, private copies to the swap area', async () => {
  const mm = await create();
  const before = mm.frames;
  const space = mm.space();
  const file = mm.file(12);
  mm.mapAt(space, AT, 12, RW, M.MAP_SHARED, file);
  mm.mapAt(space, B, 12, RW, M.MAP_PRIVATE, file);
  for (let i = 0; i < 12; i++) assert.is(mm.read(space, AT + i * PAGE), i + 1);
  mm.write(space, AT + PAGE, 50);
  mm.write(space, B + 2 * PAGE, 60);
  assert.is(mm.makeRoom(ALL), 14, 'and the node of the tree of pages');
  assert.is(mm.disk.size, 1, 'one page was written');
  assert.is(mm.exports.objectPagesPresent(file), 0);
  assert.is(swapStats(mm).used, 1);
  mm.check(space);
  for (let i = 0; i < 12; i++) assert.is(mm.read(space, AT + i * PAGE), i === 1 ? 50 : i + 1);
  assert.is(mm.read(space, B + 2 * PAGE), 60);
  assert.is(mm.read(space, B + PAGE), 50);
  mm.exports.objectRelease(file);
  mm.finish(before, space);
});

test('what stays: locked, pinned, of devices, with its address in hand', async () => {
  const mm = await create();
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, 4);
  fill(mm, space, AT, 4);
  assert.is(mm.exports.mmLock(space, AT, 2 * PAGE, M.LOCK_NOW), 0);
  const pinned = mm.shmem(2);
  mm.mapAt(space, B, 2, RW, M.MAP_SHARED, pinned);
  fill(mm, space, B, 2);
  mm.exports.objectPin(pinned, 1);
  const device = mm.exports.objectCreateDevice(2) >>> 0;
  mm.mapAt(space, B + 0x10000, 2, RW, M.MAP_SHARED, device);
  fill(mm, space, B + 0x10000, 2);
  mm.exports.handsFree();
  const held = mm.touch(space, AT + 3 * PAGE, X.ACCESS_READ);
  assert.is(mm.exports.reclaimPages(ALL), 0);
  mm.writeOut();
  assert.is(mm.core.u8[held], 4);
  for (let i = 0; i < 4; i++) assert.is(mm.exports.mmResident(space, AT + i * PAGE), i === 2 ? 0 : 1);
  assert.is(mm.exports.objectPagesPresent(pinned), 2);
  const child = mm.exports.spaceFork(space);
  assert.is(mm.makeRoom(ALL), 1, 'what was in hand; the rest the parent has locked');
  assert.is(resident(mm, child), 0, 'the child has not');
  assert.is(mm.read(child, AT), 1);
  mm.check(space, child);
  mm.exports.objectPin(pinned, 0);
  assert.is(mm.makeRoom(ALL), 2);
  for (const object of [pinned, device]) mm.exports.objectRelease(object);
  mm.finish(before, space, child);
});

test('MADV_FREE: gone when there is need, a store takes it back, what is out goes at once', async () => {
  const mm = await create();
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, 8);
  fill(mm, space, AT, 8);
  mm.exports.mmAdvise(space, AT + 6 * PAGE, 2 * PAGE, M.MADV_PAGEOUT);
  mm.exports.handsFree();
  assert.is(mm.exports.pageOut(space, AT + 6 * PAGE, AT + 8 * PAGE), AT + 8 * PAGE);
  mm.writeOut();
  assert.is(swapStats(mm).used, 2);
  assert.is(mm.exports.mmAdvise(space, AT, 8 * PAGE, M.MADV_FREE), 0);
  const vma = mm.exports.vmaFind(space, AT);
  const lazy = (): number => mm.exports.vmaStat(space, vma, S.VMA_STAT_LAZY_FREE);
  assert.is(swapStats(mm).used, 0);
  assert.is(mm.read(space, AT + 6 * PAGE), 0);
  assert.is(lazy(), 6);
  assert.is(mm.read(space, AT), 1);
  assert.is(mm.write(space, AT + PAGE, 22), 0);
  assert.is(lazy(), 5);
  mm.exports.swapShut(1);
  assert.is(mm.makeRoom(ALL), 5);
  assert.is(mm.exports.swapStat(S.RECLAIM_STAT_LAZY), 5);
  assert.is(mm.read(space, AT), 0);
  assert.is(mm.read(space, AT + PAGE), 22);
  mm.check(space);
  mm.finish(before, space);
});

test('MADV_COLD goes first, MADV_PAGEOUT at once', async () => {
  const mm = await create();
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, 16);
  fill(mm, space, AT, 16);
  assert.is(mm.exports.mmAdvise(space, AT + 8 * PAGE, 4 * PAGE, M.MADV_COLD), 0);
  assert.is(mm.makeRoom(4), 4);
  for (let i = 0; i < 16; i++) assert.is(mm.exports.mmResident(space, AT + i * PAGE), i >= 8 && i < 12 ? 0 : 1, `page ${i}`);
  assert.is(mm.exports.pageOut(space, AT, AT + 2 * PAGE), AT + 2 * PAGE);
  mm.writeOut();
  assert.is(mm.exports.mmResident(space, AT), 0);
  expectFilled(mm, space, AT, 16);
  assert.is(mm.exports.mmLock(space, AT, PAGE, M.LOCK_NOW), 0);
  assert.is(mm.exports.mmAdvise(space, AT, PAGE, M.MADV_PAGEOUT), -EINVAL);
  mm.finish(before, space);
});

test('a full area; one that is shut gives everything back', async () => {
  const mm = await create(8192, 10);
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, 15);
  mm.mapAt(space, B, 5, RW, SHARED_ANON);
  fill(mm, space, AT, 15);
  fill(mm, space, B, 5);
  assert.is(mm.makeRoom(ALL), 10);
  assert.is(mm.makeRoom(ALL), 0);
  mm.check(space);
  mm.exports.swapShut(1);
  for (let again = 0; mm.exports.swapBack(again) === X.NEED_PAGE; again = 1) assert.ok(mm.fill());
  assert.equal([swapStats(mm).used, swapStats(mm).cached], [0, 0]);
  assert.is(resident(mm, space), 15 + mm.exports.spaceStat(space, S.SPACE_STAT_SHARED_RESIDENT));
  mm.check(space);
  assert.is(mm.makeRoom(ALL), 0);
  expectFilled(mm, space, AT, 15);
  expectFilled(mm, space, B, 5);
  mm.finish(before, space);
});

test('moved, protected, discarded while it is out', async () => {
  const mm = await create();
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, 8);
  fill(mm, space, AT, 8);
  mm.makeRoom(ALL);
  assert.is(mm.exports.mmRemap(space, AT, 4 * PAGE, 4 * PAGE, M.MREMAP_MAYMOVE | M.MREMAP_FIXED, B), B);
  assert.is(mm.exports.mmProtect(space, B, 2 * PAGE, M.PROT_NONE), 0);
  assert.is(mm.exports.mmAdvise(space, AT + 4 * PAGE, PAGE, M.MADV_DONTNEED), 0);
  assert.is(mm.exports.mmAdvise(space, AT + 5 * PAGE, PAGE, M.MADV_GUARD_INSTALL), 0);
  assert.is(swapStats(mm).used, 6);
  mm.check(space);
  assert.is(mm.read(space, B), -X.FAULT_ACCERR);
  assert.is(mm.exports.mmProtect(space, B, 2 * PAGE, M.PROT_READ), 0);
  expectFilled(mm, space, B, 4);
  assert.is(mm.write(space, B, 1), -X.FAULT_ACCERR);
  assert.is(mm.read(space, AT + 4 * PAGE), 0);
  assert.is(mm.read(space, AT + 5 * PAGE), -X.FAULT_MAPERR);
  mm.check(space);
  mm.finish(before, space);
});

test('memory that ends at every possible place, with a swap area', async () => {
  let succeeded = 0;
  for (let frames = 8; frames < 60; frames++) {
    const mm = await create(frames, 64);
    const before = mm.frames;
    const space = mm.exports.spaceCreate();
    if (space === 0) continue;
    mm.exports.spaceSetLayout(space, MMAP_BASE, 0x800000, STACK_LIMIT);
    const spaces = [space];
    let failures = 0;
    const note = (ok: boolean): void => {
      if (!ok) failures++;
      mm.check(...spaces);
    };
    // What a system call, or the run loop, does: make room, and again.
    const write = (at: number, value: number, into = space): boolean => {
      for (let tries = 0; tries < 4; tries++) {
        if (mm.write(into, at, value) === 0) return true;
        mm.makeRoom(4);
      }
      return false;
    };
    const read = (at: number, from = space): number => {
      for (let tries = 0; tries < 4; tries++) {
        const value = mm.read(from, at);
        if (value >= 0) return value;
        mm.makeRoom(4);
      }
      return -1;
    };
    note(mm.map(space, AT, 16, RW, ANON | M.MAP_FIXED) === AT);
    note(mm.map(space, B, 16, RW, SHARED_ANON | M.MAP_FIXED) === B);
    for (let i = 0; i < 16; i++) for (const at of [AT, B]) note(write(at + i * PAGE, i + 1));
    const child = mm.exports.spaceFork(space);
    if (child !== 0) spaces.push(child);
    note(child !== 0);
    if (child !== 0) for (let i = 0; i < 16; i += 3) note(write(AT + i * PAGE, 50 + i, child));
    if (failures === 0) {
      succeeded++;
      for (let i = 0; i < 16; i++) {
        for (const at of [AT, B]) assert.is(read(at + i * PAGE), i + 1);
        assert.is(read(AT + i * PAGE, child), i % 3 === 0 ? 50 + i : i + 1);
      }
    }
    mm.finish(before, ...spaces);
    assert.is(swapStats(mm).used, 0);
  }
  assert.ok(succeeded > 20, `${succeeded} sizes of memory are enough`);
});

test.run();
