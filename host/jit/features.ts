/** What the engine can do beyond the Wasm that all have. */
import { F64 } from './encoder.js';

const BODY = [0, 0x20, 0, 0xfd, 0x14, 0x20, 1, 0xfd, 0x14, 0x20, 2, 0xfd, 0x14, 0xfd, 0x87, 0x02, 0xfd, 0x21, 0, 0x0b];
/** (x, y, z) => x * y + z in one lane, exported as "f". */
const MODULE = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 8, 1, 0x60, 3, F64, F64, F64, 1, F64],
  ...[3, 2, 1, 0],
  ...[7, 5, 1, 1, 0x66, 0, 0],
  ...[10, BODY.length + 2, 1, BODY.length, ...BODY],
]);

const TINY = 2 ** -30;

export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(MODULE);
}

/** Is its relaxed_madd the fused one? Specified is only that an engine keeps to one. */
export function hasFusedMultiplyAdd(): boolean {
  if (!hasRelaxedSimd()) return false;
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(MODULE)).exports as { f: (x: number, y: number, z: number) => number };
  // (1 + t)^2 - (1 + 2t) is t^2, unless the product is rounded.
  return f(1 + TINY, 1 + TINY, -(1 + 2 * TINY)) === TINY * TINY;
}

/** A function without parameters that calls itself last. */
const TAIL_CALL = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 4, 1, 0x60, 0, 0],
  ...[3, 2, 1, 0],
  ...[10, 6, 1, 4, 0, 0x12, 0, 0x0b],
]);

export function hasTailCalls(): boolean {
  return WebAssembly.validate(TAIL_CALL);
}
