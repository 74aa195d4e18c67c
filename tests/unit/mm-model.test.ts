/**
 * The memory system against a model of a few lines: random mapping calls, stores, loads and forks on a small range of pages. The core's
 * own rules hold; at the end every page of every space reads as the model says, and every frame comes back. tests/mapping/model.test.ts
 * runs the same sequences as a program, on Linux and here. In every other sequence room is made again and again, which nobody may notice.
 */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
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

  constructor(
    readonly mm: Mm,
    readonly checksEachStep: boolean,
    readonly isShort: boolean,
  ) {
    this.spaces = [mm.space()];
    this.file = mm.file(FILE_PAGES);
    mm.medium = (_object, index) => index + 1;
    mm.disk.clear();
  }

  apply(s: Step): void {
    const { mm, model } = this;
    const n = s.space % this.spaces.length;
    const space = this.spaces[n];
    const view = model.spaces[n];
    const pages = Math.min(s.pages, PAGES - s.at);
    const address = BASE + s.at * PAGE;
    switch (s.what) {
      case 'map': {
        const kind = s.value % 4;
        const type = (kind % 2 === 1 ? M.MAP_SHARED : M.MAP_PRIVATE) | M.MAP_FIXED | (kind < 2 ? M.MAP_ANONYMOUS : 0);
        mm.mapAt(space, address, pages, s.prot, type, kind < 2 ? 0 : this.file, 0);
        model.map(view, s.at, pages, s.prot, kind);
        break;
      }
      case 'unmap':
        assert.is(mm.exports.mmUnmap(space, address, pages * PAGE), 0);
        view.fill(undefined, s.at, s.at + pages);
        break;
      case 'protect':
        assert.is(mm.exports.mmProtect(space, address, pages * PAGE, s.prot), model.protect(view, s.at, pages, s.prot));
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
        mm.exports.mmAdvise(space, address, pages * PAGE, M.MADV_DONTNEED);
        model.discard(view, s.at, pages);
        break;
      case 'truncate':
        this.#truncate(s.value % (FILE_PAGES + 1));
        break;
      case 'clean':
        for (let index = 0; index < FILE_PAGES; index++) mm.writeBack(this.file, index);
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
    const { mm } = this;
    const from = BASE + s.at * PAGE;
    const vma = mm.vmas(space).find(({ start, end }) => start <= from && from < end);
    if (vma === undefined) return;
    const length = Math.min(s.pages, (vma.end - from) / PAGE);
    const target = s.value % (PAGES - length + 1);
    if (target < s.at + length && s.at < target + length) return;
    const flags = M.MREMAP_MAYMOVE | M.MREMAP_FIXED;
    assert.is(mm.exports.mmRemap(space, from, length * PAGE, length * PAGE, flags, BASE + target * PAGE), BASE + target * PAGE);
    this.model.move(view, s.at, target, length);
  }

  /** Pages that come back after a truncation are zeros, as on the medium. */
  #truncate(pages: number): void {
    const { mm, model } = this;
    mm.exports.objectSetSize(this.file, pages * PAGE);
    if (pages < model.filePages) {
      const previous = mm.medium;
      mm.medium = (object, index) => (index >= pages ? 0 : previous(object, index));
      for (const place of [...mm.disk.keys()]) if (place % 2 ** 20 >= pages) mm.disk.delete(place);
    }
    model.truncate(pages);
  }

  finish(framesBefore: number): void {
    const { mm, model } = this;
    this.spaces.forEach((space, n) => {
      for (let i = 0; i < PAGES; i++) assert.is(mm.read(space, BASE + i * PAGE), model.read(model.spaces[n], i), `space ${n}, page ${i}`);
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

test.run();
