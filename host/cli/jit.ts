import { setFlagsFromString } from 'node:v8';
import type { JitOptions } from '../jit/jit.js';

export interface JitFlags {
  readonly jit?: string;
  readonly jitThreshold?: number;
}

/** What --jit and --jit-threshold ask for; PAGEWALK_JIT=1 compiles everything at once, for tests. */
export function jitOptions({ jit, jitThreshold }: JitFlags): JitOptions | false {
  const eager = process.env.PAGEWALK_JIT === '1';
  if (!eager && (jit === 'off' || jit === undefined)) return false;
  return { threshold: eager ? 1 : jitThreshold, compile: eager ? undefined : compileOptimised };
}

/** Straight to the optimising compiler: what is compiled here is known to be hot. */
function compileOptimised(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--no-wasm-lazy-compilation');
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    setFlagsFromString('--liftoff');
    setFlagsFromString('--wasm-lazy-compilation');
  }
}
