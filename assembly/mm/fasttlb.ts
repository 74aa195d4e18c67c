/**
 * Translations for baseline code, larger than the TLB and with window pages in it: an access is one lookup, whatever page it is to. Filled
 * from what the window's permission bytes and the TLB allow (tlb.ts), and dropped with them.
 *
 * A tag is the page's address. The code compares it with an address whose bits below the access's size are kept, so misaligned accesses
 * miss. EMPTY is no address of a page.
 */
import { FAST_BYTES, FAST_INDEX_SHIFT, FAST_LOG, FAST_LOG_MAX, FAST_MASK, FAST_READ, FAST_WRITE } from '../shared/baseline';

const EMPTY: u64 = 0x0101010101010101;
const EMPTY_BYTE: u8 = 1;

/** Entries filled since the last time that all were empty; too many to log at first. */
let filled: u32 = FAST_LOG_MAX + 1;

// @ts-ignore: decorator
@inline
function entry(table: usize, va: u64): usize {
  return table + ((<usize>(va >> FAST_INDEX_SHIFT)) & FAST_MASK);
}

/** `host`: linear address of the byte at va. */
export function fastFill(va: u64, host: usize, write: bool): void {
  const e = entry(write ? FAST_WRITE : FAST_READ, va);
  store<u64>(e, va & ~(<u64>4095));
  store<u32>(e, <u32>host - <u32>va, 8);
  if (filled < <u32>FAST_LOG_MAX) store<u32>(<usize>FAST_LOG + (<usize>filled << 2), <u32>e);
  if (filled <= <u32>FAST_LOG_MAX) filled++;
}

export function fastDrop(va: u64): void {
  fastDropWrite(va);
  const e = entry(FAST_READ, va);
  if (load<u64>(e) == (va & ~(<u64>4095))) store<u64>(e, EMPTY);
}

export function fastDropWrite(va: u64): void {
  const e = entry(FAST_WRITE, va);
  if (load<u64>(e) == (va & ~(<u64>4095))) store<u64>(e, EMPTY);
}

export function fastDropWrites(): void {
  if (filled != 0) memory.fill(FAST_WRITE, EMPTY_BYTE, FAST_BYTES);
}

/** Spaces are switched often and after few accesses: what is filled is known then. */
export function fastFlush(): void {
  if (filled > <u32>FAST_LOG_MAX) memory.fill(FAST_READ, EMPTY_BYTE, 2 * FAST_BYTES);
  else for (let n: u32 = 0; n < filled; n++) store<u64>(<usize>load<u32>(<usize>FAST_LOG + (<usize>n << 2)), EMPTY);
  filled = 0;
}
