/** A model of address spaces in a few lines, and random sequences of calls for it: what the core and whole kernels are held against. */
import fc from 'fast-check';
import { ENOMEM } from '../../assembly/shared/errno.js';
import * as X from '../../assembly/shared/exit.js';
import * as M from '../../assembly/shared/mman.js';

export const PAGES = 24;
export const FILE_PAGES = 16;
export const SPACES_MAX = 4;

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

export type Space = (Page | undefined)[];

/** Results are those of the calls: a byte, 0, -errno for a call, -FAULT_* for a load or a store. */
export class Model {
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

  /** madvise(MADV_DONTNEED): ENOMEM for a hole, after the rest was done. */
  discard(space: Space, at: number, pages: number): number {
    let result = 0;
    for (let i = at; i < at + pages; i++) {
      const page = space[i];
      if (page === undefined) result = -ENOMEM;
      else page.own = undefined;
    }
    return result;
  }

  truncate(pages: number): void {
    for (let i = pages; i < FILE_PAGES; i++) this.file[i].value = 0;
    this.filePages = pages;
    for (const space of this.spaces)
      for (const page of space) if (page?.file?.cells === this.file && page.file.index >= pages) page.own = undefined;
  }
}

export const OPERATIONS = [
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

export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Random sequences; every maker of tests takes the same ones for the same seed. */
export const sequence: fc.Arbitrary<Step[]> = fc.array(step, { minLength: 10, maxLength: 60 });
