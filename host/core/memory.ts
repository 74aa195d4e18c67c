/** The size of a core's linear memory. */
import * as L from '../../assembly/shared/layout.js';

const WASM_PAGE_BYTES = 65536;
const MAX_WASM_PAGES = 65536;
const INITIAL_WASM_PAGES = 2048;
/** Of a machine, when nobody says how much it is to have. */
export const MEMORY_DEFAULT = 1024 ** 3;
/** Address space that a window covers: at least this, and as much as the memory can fill. */
const WINDOW_BYTES_MIN = 1024 ** 3;
const WINDOW_BYTES_MAX = 3 * 1024 ** 3;

export function windowBytes(memoryBytes: number): number {
  return Math.min(WINDOW_BYTES_MAX, Math.max(WINDOW_BYTES_MIN, memoryBytes));
}

/** Linear memory up to the end of the first window: at the window's end the first program has its stack. */
export function linearBytes(memoryBytes = MEMORY_DEFAULT): number {
  return L.FIRST_WINDOW_FRAME * L.PAGE_SIZE + windowBytes(memoryBytes);
}

/**
 * Linear memory, of that many bytes if it can be. What is not touched costs nothing, but each time that a memory grows V8 collects garbage,
 * as if all of the address space were in use.
 */
export function allocate(bytes = 0): WebAssembly.Memory {
  const least = { initial: INITIAL_WASM_PAGES, maximum: MAX_WASM_PAGES };
  const initial = Math.min(Math.ceil(bytes / WASM_PAGE_BYTES), MAX_WASM_PAGES);
  if (initial <= least.initial) return new WebAssembly.Memory(least);
  try {
    return new WebAssembly.Memory({ ...least, initial });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return new WebAssembly.Memory(least);
  }
}
