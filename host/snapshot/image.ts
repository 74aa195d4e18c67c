/**
 * The core in a snapshot: its globals, and of its memory what holds something. Frames that are free, decoded operations and compiled code
 * are left out: the first are never read before they are written, the others are made again.
 */
import * as B from '../../assembly/shared/baseline.js';
import * as L from '../../assembly/shared/layout.js';
import type { Core } from '../core/core.js';
import { ByteReader, ByteWriter } from './bytes.js';
import { SnapshotError } from './error.js';

const WASM_PAGE_BYTES = 65536;
const PAGE_WORDS = L.PAGE_SIZE / 4;
const DESCRIPTOR_WORDS = (1 << L.DESCRIPTOR_SHIFT) / 4;
/** Of a descriptor: word of its flags, and the flag of frames in use (assembly/mm/frames.ts). */
const FLAGS_WORD = 1;
const FRAME_USED = 1;

/* A run of decoded pages (assembly/mm/decoded.ts). */
const RUN_PAGES = 64;
const RUN_FRAMES = 264;
const RUN_BYTES = RUN_FRAMES * L.PAGE_SIZE;
const DECODED_BYTES = (2048 + 64) * 8;
const SLOTS_BYTES = 2048 * 8;
const TAIL_BYTES = DECODED_BYTES - SLOTS_BYTES;
/** Behind these there is what baseline code remembers of the page, and at its end whose it is. */
const TAIL_KEPT = 3 * 8;
const OWNER_BYTES = 8;

/** In the memory: the first byte of what is saved of it page by page, and behind its last. Frames come besides. */
function ranges(core: Core): (readonly [from: number, to: number])[] {
  const frames = core.memory.buffer.byteLength / L.PAGE_SIZE;
  const stride = 1 << L.PERMISSION_STRIDE_SHIFT;
  const slots = Array.from({ length: L.WINDOW_SLOTS }, (_, slot) => slot).filter((slot) => core.exports.windowTaken(slot) !== 0);
  return [
    [L.HART, L.STAGING],
    [L.PERMISSION_MARKS, L.PERMISSION_MARKS_END],
    [L.STATIC_BASE, B.UNITS],
    [L.DESCRIPTORS, L.DESCRIPTORS + (frames << L.DESCRIPTOR_SHIFT)],
    ...slots.map((slot) => [L.PERMISSIONS + slot * stride, L.PERMISSIONS + (slot + 1) * stride] as const),
  ];
}

function holdsSomething(words: Uint32Array, page: number): boolean {
  const end = (page + 1) * PAGE_WORDS;
  for (let at = page * PAGE_WORDS; at < end; at++) if (words[at] !== 0) return true;
  return false;
}

/** Numbers of the pages that are not all zeros, in order; frames that nobody uses are passed by. */
export function* pagesInUse(core: Core): Generator<number> {
  const words = core.u32;
  for (const [from, to] of ranges(core)) {
    for (let page = from / L.PAGE_SIZE; page < to / L.PAGE_SIZE; page++) if (holdsSomething(words, page)) yield page;
  }
  const frames = core.memory.buffer.byteLength / L.PAGE_SIZE;
  const generalEnd = core.exports.framesGeneralEnd();
  // Besides decoded code there are tables of the core's that have no owner.
  const runs = runsOf(core).map((run) => run / L.PAGE_SIZE);
  const decoded = (frame: number): boolean => runs.some((run) => frame >= run && frame < run + RUN_FRAMES);
  for (let frame = L.FIRST_FRAME; frame < frames; frame++) {
    const flags = words[(L.DESCRIPTORS >>> 2) + frame * DESCRIPTOR_WORDS + FLAGS_WORD];
    const isTable = flags === 0 && frame < generalEnd && !decoded(frame);
    if (((flags & FRAME_USED) !== 0 || isTable) && holdsSomething(words, frame)) yield frame;
  }
}

function runsOf(core: Core): number[] {
  const runs: number[] = [];
  for (let run = core.exports.decodedRun(0) >>> 0; run !== 0; run = core.exports.decodedRun(runs.length) >>> 0) runs.push(run);
  return runs;
}

/** Where the pages of a saved core lie in its bytes. */
export interface SavedPages {
  readonly bytes: Uint8Array;
  readonly offsets: ReadonlyMap<number, number>;
}

/** Throws SnapshotError for a core that was itself saved as what is different. */
export function savedPages(bytes: Uint8Array): SavedPages {
  const input = new ByteReader(bytes);
  for (let n = input.amount(); n > 0; n--) readGlobal(input);
  input.count();
  const pages = readPages(input);
  const offsets = new Map<number, number>();
  for (const { page, same } of pages) {
    if (same) throw new SnapshotError('a snapshot that says what is different is the base of no other');
    offsets.set(page, input.at + offsets.size * L.PAGE_SIZE);
  }
  return { bytes, offsets };
}

function readGlobal(input: ByteReader): number | bigint {
  return input.u8() === 1 ? BigInt.asIntN(64, BigInt(input.text())) : input.u32();
}

/** Numbers of the pages that follow, in order; `same`: as the base has it. */
function readPages(input: ByteReader): { readonly page: number; readonly same: boolean }[] {
  let page = 0;
  return Array.from({ length: input.amount() }, () => {
    const step = input.count();
    if (step < 2) throw new SnapshotError('the snapshot is damaged: a page is there twice');
    page += Math.floor(step / 2);
    if (page >= L.FRAME_COUNT) throw new SnapshotError('the snapshot is damaged: a page is outside the memory');
    return { page, same: step % 2 === 1 };
  });
}

/** Frames besides those that a machine may have in use: the core's own tables and decoded code, which are among the general ones. */
const UNCOUNTED_FRAMES = L.FIRST_WINDOW_FRAME - L.FIRST_FRAME;

/** Has it no more than a machine with so many frames can have? */
function requireWithin(core: Core, frames: number, pages: readonly { readonly page: number }[]): void {
  if (core.exports.frameLimit() !== frames) throw new SnapshotError('the snapshot is damaged: its memory is not as large as it says');
  const taken = pages.reduce((sum, { page }) => sum + (page >= L.FIRST_FRAME ? 1 : 0), 0);
  if (taken > frames + UNCOUNTED_FRAMES) throw new SnapshotError('the snapshot is damaged: it has more pages than its memory');
}

function isSame(words: Uint32Array, page: number, base: SavedPages | undefined): boolean {
  const offset = base?.offsets.get(page);
  if (base === undefined || offset === undefined) return false;
  const view = new DataView(base.bytes.buffer, base.bytes.byteOffset + offset, L.PAGE_SIZE);
  for (let i = 0; i < PAGE_WORDS; i++) if (words[page * PAGE_WORDS + i] !== view.getUint32(i * 4, true)) return false;
  return true;
}

/** base: pages that it has, too, are only named. */
export function saveCore(core: Core, base?: SavedPages): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  out.count(core.globals.length);
  for (const { value } of core.globals) {
    out.u8(typeof value === 'bigint' ? 1 : 0);
    if (typeof value === 'bigint') out.text(String(value));
    else out.u32(value);
  }
  out.count(core.memory.buffer.byteLength / WASM_PAGE_BYTES);
  const { u8, u32 } = core;
  const pages = [...pagesInUse(core)].map((page) => ({ page, same: isSame(u32, page, base) }));
  out.count(pages.length);
  let last = 0;
  for (const { page, same } of pages) {
    out.count((page - last) * 2 + (same ? 1 : 0));
    last = page;
  }
  for (const { page, same } of pages) if (!same) out.raw(u8.subarray(page * L.PAGE_SIZE, (page + 1) * L.PAGE_SIZE));
  const runs = runsOf(core);
  out.count(runs.length);
  for (const run of runs) {
    out.u32(run);
    for (let at = run; at < run + RUN_PAGES * DECODED_BYTES; at += DECODED_BYTES) {
      const tail = u8.subarray(at + SLOTS_BYTES, at + DECODED_BYTES);
      const isOwned = core.u32[(at + DECODED_BYTES - 8) >>> 2] !== 0;
      out.raw(tail.subarray(0, TAIL_KEPT));
      out.raw(tail.subarray(TAIL_BYTES - OWNER_BYTES));
      // The first word of a free page leads to the next one.
      out.u32(isOwned ? 0 : core.u32[at >>> 2]);
    }
  }
  return out.bytes;
}

/** Makes a core that nothing has run in yet what the saved one was. */
export function restoreCore(core: Core, input: ByteReader, base?: SavedPages): void {
  if (input.amount() !== core.globals.length) throw new SnapshotError('the snapshot is of another core');
  const values = core.globals.map(() => readGlobal(input));
  const frames = core.exports.frameLimit();
  // What the core has written so far is in these places, too.
  for (const page of [...pagesInUse(core)]) core.u8.fill(0, page * L.PAGE_SIZE, (page + 1) * L.PAGE_SIZE);
  for (const run of runsOf(core)) core.u8.fill(0, run, run + RUN_BYTES);
  const wanted = input.count();
  const pages = readPages(input);
  const span = ((pages.at(-1)?.page ?? 0) + 1) * L.PAGE_SIZE;
  if (wanted * WASM_PAGE_BYTES > L.FRAME_COUNT * L.PAGE_SIZE || span > wanted * WASM_PAGE_BYTES)
    throw new SnapshotError('the snapshot is damaged: a page is outside the memory');
  const there = core.memory.buffer.byteLength / WASM_PAGE_BYTES;
  if (wanted > there) {
    try {
      core.memory.grow(wanted - there);
    } catch (error) {
      throw new SnapshotError(`there is no room for ${wanted} pages of memory (${String(error)})`);
    }
  }
  core.globals.forEach((global, i) => {
    if (typeof global.value !== typeof values[i]) throw new SnapshotError('the snapshot is damaged: a global is another');
    global.value = values[i];
  });
  requireWithin(core, frames, pages);
  const { u8, u32 } = core;
  for (const { page: at, same } of pages) {
    const offset = same ? base?.offsets.get(at) : undefined;
    const bytes = offset === undefined ? input.raw(L.PAGE_SIZE) : (base as SavedPages).bytes.subarray(offset, offset + L.PAGE_SIZE);
    if (same && offset === undefined) throw new SnapshotError('the snapshot is damaged: its base has not the page that it names');
    u8.set(bytes, at * L.PAGE_SIZE);
  }
  for (let n = input.amount(); n > 0; n--) {
    const run = input.u32();
    if (run + RUN_BYTES > u8.length) throw new SnapshotError('the snapshot is damaged: decoded code is outside the memory');
    for (let at = run; at < run + RUN_PAGES * DECODED_BYTES; at += DECODED_BYTES) {
      u8.set(input.raw(TAIL_KEPT), at + SLOTS_BYTES);
      u8.set(input.raw(OWNER_BYTES), at + DECODED_BYTES - OWNER_BYTES);
      u32[at >>> 2] = input.u32();
    }
  }
}
