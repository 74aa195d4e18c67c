/**
 * The memory system against a model of a few lines: random mapping calls, stores, loads and forks on a small range of pages. After every
 * step the core's own rules hold; at the end every page of every space reads as the model says, and every frame comes back.
 */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ENOMEM } from '../../assembly/shared/errno.js';
import * as X from '../../assembly/shared/exit.js';
import * as M from '../../assembly/shared/mman.js';
import { Mm, PAGE } from '../support/core.js';
import { fuzzRounds, fuzzSeed } from '../support/random.js';

const BASE = 0x1000000;
const PAGES = 24;
const FILE_PAGES = 16;
const SPACES_MAX = 4;

interface Cell {
  value: number;
}

/** A mapped page: where its byte is. A private page of a file has none of its own until it is written. */
interface Page {
  prot: number;
  shared: boolean;
  own: Cell | undefined;
  file: { cells: Cell[]; index: number } | undefined;
}

type Space = (Page | undefined)[];

class Model {
  readonly spaces: Space[] = [new Array<Page | undefined>(PAGES).fill(undefined)];
  /** The file that all file mappings map; its length in pages is `filePages`. */
  readonly file: Cell[] = Array.from({ length: FILE_PAGES }, (_, i) => ({ value: i + 1 }));
  filePages = FILE_PAGES;

  map(space: Space, at: number, pages: number, prot: number, kind: number): void {
    const anonymous = kind < 2;
    const shared = kind % 2 === 1;
    const cells = anonymous && shared ? Array.from({ length: pages }, () => ({ value: 0 })) : this.file;
    for (let i = 0; i < pages; i++) {
      const file = anonymous && !shared ? undefined : { cells, index: i };
      space[at + i] = { prot, shared, own: undefined, file };
    }
  }

  protect(space: Space, at: number, pages: number, prot: number): number {
    for (let i = at; i < at + pages; i++) {
      const page = space[i];
      if (page === undefined) return -ENOMEM;
      page.prot = prot;
    }
    return 0;
  }

  #beyond(page: Page): boolean {
    return page.own === undefined && page.file?.cells === this.file && page.file.index >= this.filePages;
  }

  read(space: Space, at: number): number {
    const page = space[at];
    if (page === undefined) return -X.FAULT_MAPERR;
    if ((page.prot & (M.PROT_READ | M.PROT_WRITE)) === 0) return -X.FAULT_ACCERR;
    if (this.#beyond(page)) return -X.FAULT_ADRERR;
    return page.own?.value ?? page.file?.cells[page.file.index].value ?? 0;
  }

  write(space: Space, at: number, value: number): number {
    const page = space[at];
    if (page === undefined) return -X.FAULT_MAPERR;
    if ((page.prot & M.PROT_WRITE) === 0) return -X.FAULT_ACCERR;
    if (this.#beyond(page)) return -X.FAULT_ADRERR;
    if (page.shared && page.file !== undefined) page.file.cells[page.file.index].value = value;
    else page.own = { value };
    return 0;
  }

  fork(space: Space): void {
    this.spaces.push(space.map((page) => page && { ...page, own: page.own && { ...page.own } }));
  }

  /** mremap with MREMAP_FIXED; the ranges do not overlap and the old one lies in one mapping. */
  move(space: Space, from: number, to: number, pages: number): void {
    for (let i = 0; i < pages; i++) {
      space[to + i] = space[from + i];
      space[from + i] = undefined;
    }
  }

  discard(space: Space, at: number, pages: number): void {
    for (let i = at; i < at + pages; i++) if (space[i] !== undefined) (space[i] as Page).own = undefined;
  }

  truncate(pages: number): void {
    for (let i = pages; i < FILE_PAGES; i++) this.file[i].value = 0;
    this.filePages = pages;
    for (const space of this.spaces)
      for (const page of space) if (page?.file?.cells === this.file && page.file.index >= pages) page.own = undefined;
  }
}

const OPERATIONS = [
  'map',
  'unmap',
  'protect',
  'write',
  'read',
  'fork',
  'release',
  'move',
  'discard',
  'truncate',
  'clean',
  'activate',
] as const;

const step = fc.record({
  what: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<(typeof OPERATIONS)[number]>('write', 'write', 'read') },
    { weight: 7, arbitrary: fc.constantFrom(...OPERATIONS) },
  ),
  space: fc.nat(SPACES_MAX - 1),
  at: fc.nat(PAGES - 1),
  pages: fc.integer({ min: 1, max: 10 }),
  prot: fc.constantFrom(0, 1, 3, 3, 3, 4, 5, 7),
  value: fc.integer({ min: 1, max: 255 }),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class Run {
  readonly model = new Model();
  readonly spaces: number[];
  readonly file: number;

  constructor(readonly mm: Mm) {
    this.spaces = [mm.space()];
    this.file = mm.file(FILE_PAGES);
    mm.medium = (_object, index) => index + 1;
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
        for (let index = 0; index < FILE_PAGES; index++) mm.exports.objectClean(this.file, index);
        break;
      case 'activate':
        mm.exports.spaceActivate(space);
        break;
    }
    mm.check(...this.spaces);
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
    }
    model.truncate(pages);
  }

  finish(framesBefore: number): void {
    const { mm, model } = this;
    this.spaces.forEach((space, n) => {
      for (let i = 0; i < PAGES; i++) assert.is(mm.read(space, BASE + i * PAGE), model.read(model.spaces[n], i), `space ${n}, page ${i}`);
    });
    mm.exports.objectRelease(this.file);
    mm.finish(framesBefore, ...this.spaces);
  }
}

test('random calls do what the model does', async () => {
  let mm = await Mm.create();
  const before = mm.frames;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 120 }), async (steps) => {
      try {
        const run = new Run(mm);
        for (const s of steps) run.apply(s);
        run.finish(before);
      } catch (error) {
        // What a failed run leaves behind must not disturb the search for a shorter one.
        mm = await Mm.create();
        throw error;
      }
    }),
    { numRuns: fuzzRounds(250), seed: fuzzSeed(20) },
  );
});

test.run();
