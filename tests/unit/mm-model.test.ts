/**
 * The memory system against a model of a few lines: random mapping calls, stores, loads and forks on a small range of pages. The core's
 * own rules hold; at the end every page of every space reads as the model says, and every frame comes back. tests/mapping/model.test.ts
 * runs the same sequences as a program, on Linux and here. In every other sequence room is made again and again, which nobody may notice.
 */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as L from '../../assembly/shared/layout.js';
import * as M from '../../assembly/shared/mman.js';
import { Mm, PAGE } from '../support/core.js';
import { FILE_PAGES, Model, PAGES, SPACES_MAX, type Space, type Step, sequence } from '../support/mm-model.js';
import { fuzzRounds, fuzzSeed } from '../support/random.js';

const BASE = 0x1000000;
/** Every so many sequences the core's rules are looked at after each step, otherwise at the end. */
const CHECKED_ROUND = 40;
/** Of the swap area: what all pages of all spaces would need is more. */
const SLOTS = 40;

class Run {
  readonly model = new Model();
  readonly spaces: number[];
  readonly file: number;
  /** Bytes of a page of the model. */
  readonly unit: number;

  /** unitPages: how many pages make one of the model's. */
  constructor(
    readonly mm: Mm,
    readonly checksEachStep: boolean,
    readonly isShort: boolean,
    readonly unitPages = 1,
  ) {
    this.unit = unitPages * PAGE;
    this.spaces = [mm.space()];
    this.file = mm.file(FILE_PAGES * unitPages);
    mm.medium = (_object, index) => Math.floor(index / unitPages) + 1;
    mm.disk.clear();
  }

  apply(s: Step): void {
    const { mm, model } = this;
    const n = s.space % this.spaces.length;
    const space = this.spaces[n];
    const view = model.spaces[n];
    const pages = Math.min(s.pages, PAGES - s.at);
    const address = BASE + s.at * this.unit;
    switch (s.what) {
      case 'map': {
        const kind = s.value % 4;
        const type = (kind % 2 === 1 ? M.MAP_SHARED : M.MAP_PRIVATE) | M.MAP_FIXED | (kind < 2 ? M.MAP_ANONYMOUS : 0);
        mm.mapAt(space, address, pages * this.unitPages, s.prot, type, kind < 2 ? 0 : this.file, 0);
        model.map(view, s.at, pages, s.prot, kind);
        break;
      }
      case 'unmap':
        assert.is(mm.exports.mmUnmap(space, address, pages * this.unit), 0);
        view.fill(undefined, s.at, s.at + pages);
        break;
      case 'protect':
        assert.is(mm.exports.mmProtect(space, address, pages * this.unit, s.prot), model.protect(view, s.at, pages, s.prot));
        break;
      case 'write':
        assert.is(mm.write(space, address, s.value), model.write(view, s.at, s.value));
        break;
      case 'read':
        assert.is(mm.read(space, address), model.read(view, s.at));
        break;
      case 'fork':
        if (this.spaces.length === SPACES_MAX) break;
        this.spaces.push(mm.exports.spaceFork(space));
        model.fork(view);
        break;
      case 'release':
        if (this.spaces.length === 1) break;
        mm.exports.spaceRelease(space);
        this.spaces.splice(n, 1);
        model.spaces.splice(n, 1);
        break;
      case 'move':
        this.#move(space, view, s);
        break;
      case 'discard':
        mm.exports.mmAdvise(space, address, pages * this.unit, M.MADV_DONTNEED);
        model.discard(view, s.at, pages);
        break;
      case 'truncate':
        this.#truncate(s.value % (FILE_PAGES + 1));
        break;
      case 'clean':
        for (let index = 0; index < FILE_PAGES * this.unitPages; index++) mm.writeBack(this.file, index);
        break;
      case 'activate':
        mm.exports.spaceActivate(space);
        break;
    }
    if (this.isShort) this.#makeRoom(s);
    if (this.checksEachStep) mm.check(...this.spaces);
  }

  /** After a third of the steps, a little or much; sometimes also from what is in use. */
  #makeRoom(s: Step): void {
    if (s.value % 3 !== 0) return;
    this.mm.exports.debugPlainQueue(s.value % 2);
    this.mm.makeRoom(1 + (s.value % 50));
  }

  /** Moves the mapping at a page, or its beginning, to where it does not overlap itself. */
  #move(space: number, view: Space, s: Step): void {
    const { mm, unit } = this;
    const from = BASE + s.at * unit;
    const vma = mm.vmas(space).find(({ start, end }) => start <= from && from < end);
    if (vma === undefined) return;
    const length = Math.min(s.pages, (vma.end - from) / unit);
    const target = s.value % (PAGES - length + 1);
    if (target < s.at + length && s.at < target + length) return;
    const flags = M.MREMAP_MAYMOVE | M.MREMAP_FIXED;
    const to = BASE + target * unit;
    assert.is(mm.exports.mmRemap(space, from, length * unit, length * unit, flags, to), to);
    this.model.move(view, s.at, target, length);
  }

  /** Pages that come back after a truncation are zeros, as on the medium. */
  #truncate(pages: number): void {
    const { mm, model } = this;
    mm.exports.objectSetSize(this.file, pages * this.unit);
    if (pages < model.filePages) {
      const previous = mm.medium;
      mm.medium = (object, index) => (index >= pages * this.unitPages ? 0 : previous(object, index));
      for (const place of [...mm.disk.keys()]) if (place % 2 ** 20 >= pages * this.unitPages) mm.disk.delete(place);
    }
    model.truncate(pages);
  }

  finish(framesBefore: number): void {
    const { mm, model } = this;
    this.spaces.forEach((space, n) => {
      for (let i = 0; i < PAGES; i++) {
        assert.is(mm.read(space, BASE + i * this.unit), model.read(model.spaces[n], i), `space ${n}, page ${i}`);
      }
    });
    mm.exports.debugPlainQueue(0);
    mm.exports.objectRelease(this.file);
    mm.finish(framesBefore, ...this.spaces);
  }
}

/** A small swap area, that is full at times. */
async function create(): Promise<Mm> {
  const mm = await Mm.create();
  assert.ok(mm.exports.swapInit(SLOTS));
  return mm;
}

test('random calls do what the model does', async () => {
  let mm = await create();
  const before = mm.frames;
  let rounds = 0;
  await fc.assert(
    fc.asyncProperty(sequence, async (steps) => {
      try {
        const run = new Run(mm, rounds % CHECKED_ROUND < 2, rounds++ % 2 === 1);
        for (const s of steps) run.apply(s);
        run.finish(before);
      } catch (error) {
        // What a failed run leaves behind must not disturb the search for a shorter one.
        mm = await create();
        throw error;
      }
    }),
    { numRuns: fuzzRounds(10_000), seed: fuzzSeed(20) },
  );
});

/** What the kernel may do at any moment without anybody seeing it: pages become megapages, and equal pages one. */
function rearrange({ mm, spaces, unit }: Run, s: Step): void {
  const space = spaces[s.space % spaces.length];
  const way = s.value % 4;
  if (way === 0) mm.exports.mmAdvise(space, BASE + (s.at >> 1) * MEGA, MEGA, M.MADV_COLLAPSE);
  if (way === 1) mm.exports.mmAdvise(space, BASE + s.at * unit, unit, s.value & 4 ? M.MADV_NOHUGEPAGE : M.MADV_HUGEPAGE);
  if (way === 2) mm.exports.mmAdvise(space, BASE, PAGES * unit, s.value & 4 ? M.MADV_MERGEABLE : M.MADV_UNMERGEABLE);
  if (way !== 3) return;
  const seen = new Map<number, number>();
  for (const one of spaces) {
    for (let at = mm.exports.ksmNext(one, 0); at >= 0; at = mm.exports.ksmNext(one, at + PAGE * s.pages)) {
      const frame = mm.exports.ksmFrame(one, at);
      const sum = mm.exports.ksmChecksum(frame);
      const known = seen.get(sum);
      if (known === undefined) {
        if (mm.exports.ksmKeep(one, at) !== 0) seen.set(sum, mm.exports.ksmFrame(one, at));
      } else if (known !== frame) assert.is(mm.exports.ksmMerge(one, at, known), 1);
    }
  }
}

/** Two pages of the model are a megapage. */
const UNIT_PAGES = 256;
const MEGA = 2 ** 21;

test('megapages and merged pages are seen by nobody', async () => {
  const createHuge = async (): Promise<Mm> => {
    const mm = await Mm.create(1 << 15);
    assert.ok(mm.exports.swapInit(SLOTS));
    mm.exports.hugeSetPolicy(M.HUGE_ALWAYS);
    return mm;
  };
  let mm = await createHuge();
  const before = mm.frames;
  let rounds = 0;
  await fc.assert(
    fc.asyncProperty(sequence, async (steps) => {
      try {
        const run = new Run(mm, rounds % CHECKED_ROUND < 2, rounds++ % 2 === 1, UNIT_PAGES);
        run.apply({ what: 'map', space: 0, at: 0, pages: PAGES, prot: 3, value: 4 });
        for (const s of steps) {
          run.apply(s);
          rearrange(run, s);
          if (run.checksEachStep) mm.check(...run.spaces);
        }
        run.finish(before);
      } catch (error) {
        mm = await createHuge();
        throw error;
      }
    }),
    { numRuns: fuzzRounds(200), seed: fuzzSeed(21) },
  );
  for (const counter of [L.COUNT_HUGE_FAULTS, L.COUNT_HUGE_SPLITS, L.COUNT_HUGE_COLLAPSES]) assert.ok(mm.core.counter(counter) > 0);
});

test.run();
