/** Same-page merging in the core: pages of the same contents are one frame until somebody stores. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as M from '../../assembly/shared/mman.js';
import * as S from '../../assembly/shared/stat.js';
import { Mm, PAGE, SHARED_ANON } from '../support/core.js';

const AT = 0x1000000;

async function alike(pages: number): Promise<{ mm: Mm; before: number; space: number }> {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, pages);
  for (let i = 0; i < pages; i++) mm.write(space, AT + i * PAGE + 100, 42);
  assert.is(mm.exports.mmAdvise(space, AT, pages * PAGE, M.MADV_MERGEABLE), 0);
  return { mm, before, space };
}

/** Merges every page that may be with the first. */
function mergeAll(mm: Mm, space: number): number {
  const first = mm.exports.ksmNext(space, 0);
  assert.is(mm.exports.ksmKeep(space, first), 1);
  const frame = mm.exports.ksmFrame(space, first);
  let merged = 0;
  for (let at = mm.exports.ksmNext(space, first + PAGE); at >= 0; at = mm.exports.ksmNext(space, at + PAGE)) {
    merged += mm.exports.ksmMerge(space, at, frame);
  }
  return merged;
}

const mergedPages = (mm: Mm, space: number): number => mm.exports.vmaStat(space, mm.exports.vmaFind(space, AT), S.VMA_STAT_MERGED);

test('equal pages become one; a store copies; the last owner stores without a copy', async () => {
  const { mm, before, space } = await alike(4);
  const held = mm.frames;
  assert.is(mergeAll(mm, space), 3);
  assert.is(mm.frames, held - 3);
  assert.is(mm.references(space, AT), 4);
  assert.is(mergedPages(mm, space), 4);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_RESIDENT), 4);
  mm.check(space);
  mm.write(space, AT + PAGE + 100, 43);
  assert.is(mm.read(space, AT + PAGE + 100), 43);
  assert.is(mm.read(space, AT + 100), 42);
  assert.is(mergedPages(mm, space), 3);
  mm.exports.mmUnmap(space, AT + 2 * PAGE, 2 * PAGE);
  const cow = mm.exports.spaceStat(space, S.SPACE_STAT_COW_FAULTS);
  mm.write(space, AT + 100, 44);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_COW_FAULTS), cow);
  assert.is(mergedPages(mm, space), 0);
  mm.finish(before, space);
});

test('pages that differ in one byte are not merged, nor those of mappings that may not be', async () => {
  const { mm, before, space } = await alike(2);
  mm.write(space, AT + PAGE + 4095, 1);
  assert.is(mergeAll(mm, space), 0);
  mm.mapAt(space, AT + 8 * PAGE, 1);
  mm.write(space, AT + 8 * PAGE + 100, 42);
  assert.is(mm.exports.ksmFrame(space, AT + 8 * PAGE), 0);
  mm.mapAt(space, AT + 9 * PAGE, 1, M.PROT_READ | M.PROT_WRITE, SHARED_ANON);
  assert.is(mm.exports.mmAdvise(space, AT + 9 * PAGE, PAGE, M.MADV_MERGEABLE), 0);
  mm.write(space, AT + 9 * PAGE, 1);
  assert.is(mm.exports.ksmFrame(space, AT + 9 * PAGE), 0, 'shared memory never is');
  mm.read(space, AT + 10 * PAGE);
  mm.finish(before, space);
});

test('two spaces, a fork, and MADV_UNMERGEABLE', async () => {
  const { mm, before, space } = await alike(3);
  mergeAll(mm, space);
  const child = mm.exports.spaceFork(space);
  assert.is(mergedPages(mm, child), 3);
  mm.write(child, AT + 100, 7);
  assert.is(mm.read(space, AT + 100), 42);
  mm.check(space, child);
  assert.is(mm.exports.mmAdvise(space, AT, 3 * PAGE, M.MADV_UNMERGEABLE), 0);
  assert.is(mergedPages(mm, space), 0);
  assert.is(new Set([0, 1, 2].map((i) => mm.frame(space, AT + i * PAGE))).size, 3);
  for (let i = 0; i < 3; i++) assert.is(mm.read(space, AT + i * PAGE + 100), 42);
  mm.check(space, child);
  mm.finish(before, space, child);
});

test('a page of a megapage is merged: the others stay as they are', async () => {
  const { mm, before, space } = await alike(1);
  mm.exports.hugeSetPolicy(M.HUGE_ALWAYS);
  mm.mapAt(space, AT + 2 ** 21, 512);
  mm.write(space, AT + 2 ** 21 + 100, 42);
  mm.exports.mmAdvise(space, AT + 2 ** 21, PAGE, M.MADV_MERGEABLE);
  assert.is(mergeAll(mm, space), 1);
  assert.is(mm.frame(space, AT), mm.frame(space, AT + 2 ** 21));
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_RESIDENT), 513);
  mm.finish(before, space);
});

test.run();
