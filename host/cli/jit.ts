import { setFlagsFromString } from 'node:v8';
import type { JitOptions } from '../jit/jit.js';

export interface JitFlags {
  readonly jit?: string;
  readonly jitThreshold?: number;
}

/** What --jit and --jit-threshold ask for; PAGEWALK_JIT (off, on, eager) decides what they leave open, for tests. */
export function jitOptions({ jit, jitThreshold }: JitFlags): JitOptions | false {
  const wanted = process.env.PAGEWALK_JIT;
  const mode = jit ?? (wanted === undefined ? 'off' : wanted);
  if (mode === 'off') return false;
  if (mode === 'eager') return { threshold: 1 };
  return { threshold: jitThreshold ?? (wanted === 'on' ? 200 : undefined), compile: compileOptimised };
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
