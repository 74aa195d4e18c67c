/** Megapages: when memory gets them, what they are in the page table, and what makes pages of them again. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EAGAIN, EINVAL } from '../../assembly/shared/errno.js';
import * as L from '../../assembly/shared/layout.js';
import * as M from '../../assembly/shared/mman.js';
import * as S from '../../assembly/shared/stat.js';
import { Mm, PAGE, RW } from '../support/core.js';

const AT = 0x1000000;
const MEGA = 2 ** 21;
const MEGA_PAGES = 512;

async function world(policy = M.HUGE_ALWAYS, frames = 1 << 15): Promise<{ mm: Mm; before: number; space: number }> {
  const mm = await Mm.create(frames);
  mm.exports.hugeSetPolicy(policy);
  return { mm, before: mm.frames, space: mm.space() };
}

const resident = (mm: Mm, space: number): number => mm.exports.spaceStat(space, S.SPACE_STAT_RESIDENT);
const tables = (mm: Mm, space: number): number => mm.exports.spaceStat(space, S.SPACE_STAT_TABLE_FRAMES);

function hugeAt(mm: Mm, space: number, at: number): number {
  return mm.exports.vmaStat(space, mm.exports.vmaFind(space, at), S.VMA_STAT_HUGE);
}

test('the first fault of 2 MiB is the last', async () => {
  const { mm, before, space } = await world();
  mm.mapAt(space, AT, 2 * MEGA_PAGES);
  mm.write(space, AT + 5 * PAGE, 7);
  assert.is(resident(mm, space), MEGA_PAGES);
  assert.is(tables(mm, space), 2, 'no last table');
  for (let i = 0; i < MEGA_PAGES; i++) assert.is(mm.read(space, AT + i * PAGE), i === 5 ? 7 : 0);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_MINOR_FAULTS), 1);
  assert.is(mm.core.counter(L.COUNT_HUGE_FAULTS), 1);
  assert.is(hugeAt(mm, space, AT), MEGA_PAGES);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_WINDOW_PAGES), MEGA_PAGES, 'all at their identity place');
  mm.finish(before, space);
});

test('policy, advice and prctl decide', async () => {
  const { mm, before, space } = await world(M.HUGE_MADVISE);
  const faults = (advice: number | undefined, policy: number, forbid = 0): number => {
    mm.exports.hugeSetPolicy(policy);
    mm.exports.spaceForbidHuge(space, forbid);
    mm.mapAt(space, AT, MEGA_PAGES);
    if (advice !== undefined) assert.is(mm.exports.mmAdvise(space, AT, MEGA, advice), 0);
    mm.write(space, AT, 1);
    const pages = resident(mm, space);
    mm.exports.mmUnmap(space, AT, MEGA);
    return pages;
  };
  assert.is(faults(undefined, M.HUGE_MADVISE), 1);
  assert.is(faults(M.MADV_HUGEPAGE, M.HUGE_MADVISE), MEGA_PAGES);
  assert.is(faults(M.MADV_HUGEPAGE, M.HUGE_NEVER), 1);
  assert.is(faults(undefined, M.HUGE_ALWAYS), MEGA_PAGES);
  assert.is(faults(M.MADV_NOHUGEPAGE, M.HUGE_ALWAYS), 1);
  assert.is(faults(M.MADV_HUGEPAGE, M.HUGE_ALWAYS, 1), 1);
  mm.finish(before, space);
});

test('memory that is short, taken or not all of the mapping gets pages', async () => {
  const { mm, before, space } = await world(M.HUGE_ALWAYS, 600);
  mm.mapAt(space, AT + PAGE, MEGA_PAGES);
  mm.write(space, AT + PAGE, 1);
  assert.is(resident(mm, space), 1, 'no whole 2 MiB');
  mm.mapAt(space, AT + 2 * MEGA, 2 * MEGA_PAGES);
  mm.write(space, AT + 2 * MEGA, 1);
  mm.write(space, AT + 3 * MEGA, 1);
  assert.is(resident(mm, space), 1 + MEGA_PAGES + 1, 'the second does not fit');
  assert.is(mm.core.counter(L.COUNT_HUGE_REFUSED), 1);
  mm.finish(before, space);
});

test('what changes a part makes pages of it; what changes all of it does not', async () => {
  const { mm, before, space } = await world();
  const whole: [string, number, (at: number) => number][] = [
    ['munmap of the middle', 0, (at) => mm.exports.mmUnmap(space, at + PAGE, PAGE)],
    ['mprotect of the beginning', 0, (at) => mm.exports.mmProtect(space, at, PAGE, M.PROT_READ)],
    ['MADV_DONTNEED of a page', 0, (at) => mm.exports.mmAdvise(space, at + 3 * PAGE, PAGE, M.MADV_DONTNEED)],
    ['MADV_DONTFORK of a page', 0, (at) => mm.exports.mmAdvise(space, at + 3 * PAGE, PAGE, M.MADV_DONTFORK)],
    ['mprotect of all', MEGA_PAGES, (at) => mm.exports.mmProtect(space, at, MEGA, M.PROT_READ)],
    ['PROT_NONE for all', MEGA_PAGES, (at) => mm.exports.mmProtect(space, at, MEGA, M.PROT_NONE)],
    ['MADV_NOHUGEPAGE', MEGA_PAGES, (at) => mm.exports.mmAdvise(space, at, MEGA, M.MADV_NOHUGEPAGE)],
    ['mlock', MEGA_PAGES, (at) => mm.exports.mmLock(space, at, MEGA, M.LOCK_NOW)],
  ];
  for (const [name, pages, change] of whole) {
    mm.mapAt(space, AT, MEGA_PAGES);
    mm.write(space, AT + 9 * PAGE, 9);
    assert.is(change(AT), 0, name);
    assert.is(hugeAt(mm, space, AT), pages, name);
    mm.check(space);
    assert.is(mm.exports.mmProtect(space, AT + 9 * PAGE, PAGE, RW), 0, name);
    assert.is(mm.read(space, AT + 9 * PAGE), 9, name);
    mm.check(space);
    mm.exports.mmUnmap(space, AT, MEGA);
    mm.check(space);
  }
  mm.finish(before, space);
});

test('after a fork both have it until one stores: then that one has pages, and one of its own', async () => {
  const { mm, before, space } = await world();
  mm.mapAt(space, AT, MEGA_PAGES);
  for (let i = 0; i < MEGA_PAGES; i++) mm.write(space, AT + i * PAGE, i & 255);
  const held = mm.frames;
  const child = mm.exports.spaceFork(space);
  assert.ok(mm.frames - held <= 4);
  assert.is(hugeAt(mm, child, AT), MEGA_PAGES);
  assert.is(mm.exports.vmaStat(child, mm.exports.vmaFind(child, AT), S.VMA_STAT_PSS_BYTES), MEGA / 2);
  mm.check(space, child);
  mm.write(child, AT + 3 * PAGE, 200);
  assert.is(hugeAt(mm, child, AT), 0);
  assert.is(hugeAt(mm, space, AT), MEGA_PAGES);
  assert.is(mm.read(space, AT + 3 * PAGE), 3);
  assert.is(mm.read(child, AT + 3 * PAGE), 200);
  assert.is(mm.read(child, AT + 4 * PAGE), 4);
  mm.check(space, child);
  mm.exports.spaceRelease(child);
  mm.write(space, AT + 4 * PAGE, 201);
  assert.is(hugeAt(mm, space, AT), MEGA_PAGES, 'its last owner stores without a copy');
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_COW_FAULTS), 0);
  mm.finish(before, space);
});

test('mremap takes it along where it fits, and as pages elsewhere', async () => {
  const { mm, before, space } = await world();
  const move = (to: number): number => mm.exports.mmRemap(space, AT, MEGA, MEGA, M.MREMAP_MAYMOVE | M.MREMAP_FIXED, to);
  mm.mapAt(space, AT, MEGA_PAGES);
  mm.write(space, AT + 9 * PAGE, 9);
  assert.is(move(AT + 4 * MEGA), AT + 4 * MEGA);
  assert.is(hugeAt(mm, space, AT + 4 * MEGA), MEGA_PAGES);
  assert.is(mm.read(space, AT + 4 * MEGA + 9 * PAGE), 9);
  mm.check(space);
  mm.mapAt(space, AT, MEGA_PAGES);
  mm.write(space, AT + 9 * PAGE, 8);
  assert.is(move(AT + 8 * MEGA + PAGE), AT + 8 * MEGA + PAGE);
  assert.is(hugeAt(mm, space, AT + 8 * MEGA), 0);
  assert.is(mm.read(space, AT + 8 * MEGA + 10 * PAGE), 8);
  mm.finish(before, space);
});

test('MADV_COLLAPSE: pages become a megapage, in place where they can', async () => {
  const { mm, before, space } = await world(M.HUGE_NEVER);
  mm.mapAt(space, AT, 2 * MEGA_PAGES);
  for (let i = 0; i < MEGA_PAGES; i += 3) mm.write(space, AT + i * PAGE, 1 + (i % 100));
  mm.read(space, AT + PAGE);
  const frame = mm.frame(space, AT);
  assert.is(mm.exports.mmAdvise(space, AT, MEGA, M.MADV_COLLAPSE), 0);
  assert.is(hugeAt(mm, space, AT), MEGA_PAGES);
  assert.is(mm.frame(space, AT), frame);
  mm.check(space);
  for (let i = 0; i < MEGA_PAGES; i++) assert.is(mm.read(space, AT + i * PAGE), i % 3 === 0 ? 1 + (i % 100) : 0);
  assert.is(mm.exports.mmAdvise(space, AT, MEGA, M.MADV_COLLAPSE), 0, 'it is one already');
  assert.is(mm.exports.mmAdvise(space, AT + MEGA, MEGA, M.MADV_COLLAPSE), -EINVAL, 'nothing is there');
  assert.is(mm.exports.mmAdvise(space, AT, MEGA, M.MADV_NOHUGEPAGE), 0);
  assert.is(mm.exports.mmAdvise(space, AT, MEGA, M.MADV_COLLAPSE), -EINVAL, 'it must not');
  mm.finish(before, space);
});

test('MADV_COLLAPSE of what a child shares, and of what has moved, copies', async () => {
  const { mm, before, space } = await world(M.HUGE_NEVER);
  mm.mapAt(space, AT, MEGA_PAGES);
  for (let i = 0; i < MEGA_PAGES; i++) mm.write(space, AT + i * PAGE, i & 127);
  const child = mm.exports.spaceFork(space);
  assert.is(mm.exports.mmAdvise(child, AT, MEGA, M.MADV_COLLAPSE), 0);
  assert.is(hugeAt(mm, child, AT), MEGA_PAGES);
  mm.write(child, AT, 99);
  assert.is(mm.read(space, AT), 0);
  for (let i = 1; i < MEGA_PAGES; i++) assert.is(mm.read(child, AT + i * PAGE), i & 127);
  mm.check(space, child);
  mm.exports.mmAdvise(space, AT + 5 * PAGE, PAGE, M.MADV_GUARD_INSTALL);
  assert.is(mm.exports.mmAdvise(space, AT, MEGA, M.MADV_COLLAPSE), -EAGAIN, 'a guard has no page');
  mm.finish(before, space, child);
});

test.run();
