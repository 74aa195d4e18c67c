/** Marks in the place of pages (poison, protection that waits for a page), and what a userfaultfd does to a space. The checker looks on. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EEXIST, EFAULT, ENOENT, ENOMEM } from '../../assembly/shared/errno.js';
import * as X from '../../assembly/shared/exit.js';
import * as L from '../../assembly/shared/layout.js';
import * as M from '../../assembly/shared/mman.js';
import * as S from '../../assembly/shared/stat.js';
import { ANON, Mm, PAGE, RW, type Vma } from '../support/core.js';
import { fuzzSeed, Random } from '../support/random.js';

const AT = 0x1000000;
const LEAF_PAGES = 512;
const ALL = M.VM_UFFD;
const SHARED = M.MAP_SHARED;

const poison = (mm: Mm, space: number, page: number): number => mm.exports.uffdFill(space, AT + page * PAGE, X.UFFD_POISON, 0);
const register = (mm: Mm, space: number, first: number, pages: number, modes: number, number = 1): number =>
  mm.exports.uffdRegister(space, AT + first * PAGE, AT + (first + pages) * PAGE, modes, number);

test('poison: touching it is a bus error, in a child, too; it moves, and goes with its mapping', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, 2 * LEAF_PAGES);
  for (let i = 0; i < 2 * LEAF_PAGES; i += 5) mm.write(space, AT + i * PAGE, 1);
  assert.is(poison(mm, space, 5), -EEXIST);
  assert.is(poison(mm, space, 6), 0);
  assert.is(poison(mm, space, 6), -EEXIST);
  assert.is(mm.read(space, AT + 6 * PAGE), -X.FAULT_HWPOISON);
  assert.is(mm.write(space, AT + 6 * PAGE, 1), -X.FAULT_HWPOISON);
  const resident = mm.exports.spaceStat(space, S.SPACE_STAT_RESIDENT);
  // The table is shared with the child until one of them changes it.
  const child = mm.exports.spaceFork(space);
  assert.is(mm.exports.spaceStat(child, S.SPACE_STAT_RESIDENT), resident);
  assert.is(mm.read(child, AT + 6 * PAGE), -X.FAULT_HWPOISON);
  mm.check(space, child);
  mm.write(space, AT + 10 * PAGE, 9);
  assert.is(mm.read(space, AT + 6 * PAGE), -X.FAULT_HWPOISON);
  assert.is(mm.read(child, AT + 6 * PAGE), -X.FAULT_HWPOISON);
  mm.check(space, child);
  const to = AT + 4 * LEAF_PAGES * PAGE;
  const flags = M.MREMAP_MAYMOVE | M.MREMAP_FIXED;
  assert.is(mm.exports.mmRemap(space, AT, 8 * PAGE, 8 * PAGE, flags, to), to);
  assert.is(mm.read(space, to + 6 * PAGE), -X.FAULT_HWPOISON);
  assert.is(mm.read(space, to + 5 * PAGE), 1);
  mm.check(space, child);
  assert.is(mm.exports.mmUnmap(space, to, 8 * PAGE), 0);
  mm.mapAt(space, to, 8);
  assert.is(mm.read(space, to + 6 * PAGE), 0);
  // Its contents are given up, and with them the poison.
  assert.is(mm.exports.mmAdvise(child, AT, 8 * PAGE, M.MADV_DONTNEED), 0);
  assert.is(mm.read(child, AT + 6 * PAGE), 0);
  mm.finish(before, space, child);
});

test('guards: in the place of pages, copied by fork, kept when contents go, taken away', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const advise = (at: number, pages: number, advice: number): number => mm.exports.mmAdvise(space, at, pages * PAGE, advice);
  mm.mapAt(space, AT, 2 * LEAF_PAGES);
  for (let i = 0; i < 2 * LEAF_PAGES; i += 3) mm.write(space, AT + i * PAGE, 1);
  const early = mm.exports.spaceFork(space);
  assert.is(advise(AT + 300 * PAGE, 300, M.MADV_GUARD_INSTALL), 0);
  assert.is(mm.read(space, AT + 300 * PAGE), -X.FAULT_MAPERR);
  assert.is(mm.read(early, AT + 300 * PAGE), 1, 'the child has its own table');
  mm.check(space, early);
  const late = mm.exports.spaceFork(space);
  assert.is(mm.read(late, AT + 599 * PAGE), -X.FAULT_MAPERR);
  mm.check(space, late);
  assert.is(advise(AT, 2 * LEAF_PAGES, M.MADV_DONTNEED), 0);
  assert.is(mm.write(space, AT + 599 * PAGE, 1), -X.FAULT_MAPERR);
  assert.is(mm.write(space, AT + 600 * PAGE, 2), 0);
  assert.is(advise(AT, LEAF_PAGES, M.MADV_GUARD_REMOVE), 0);
  assert.is(mm.read(space, AT + 300 * PAGE), 0);
  assert.is(mm.read(space, AT + LEAF_PAGES * PAGE), -X.FAULT_MAPERR);
  assert.is(mm.read(late, AT + 300 * PAGE), -X.FAULT_MAPERR);
  mm.check(space, early, late);
  mm.finish(before, space, early, late);
});

test('broken memory: every space that has the page is told', async () => {
  const mm = await Mm.create();
  const space = mm.space();
  mm.mapAt(space, AT, 8);
  mm.write(space, AT, 5);
  mm.write(space, AT + PAGE, 6);
  const child = mm.exports.spaceFork(space);
  const frame = mm.exports.frameOfPage(space, AT);
  assert.ok(frame > 0);
  assert.is(mm.exports.frameRetire(frame), 0);
  for (const one of [space, child]) assert.is(mm.exports.framePoison(one, frame), 1);
  for (const one of [space, child]) {
    assert.is(mm.read(one, AT), -X.FAULT_HWPOISON);
    assert.is(mm.read(one, AT + PAGE), 6);
    mm.check(one);
  }
  assert.is(mm.exports.poisonedFrames(), 1);
});

test('a fault of a registered range names its userfaultfd and the reason', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, 8);
  mm.write(space, AT + PAGE, 1);
  assert.is(register(mm, space, 0, 4, M.VM_UFFD_MISSING | M.VM_UFFD_WP, 7), 0);
  assert.is(mm.layout(space, AT), '0+4:rw 4+4:rw');
  const words = (): number[] => [mm.core.u32[(L.HART + L.HART_IO_OBJECT) >>> 2], mm.core.ioIndex];
  assert.is(mm.read(space, AT + 5), -X.FAULT_USERFAULT);
  assert.equal(words(), [7, M.VM_UFFD_MISSING]);
  assert.equal(mm.fault, { kind: X.FAULT_USERFAULT, access: X.ACCESS_READ, address: AT + 5 });
  assert.is(mm.read(space, AT + PAGE), 1);
  assert.is(mm.exports.uffdProtect(space, AT, AT + 4 * PAGE, 1, 0), 0);
  assert.is(mm.write(space, AT + PAGE, 2), -X.FAULT_USERFAULT);
  assert.equal(words(), [7, M.VM_UFFD_WP]);
  mm.core.u8.fill(0x55, L.STAGING, L.STAGING + PAGE);
  assert.is(mm.exports.uffdFill(space, AT, X.UFFD_COPY, 1), 0);
  assert.is(mm.exports.uffdFill(space, AT, X.UFFD_COPY, 0), -EEXIST);
  assert.is(mm.read(space, AT), 0x55);
  assert.is(mm.write(space, AT, 2), -X.FAULT_USERFAULT);
  assert.is(mm.exports.uffdProtect(space, AT, AT + PAGE, 0, 0), 0);
  assert.is(mm.write(space, AT, 2), 0);
  assert.is(mm.exports.uffdMove(space, AT + 2 * PAGE, AT), 0);
  assert.is(mm.exports.uffdMove(space, AT + 3 * PAGE, AT), -ENOENT);
  assert.is(mm.exports.uffdMove(space, AT + 2 * PAGE, AT + PAGE), -EEXIST);
  assert.is(mm.read(space, AT + 2 * PAGE), 2);
  assert.is(mm.read(space, AT), -X.FAULT_USERFAULT);
  mm.check(space);
  assert.is(register(mm, space, 0, 8, 0, 0), 0);
  assert.is(mm.layout(space, AT), '0+8:rw');
  assert.is(mm.write(space, AT + PAGE, 3), 0);
  mm.finish(before, space);
});

test('a child begins without what its parent protects, once that is taken from it', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, 8);
  mm.read(space, AT + 2 * PAGE);
  mm.write(space, AT, 1);
  register(mm, space, 0, 8, ALL & ~M.VM_UFFD_MINOR);
  mm.exports.uffdProtect(space, AT, AT + 8 * PAGE, 1, 1);
  const child = mm.exports.spaceFork(space);
  assert.is(mm.write(child, AT, 3), -X.FAULT_USERFAULT, 'still its parent');
  register(mm, child, 0, 8, 0, 0);
  for (let i = 0; i < 8; i++) assert.is(mm.write(child, AT + i * PAGE, 3), 0);
  assert.is(mm.write(space, AT, 3), -X.FAULT_USERFAULT);
  assert.is(mm.write(space, AT + 5 * PAGE, 3), -X.FAULT_USERFAULT);
  mm.finish(before, space, child);
});

test('shared memory: what is protected outlives its page, what is filled is everybody’s', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const object = mm.shmem(8);
  mm.mapAt(space, AT, 8, RW, SHARED, object);
  mm.write(space, AT, 5);
  register(mm, space, 0, 8, M.VM_UFFD_WP);
  assert.is(mm.exports.uffdProtect(space, AT, AT + 8 * PAGE, 1, 1), 0);
  assert.is(mm.write(space, AT, 6), -X.FAULT_USERFAULT);
  assert.is(mm.exports.mmAdvise(space, AT, PAGE, M.MADV_DONTNEED), 0);
  assert.is(mm.read(space, AT), 5);
  assert.is(mm.write(space, AT, 6), -X.FAULT_USERFAULT);
  mm.exports.objectSetSize(object, PAGE);
  mm.exports.objectSetSize(object, 8 * PAGE);
  assert.is(mm.write(space, AT + 3 * PAGE, 6), -X.FAULT_USERFAULT);
  mm.check(space);
  register(mm, space, 0, 8, M.VM_UFFD_MISSING | M.VM_UFFD_MINOR);
  assert.is(mm.exports.uffdFill(space, AT + 4 * PAGE, X.UFFD_CONTINUE, 0), -EFAULT);
  assert.is(mm.exports.uffdFill(space, AT + 4 * PAGE, X.UFFD_ZERO, 0), 0);
  assert.is(mm.exports.objectPage(object, 4) === 0, false);
  mm.exports.objectInsertPage(object, 5);
  assert.is(mm.exports.uffdFill(space, AT + 5 * PAGE, X.UFFD_COPY, 0), -EEXIST);
  assert.is(mm.exports.uffdFill(space, AT + 5 * PAGE, X.UFFD_CONTINUE, 0), 0);
  mm.check(space);
  mm.exports.objectRelease(object);
  mm.finish(before, space);
});

/** One step at random; results do not matter, rules do. */
function step(mm: Mm, random: Random, spaces: number[], object: number): void {
  const { exports } = mm;
  const space = random.pick(spaces);
  const page = random.below(40);
  const pages = 1 + random.below(12);
  const [start, end] = [AT + page * PAGE, AT + (page + pages) * PAGE];
  // Callers give what lies in a mapping, and move between anonymous ones.
  const at = (address: number): Vma | undefined => mm.vmas(space).find((vma) => vma.start <= address && vma.end > address);
  switch (random.below(14)) {
    case 0:
      if (random.chance(0.5)) exports.mmMap(space, start, end - start, RW, ANON | M.MAP_FIXED, 0, 0, 0x70);
      else exports.mmMap(space, start, end - start, RW, random.pick([M.MAP_SHARED, M.MAP_PRIVATE]) | M.MAP_FIXED, object, 0, 0x70);
      break;
    case 1:
      exports.mmUnmap(space, start, end - start);
      break;
    case 2:
    case 3: {
      const modes = random.pick([0, M.VM_UFFD_MISSING, M.VM_UFFD_WP, M.VM_UFFD_MISSING | M.VM_UFFD_WP, ALL]);
      exports.uffdRegister(space, start, end, modes, modes === 0 ? 0 : 1 + random.below(2));
      break;
    }
    case 4:
    case 5: {
      const vma = at(start);
      if (vma !== undefined) exports.uffdProtect(space, start, Math.min(end, vma.end), random.below(2), random.below(2));
      break;
    }
    case 6:
    case 7:
      exports.uffdFill(space, start, random.below(4), random.below(2));
      break;
    case 8:
      if (at(start)?.object === 0 && at(end)?.object === 0) exports.uffdMove(space, end, start);
      break;
    case 9:
      exports.mmRemap(
        space,
        start,
        end - start,
        (1 + random.below(12)) * PAGE,
        M.MREMAP_MAYMOVE | M.MREMAP_FIXED,
        AT + random.below(60) * PAGE,
      );
      break;
    case 10:
      exports.mmAdvise(space, start, end - start, random.pick([M.MADV_DONTNEED, M.MADV_REMOVE, M.MADV_FREE]));
      break;
    case 11:
      if (spaces.length < 4) spaces.push(exports.spaceFork(space));
      else exports.spaceRelease(spaces.splice(spaces.indexOf(space), 1)[0]);
      break;
    default:
      if (random.chance(0.5)) mm.read(space, start);
      else mm.write(space, start, 1);
  }
}

test('sequences at random leave no rule broken and no frame lost', async () => {
  const seed = fuzzSeed(1);
  for (let round = 0; round < 30; round++) {
    const mm = await Mm.create();
    const before = mm.frames;
    const random = new Random(seed * 1000 + round);
    const object = mm.shmem(30);
    const spaces = [mm.space()];
    for (let i = 0; i < 150; i++) {
      if (random.chance(0.1)) mm.exports.spaceActivate(random.pick(spaces));
      step(mm, random, spaces, object);
      for (const space of spaces) assert.is(mm.exports.debugCheckSpace(space), 0, `seed ${seed}, round ${round}, step ${i}`);
    }
    mm.exports.objectRelease(object);
    mm.finish(before, ...spaces);
  }
});

test('without memory for a table nothing is half done', async () => {
  const mm = await Mm.create(24);
  const space = mm.space();
  mm.map(space, AT, 20 * LEAF_PAGES);
  register(mm, space, 0, 20 * LEAF_PAGES, M.VM_UFFD_WP);
  assert.is(mm.exports.uffdProtect(space, AT, AT + 20 * LEAF_PAGES * PAGE, 1, 1), -ENOMEM);
  mm.check(space);
});

test.run();
