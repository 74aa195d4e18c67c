/** Last tables that a fork shares: who may change what, when a space makes one its own, and what is left when it goes. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as L from '../../assembly/shared/layout.js';
import * as M from '../../assembly/shared/mman.js';
import * as S from '../../assembly/shared/stat.js';
import { Mm, PAGE } from '../support/core.js';

const AT = 0x1000000;
const LEAF = 2 ** 21;
const LEAF_PAGES = 512;

function filled(mm: Mm, pages: number): number {
  const space = mm.space();
  mm.mapAt(space, AT, pages);
  for (let i = 0; i < pages; i += 7) mm.write(space, AT + i * PAGE, 1 + (i % 200));
  return space;
}

test('a fork takes no table and no reference for whole 2 MiB of private memory', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const parent = filled(mm, 4 * LEAF_PAGES);
  const held = mm.frames;
  const child = mm.exports.spaceFork(parent);
  assert.ok(mm.frames - held <= 4, `${mm.frames - held} frames: a root, a middle table, records`);
  assert.is(mm.references(parent, AT), 1);
  assert.is(mm.exports.spaceStat(child, S.SPACE_STAT_RESIDENT), mm.exports.spaceStat(parent, S.SPACE_STAT_RESIDENT));
  for (let i = 0; i < 4 * LEAF_PAGES; i += 7) assert.is(mm.read(child, AT + i * PAGE), 1 + (i % 200));
  assert.is(mm.exports.spaceStat(child, S.SPACE_STAT_MINOR_FAULTS), 0, 'all is there');
  mm.check(parent, child);
  mm.write(child, AT + 7 * PAGE, 77);
  assert.is(mm.references(parent, AT), 2, 'two tables hold it now');
  assert.is(mm.references(parent, AT + 518 * PAGE), 1);
  assert.is(mm.read(parent, AT + 7 * PAGE), 8);
  assert.is(mm.read(child, AT + 7 * PAGE), 77);
  mm.finish(before, parent, child);
});

test('when the child is gone the parent stores again without copying', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const parent = filled(mm, LEAF_PAGES);
  const child = mm.exports.spaceFork(parent);
  const frame = mm.frame(parent, AT);
  mm.exports.spaceRelease(child);
  const faults = mm.exports.spaceStat(parent, S.SPACE_STAT_MINOR_FAULTS);
  mm.write(parent, AT, 5);
  mm.write(parent, AT + 7 * PAGE, 6);
  assert.is(mm.frame(parent, AT), frame);
  assert.is(mm.exports.spaceStat(parent, S.SPACE_STAT_COW_FAULTS), 0);
  assert.is(mm.exports.spaceStat(parent, S.SPACE_STAT_MINOR_FAULTS) - faults, 1, 'one fault claims the table');
  mm.finish(before, parent);
});

test('each call that changes entries leaves the other space alone', async () => {
  const mm = await Mm.create();
  const changes: ((space: number) => unknown)[] = [
    (space) => mm.exports.mmUnmap(space, AT, LEAF),
    (space) => mm.exports.mmUnmap(space, AT + 14 * PAGE, 100 * PAGE),
    (space) => mm.exports.mmUnmap(space, AT + 14 * PAGE, LEAF),
    (space) => mm.exports.mmProtect(space, AT, 2 * LEAF, M.PROT_READ),
    (space) => mm.exports.mmAdvise(space, AT, LEAF, M.MADV_DONTNEED),
    (space) => mm.exports.mmAdvise(space, AT + PAGE, PAGE * 20, M.MADV_DONTNEED),
    (space) => mm.exports.mmRemap(space, AT, LEAF, LEAF, M.MREMAP_MAYMOVE | M.MREMAP_FIXED, AT + 64 * LEAF),
    (space) => mm.mapAt(space, AT + 7 * PAGE, 20),
    (space) => mm.mapAt(space, AT + 7 * PAGE, 20, M.PROT_READ, M.MAP_PRIVATE, mm.file(40)),
    (space) => mm.read(space, AT + 1 * PAGE),
  ];
  for (const [i, change] of changes.entries()) {
    for (const first of [true, false]) {
      const before = mm.frames;
      const parent = filled(mm, 2 * LEAF_PAGES);
      const child = mm.exports.spaceFork(parent);
      const grandchild = mm.exports.spaceFork(child);
      const [changed, other] = first ? [parent, child] : [child, parent];
      change(changed);
      mm.check(parent, child, grandchild);
      for (const space of [other, grandchild]) {
        for (let page = 0; page < 2 * LEAF_PAGES; page += 7) {
          assert.is(mm.read(space, AT + page * PAGE), 1 + (page % 200), `change ${i}, page ${page}`);
        }
      }
      if (i === 8) {
        // The file's object is the test's.
        for (const space of [parent, child, grandchild]) mm.exports.spaceRelease(space);
        continue;
      }
      mm.finish(before, parent, child, grandchild);
    }
  }
});

test('a mapping that a child must not have keeps its table from being shared', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const parent = filled(mm, LEAF_PAGES);
  mm.exports.mmAdvise(parent, AT + 70 * PAGE, 70 * PAGE, M.MADV_DONTFORK);
  mm.exports.mmAdvise(parent, AT + 210 * PAGE, 70 * PAGE, M.MADV_WIPEONFORK);
  const child = mm.exports.spaceFork(parent);
  mm.check(parent, child);
  assert.ok(mm.read(child, AT + 77 * PAGE) < 0);
  assert.is(mm.read(child, AT + 217 * PAGE), 0);
  assert.is(mm.read(child, AT + 7 * PAGE), 8);
  mm.finish(before, parent, child);
});

test('out of memory while making a table one’s own: an error, and nothing lost', async () => {
  const mm = await Mm.create(700);
  const before = mm.frames;
  const parent = filled(mm, LEAF_PAGES);
  const child = mm.exports.spaceFork(parent);
  const hog = mm.space();
  mm.mapAt(hog, AT, 4096);
  for (let i = 0; mm.write(hog, AT + i * PAGE, 1) === 0; i++);
  assert.ok(mm.write(child, AT, 9) < 0);
  assert.ok(mm.exports.mmUnmap(child, AT + PAGE, PAGE) < 0);
  assert.ok(mm.exports.mmProtect(child, AT, PAGE, M.PROT_READ) < 0);
  mm.check(parent, child, hog);
  assert.is(mm.read(child, AT), 1);
  assert.is(mm.exports.mmUnmap(child, AT, LEAF), 0, 'a whole table needs no memory');
  mm.exports.spaceRelease(hog);
  assert.is(mm.write(parent, AT, 3), 0);
  mm.finish(before, parent, child);
});

test('random stores, forks, calls and exits over three tables, against a model', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  let seed = 20260101;
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
  const pages = 3 * LEAF_PAGES;
  // Interesting pages only: near the borders of the tables.
  const spots = [0, 1, 5, 510, 511, 512, 513, 700, 1022, 1023, 1024, 1025, 1500, 1535];
  const first = mm.space();
  mm.mapAt(first, AT, pages);
  /** Per space: byte of each page, or -1 unmapped. */
  const live = new Map<number, number[]>([[first, new Array<number>(pages).fill(0)]]);
  for (let step = 0; step < 3000; step++) {
    const all = [...live];
    const [space, bytes] = all[random(all.length)];
    const spot = spots[random(spots.length)];
    const other = spots[random(spots.length)];
    const [low, high] = spot < other ? [spot, other] : [other, spot];
    const what = random(20);
    if (what < 9) {
      const value = 1 + random(255);
      if (mm.write(space, AT + spot * PAGE, value) === 0) bytes[spot] = value;
      else assert.is(bytes[spot], -1);
    } else if (what < 13) {
      const read = mm.read(space, AT + spot * PAGE);
      assert.is(read < 0 ? -1 : read, bytes[spot], `step ${step}`);
    } else if (what < 15 && live.size < 6) live.set(mm.exports.spaceFork(space) >>> 0, [...bytes]);
    else if (what === 15 && live.size > 1) {
      mm.exports.spaceRelease(space);
      live.delete(space);
    } else if (what === 16) {
      mm.exports.mmUnmap(space, AT + low * PAGE, (high - low + 1) * PAGE);
      bytes.fill(-1, low, high + 1);
    } else if (what === 17) {
      mm.mapAt(space, AT + low * PAGE, high - low + 1);
      bytes.fill(0, low, high + 1);
    } else if (what === 18 && !bytes.slice(low, high + 1).includes(-1)) {
      mm.exports.mmAdvise(space, AT + low * PAGE, (high - low + 1) * PAGE, M.MADV_DONTNEED);
      bytes.fill(0, low, high + 1);
    } else if (what === 19) mm.exports.spaceActivate(space);
    if (step % 50 === 0) mm.check(...live.keys());
  }
  mm.finish(before, ...live.keys());
});

test('window bytes of a space that is gone are 0, also those of tables it only shared', async () => {
  const mm = await Mm.create();
  const parent = filled(mm, LEAF_PAGES);
  const child = mm.exports.spaceFork(parent);
  mm.exports.spaceActivate(child);
  for (let i = 0; i < LEAF_PAGES; i += 7) mm.read(child, AT + i * PAGE);
  mm.exports.spaceRelease(child);
  mm.exports.spaceRelease(parent);
  for (let slot = 0; slot < 2; slot++) {
    const bytes = mm.core.u8.subarray(L.PERMISSIONS + slot * 2 ** 20, L.PERMISSIONS + (slot + 1) * 2 ** 20);
    assert.ok(bytes.every((byte) => byte === 0));
  }
});

test.run();
