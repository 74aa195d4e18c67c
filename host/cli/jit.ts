import { setFlagsFromString } from 'node:v8';
import type { JitOptions } from '../jit/jit.js';
import { hasRelaxedSimd } from '../jit/relaxed.js';

export interface JitFlags {
  readonly jit?: string;
  readonly jitThreshold?: number;
}

/** What --jit and --jit-threshold ask for; PAGEWALK_JIT (off, on, eager) decides what they leave open, for tests. */
export function jitOptions({ jit, jitThreshold }: JitFlags): JitOptions | false {
  const wanted = process.env.PAGEWALK_JIT;
  const mode = jit ?? (wanted === undefined ? 'off' : wanted);
  if (mode === 'off') return false;
  enableRelaxedSimd();
  if (mode === 'eager') return { threshold: 1 };
  return { threshold: jitThreshold ?? (wanted === 'on' ? 200 : undefined), compile: compileOptimised };
}

/** V8 of node 20 and 21 has relaxed SIMD, whose fused multiply-add is wanted, behind a flag; later ones have it anyway. */
function enableRelaxedSimd(): void {
  if (hasRelaxedSimd() || !/^2[01]\./.test(process.versions.node)) return;
  setFlagsFromString('--experimental-wasm-relaxed-simd');
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
