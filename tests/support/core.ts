/** The memory system without a kernel: a core, spaces, a medium that fills file pages, and the checker after every step that matters. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { FIND_WRITE } from '../../assembly/shared/baseline.js';
import * as X from '../../assembly/shared/exit.js';
import * as L from '../../assembly/shared/layout.js';
import * as M from '../../assembly/shared/mman.js';
import type { CoreExports } from '../../host/core/abi.js';
import { Core } from '../../host/core/core.js';

export const PAGE = L.PAGE_SIZE;
export const RW = M.PROT_READ | M.PROT_WRITE;
export const ANON = M.MAP_PRIVATE | M.MAP_ANONYMOUS;
export const SHARED_ANON = M.MAP_SHARED | M.MAP_ANONYMOUS;
export const MAY_ALL = M.VM_MAYREAD | M.VM_MAYWRITE | M.VM_MAYEXEC;
/** 256 MiB, and the mmap base of new spaces somewhat below its end. */
export const WINDOW_PAGES = 0x10000;
export const MMAP_BASE = 0xe000000;
export const BRK_START = 0x800000;
export const STACK_LIMIT = 8 << 20;

let compiled: WebAssembly.Module | undefined;

export interface Vma {
  readonly start: number;
  readonly end: number;
  readonly flags: number;
  readonly object: number;
  readonly offset: number;
}

/** Of a page on the media. */
function placeOf(object: number, index: number): number {
  return object * 2 ** 20 + index;
}

export class Mm {
  readonly exports: CoreExports;
  /** What a page of a file holds on its medium: its every byte. */
  medium = (_object: number, index: number): number => (index + 1) & 255;
  filled = 0;
  /** What was written to files' media, by place, and to the swap area, by slot. */
  readonly disk = new Map<number, Uint8Array>();
  readonly swapped = new Map<number, Uint8Array>();

  private constructor(readonly core: Core) {
    this.exports = core.exports;
  }

  static async create(frames = 8192, windowPages = WINDOW_PAGES): Promise<Mm> {
    compiled ??= new WebAssembly.Module(readFileSync(process.env.PAGEWALK_CORE ?? 'dist/core.wasm'));
    const core = await Core.create(compiled);
    core.exports.coreInit(frames, windowPages);
    return new Mm(core);
  }

  space(): number {
    const space = this.exports.spaceCreate();
    assert.ok(space !== 0, 'no memory for a space');
    this.exports.spaceSetLayout(space, MMAP_BASE, BRK_START, STACK_LIMIT);
    return space;
  }

  /** mmap of `pages` pages, anonymous, private, readable and writable unless told; the result as it is. */
  map(space: number, address: number, pages: number, prot = RW, flags = ANON, object = 0, offset = 0, may = MAY_ALL): number {
    return this.exports.mmMap(space, address, pages * PAGE, prot, flags, object, offset, may);
  }

  /** The same at a fixed place, which must work. */
  mapAt(space: number, address: number, pages: number, prot = RW, flags = ANON, object = 0, offset = 0): number {
    const result = this.map(space, address, pages, prot, flags | M.MAP_FIXED, object, offset);
    assert.is(result, address, `mmap at ${address.toString(16)}`);
    return address;
  }

  file(pages: number): number {
    const object = this.exports.objectCreate(X.OBJECT_FILE) >>> 0;
    this.exports.objectSetSize(object, pages * PAGE);
    return object;
  }

  shmem(pages: number): number {
    const object = this.exports.objectCreate(X.OBJECT_SHMEM) >>> 0;
    this.exports.objectSetSize(object, pages * PAGE);
    return object;
  }

  /** Fills the page that HART_IO_* names from its medium, or the swap area. False: no memory. */
  fill(): boolean {
    const object = this.core.u32[(L.HART + L.HART_IO_OBJECT) >>> 2];
    const index = this.core.ioIndex;
    const swapped = object === X.SWAP_AREA;
    const at = (swapped ? this.exports.swapInsert(index) : this.exports.objectInsertPage(object, index)) >>> 0;
    if (at === 0) return false;
    const kept = swapped ? this.swapped.get(index) : this.disk.get(placeOf(object, index));
    if (kept !== undefined) this.core.u8.set(kept, at);
    else {
      assert.not(swapped, 'a slot that was never written');
      this.core.u8.fill(this.medium(object, index), at, at + PAGE);
    }
    this.filled++;
    return true;
  }

  /** Frees about so many frames, writing what has to be written. Returns how many became free. */
  makeRoom(wanted: number): number {
    const before = this.frames;
    this.exports.handsFree();
    this.exports.reclaimPages(wanted);
    this.writeOut();
    return before - this.frames;
  }

  /** Writes what waits in the core. */
  writeOut(): void {
    const { exports } = this;
    for (let slot = exports.swapNextDirty(); slot !== 0; slot = exports.swapNextDirty()) {
      this.swapped.set(slot, this.#copy(exports.swapPage(slot)));
      exports.swapWritten(slot, 1);
    }
    for (let object = exports.reclaimNextDirty() >>> 0; object !== 0; object = exports.reclaimNextDirty() >>> 0) {
      const index = this.core.ioIndex;
      this.writeBack(object, index);
      exports.reclaimWritten(object, index);
    }
  }

  /** A page of a file to its medium. */
  writeBack(object: number, index: number): void {
    const at = this.exports.objectPage(object, index);
    if (at === 0) return;
    this.exports.objectClean(object, index);
    this.disk.set(placeOf(object, index), this.#copy(at));
  }

  #copy(at: number): Uint8Array {
    return this.core.u8.slice(at >>> 0, (at >>> 0) + PAGE);
  }

  /** Linear address, or minus the FAULT_*. Fills file pages on the way. */
  touch(space: number, address: number, access: number): number {
    for (;;) {
      const at = this.exports.userPage(space, address, access) >>> 0;
      if (at !== 0) {
        // As baseline code does it: what it remembers is checked with the rest.
        if (this.core.u32[(L.HART + L.HART_SPACE) >>> 2] === space)
          this.exports.jitFind(BigInt(address), access === X.ACCESS_WRITE ? 1 | FIND_WRITE : 1);
        return at;
      }
      const kind = this.fault.kind;
      if (kind !== X.FAULT_IO) return -kind;
      if (!this.fill()) return -X.FAULT_MEMORY;
    }
  }

  /** The byte at an address, or minus the FAULT_*. */
  read(space: number, address: number): number {
    const at = this.touch(space, address, X.ACCESS_READ);
    return at < 0 ? at : this.core.u8[at];
  }

  /** 0, or minus the FAULT_*. */
  write(space: number, address: number, value: number): number {
    const at = this.touch(space, address, X.ACCESS_WRITE);
    if (at < 0) return at;
    this.core.u8[at] = value;
    return 0;
  }

  /** Stores an instruction word. (A view taken before touch() may be gone after it: memory grows.) */
  writeWord(space: number, address: number, word: number): void {
    const at = this.touch(space, address, X.ACCESS_WRITE);
    assert.ok(at > 0);
    this.core.view.setUint32(at, word, true);
  }

  fillPage(at: number, value: number): void {
    this.core.u8.fill(value, at, at + PAGE);
  }

  get fault(): { kind: number; access: number; address: number } {
    const words = this.core.u32;
    return {
      kind: words[(L.HART + L.HART_FAULT_KIND) >>> 2],
      access: words[(L.HART + L.HART_FAULT_ACCESS) >>> 2],
      address: this.core.readU64(L.HART + L.HART_FAULT_ADDRESS),
    };
  }

  /** The frame that holds a page, or 0. */
  frame(space: number, address: number): number {
    return Math.floor(this.exports.pteRead(space, address) / 1024);
  }

  /** References to the frame of a page. */
  references(space: number, address: number): number {
    return this.core.u32[(L.DESCRIPTORS + this.frame(space, address) * 2 ** L.DESCRIPTOR_SHIFT) >>> 2];
  }

  get frames(): number {
    return this.exports.framesInUse();
  }

  vmas(space: number): Vma[] {
    const found: Vma[] = [];
    for (let at = this.exports.vmaFind(space, 0); at !== 0; at = this.exports.vmaNext(space, at)) {
      found.push({
        start: this.core.readU64(at + M.VMA_START),
        end: this.core.readU64(at + M.VMA_END),
        flags: this.core.u32[(at + M.VMA_FLAGS) >>> 2],
        object: this.core.u32[(at + M.VMA_OBJECT) >>> 2],
        offset: this.core.readU64(at + M.VMA_OFFSET),
      });
    }
    return found;
  }

  /** "start+pages:rwxs ..." of all mappings, pages counted from `base`. */
  layout(space: number, base: number): string {
    return this.vmas(space)
      .map(({ start, end, flags }) => {
        const letters = `${flags & M.VM_READ ? 'r' : ''}${flags & M.VM_WRITE ? 'w' : ''}${flags & M.VM_EXEC ? 'x' : ''}`;
        return `${(start - base) / PAGE}+${(end - start) / PAGE}:${letters === '' ? '-' : letters}${flags & M.VM_SHARED ? 's' : ''}`;
      })
      .join(' ');
  }

  /** All rules hold, in all these spaces and in the frames. */
  check(...spaces: readonly number[]): void {
    for (const space of spaces) assert.is(this.exports.debugCheckSpace(space), 0, 'a rule of the space is broken');
    assert.is(this.exports.debugCheckFrames(), 0, 'frames are lost');
    assert.is(this.exports.debugCheckObjects(), 0, 'references are lost');
  }

  /** Releases spaces and expects every frame back. */
  finish(framesBefore: number, ...spaces: readonly number[]): void {
    this.check(...spaces);
    for (const space of spaces) this.exports.spaceRelease(space);
    while (this.exports.objectNextFreed() !== 0);
    this.check();
    assert.is(this.frames, framesBefore, 'frames leaked');
  }
}
