/**
 * Flags of V8 that a run changes, and what they were: code that V8 compiled is good for one set of them. One call sets
 * several.
 */
import { setFlagsFromString } from 'node:v8';

const [MAJOR] = process.versions.node.split('.').map(Number);
/** Node 20 and 21 have V8 11. */
const OLD = MAJOR < 22;
const WASM_BUDGET = OLD ? 1_800_000 : 13_000_000;

/** V8 of Node 20 and 21 has relaxed SIMD, whose fused multiply-add is wanted, behind a flag; later ones have it anyway. */
export function enableRelaxedSimd(): void {
  // Node loads what measures time when it is first asked for, and with other flags it would have to compile it.
  performance.now();
  if (OLD) setFlagsFromString('--experimental-wasm-relaxed-simd');
}

/**
 * V8 compiles a Wasm function of a module that is made from now on again, optimised, when it has executed about so many bytes of code: what
 * it spends on that is our time, too. Regions are many, and few run for long.
 */
export function optimiseWasmLate(): void {
  setFlagsFromString('--wasm-tiering-budget=400000000');
}

/**
 * V8 of Node 20 optimises the region compiler's own functions for longer than they then run: while they work a function has to be executed
 * much longer than usual (3 times V8's budget; small ones once) before it is. Not so the rest of the machine.
 */
export const optimiseJavaScriptLate =
  MAJOR === 20
    ? (late: boolean): void => {
        setFlagsFromString(`--ticks-before-optimization=${late ? 1000 : 3} --max-bytecode-size-for-early-opt=${late ? 0 : 81}`);
      }
    : undefined;

/**
 * V8 of Node 20 optimises a Wasm function after so few bytes of code that any program, however short, has it optimise the interpreter's
 * loop, for a quarter of what starting costs: the core's functions have to be executed ten times as much.
 */
export function optimisedLater<T>(make: () => T): T {
  if (!OLD) return make();
  setFlagsFromString(`--wasm-tiering-budget=${10 * WASM_BUDGET}`);
  try {
    return make();
  } finally {
    setFlagsFromString(`--wasm-tiering-budget=${WASM_BUDGET}`);
  }
}

/** V8 forgets code that was not executed for some time, or not. */
export function forgetCode(forget: boolean): void {
  setFlagsFromString(forget ? '--flush-bytecode' : '--no-flush-bytecode');
}

/** All as V8 has them by default. */
export function restoreFlags(): void {
  forgetCode(true);
  optimiseJavaScriptLate?.(false);
  if (OLD) setFlagsFromString('--no-experimental-wasm-relaxed-simd');
  setFlagsFromString(`--wasm-tiering-budget=${WASM_BUDGET}`);
}
