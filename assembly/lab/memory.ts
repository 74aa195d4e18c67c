/**
 * Physical memory: frames of 4 KiB in blocks of 2 MiB, some of which have a frame in use from the beginning, which is what fragmentation
 * comes to. Pages get frames in the order of their first accesses.
 */
import { zeros } from './hash';
import { grown } from './pages';

export const FIRST: u32 = 0;
export const RANDOM: u32 = 1;
export const RESERVE: u32 = 2;
export const NO_BLOCK: u32 = u32.MAX_VALUE;
const BLOCK_FRAMES: u32 = 512;
const NO_FRAME: u32 = u32.MAX_VALUE;

export class Memory {
  /** u8[frame]: in use. */
  private used: usize;
  /** u16[block]: frames in use. u32[block]: region that it is kept for, 0: none. */
  private usedIn: usize;
  private keptFor: usize;
  /** u32[page]: its frame + 1. u32[region]: the block that is kept for it + 1. */
  private frames: usize = zeros(256 << 11);
  private kept: usize = zeros(256 << 2);
  private room: u32 = 256;
  /** No frame below is free; no block below is wholly free and kept for nobody. */
  private lowest: u32 = 0;
  private random: u32;

  /** fragmented: per cent of the blocks that have a frame in use. */
  constructor(
    private blocks: u32,
    fragmented: u32,
    seed: u32,
    private allocation: u32,
  ) {
    this.random = seed;
    this.used = zeros(<usize>blocks * BLOCK_FRAMES);
    this.usedIn = zeros(<usize>blocks << 1);
    this.keptFor = zeros(<usize>blocks << 2);
    for (let block: u32 = 0; block < blocks; block++)
      if (this.next() % 100 < fragmented) this.take(block * BLOCK_FRAMES + (this.next() % BLOCK_FRAMES));
  }

  private next(): u32 {
    let x = this.random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    this.random = x;
    return x;
  }

  // @ts-ignore: decorator
  @inline
  private isUsed(frame: u32): bool {
    return load<u8>(this.used + <usize>frame) != 0;
  }
  private inUse(block: u32): u32 {
    return load<u16>(this.usedIn + (<usize>block << 1));
  }
  private keeper(block: u32): u32 {
    return load<u32>(this.keptFor + (<usize>block << 2));
  }

  private take(frame: u32): void {
    store<u8>(this.used + <usize>frame, 1);
    const block = frame / BLOCK_FRAMES;
    store<u16>(this.usedIn + (<usize>block << 1), <u16>(this.inUse(block) + 1));
  }

  private give(frame: u32): void {
    store<u8>(this.used + <usize>frame, 0);
    const block = frame / BLOCK_FRAMES;
    store<u16>(this.usedIn + (<usize>block << 1), <u16>(this.inUse(block) - 1));
    this.lowest = min(this.lowest, frame);
  }

  private reach(region: u32): void {
    while (region >= this.room) {
      this.frames = grown(this.frames, <usize>this.room << 11);
      this.kept = grown(this.kept, <usize>this.room << 2);
      this.room <<= 1;
    }
  }

  // @ts-ignore: decorator
  @inline
  frameOf(page: u32): u32 {
    return load<u32>(this.frames + (<usize>page << 2));
  }

  /** A page gets a frame. False: there is none. */
  place(page: u32): bool {
    this.reach(page >> 9);
    const frame = this.choose(page);
    if (frame == NO_FRAME) return false;
    this.take(frame);
    store<u32>(this.frames + (<usize>page << 2), frame + 1);
    return true;
  }

  private choose(page: u32): u32 {
    if (this.allocation == RANDOM) return this.free(this.next() % (this.blocks * BLOCK_FRAMES), false);
    if (this.allocation == RESERVE) {
      const region = page >> 9;
      let block = load<u32>(this.kept + (<usize>region << 2));
      if (block == 0) {
        block = this.wholeBlock() + 1;
        // NO_BLOCK + 1 is 0.
        store<u32>(this.kept + (<usize>region << 2), block);
        if (block != 0) store<u32>(this.keptFor + (<usize>(block - 1) << 2), region);
      }
      const frame = (block - 1) * BLOCK_FRAMES + (page & 511);
      if (block != 0 && !this.isUsed(frame)) return frame;
      const other = this.free(this.lowest, true);
      if (other != NO_FRAME) return other;
    }
    while (this.lowest < this.blocks * BLOCK_FRAMES && this.isUsed(this.lowest)) this.lowest++;
    return this.free(this.lowest, false);
  }

  /** The first free frame from one on, round and round; others': not in blocks that are kept for a region. */
  private free(from: u32, keep: bool): u32 {
    const all = this.blocks * BLOCK_FRAMES;
    for (let n: u32 = 0; n < all; ) {
      const frame = (from + n) % all;
      const block = frame / BLOCK_FRAMES;
      if (this.inUse(block) == BLOCK_FRAMES || (keep && this.keeper(block) != 0)) n += BLOCK_FRAMES - (frame % BLOCK_FRAMES);
      else if (!this.isUsed(frame)) return frame;
      else n++;
    }
    return NO_FRAME;
  }

  /** The lowest block of which nothing is in use or kept. */
  private wholeBlock(): u32 {
    for (let block: u32 = 0; block < this.blocks; block++) if (this.inUse(block) == 0 && this.keeper(block) == 0) return block;
    return NO_BLOCK;
  }

  /** A region becomes one page: in the block kept for it, if nobody else is there, else in another one; NO_BLOCK: there is none. */
  promote(region: u32): u32 {
    this.reach(region);
    const kept = load<u32>(this.kept + (<usize>region << 2));
    const first = region << 9;
    let block = kept == 0 ? this.wholeBlock() : kept - 1;
    if (kept != 0) {
      let here: u32 = 0;
      for (let page = first; page < first + 512; page++) {
        const frame = this.frameOf(page);
        if (frame != 0 && (frame - 1) / BLOCK_FRAMES == block) here++;
      }
      // Somebody else's page lies in it.
      if (here != this.inUse(block)) block = this.wholeBlock();
    }
    if (block == NO_BLOCK) return NO_BLOCK;
    for (let page = first; page < first + 512; page++) {
      const frame = this.frameOf(page);
      if (frame != 0) this.give(frame - 1);
    }
    for (let n: u32 = 0; n < BLOCK_FRAMES; n++) this.take(block * BLOCK_FRAMES + n);
    if (kept != 0 && kept - 1 != block) {
      store<u32>(this.keptFor + (<usize>(kept - 1) << 2), 0);
      store<u32>(this.kept + (<usize>region << 2), block + 1);
    }
    return block;
  }
}
