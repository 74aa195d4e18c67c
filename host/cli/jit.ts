import { setFlagsFromString } from 'node:v8';
import { hasRelaxedSimd } from '../jit/features.js';
import type { JitOptions } from '../jit/jit.js';

export interface JitFlags {
  readonly jit?: string;
  readonly jitThreshold?: number;
  /** Hears of every region. */
  readonly onRegion?: JitOptions['onRegion'];
}

/** Instructions until code is compiled, for tests. */
const SOON = 200;

/** What --jit and --jit-threshold ask for; PAGEWALK_JIT (off, on, eager) decides what they leave open, for tests. */
export function jitOptions({ jit, jitThreshold, onRegion }: JitFlags): JitOptions | false {
  const wanted = process.env.PAGEWALK_JIT;
  const mode = jit ?? wanted ?? 'on';
  if (mode === 'off') return false;
  enableRelaxedSimd();
  if (mode === 'eager') return { threshold: 1, onRegion };
  const threshold = jitThreshold ?? (jit === undefined && wanted === 'on' ? SOON : undefined);
  return { threshold, compile, onRegion, onWork, ...(mode === 'window' || mode === 'table' ? { translation: mode } : {}) };
}

/** V8 of node 20 and 21 has relaxed SIMD, whose fused multiply-add is wanted, behind a flag; later ones have it anyway. */
function enableRelaxedSimd(): void {
  if (hasRelaxedSimd() || !/^2[01]\./.test(process.versions.node)) return;
  setFlagsFromString('--experimental-wasm-relaxed-simd');
}

let patient = false;

/**
 * V8 compiles a Wasm function again, optimised, when it has executed about so many bytes of code: what it spends on that is our time, too.
 * Regions are many, and few run for long.
 */
function compile(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  if (!patient) setFlagsFromString('--wasm-tiering-budget=400000000');
  patient = true;
  return new WebAssembly.Module(bytes);
}

/**
 * V8 of Node 20 optimises the compiler's own functions for longer than they then run: while they work a function has to be executed much
 * longer than usual (3 times V8's budget) before it is. Not so the rest of the machine.
 */
const onWork = process.versions.node.startsWith('20.')
  ? (begins: boolean): void => setFlagsFromString(`--ticks-before-optimization=${begins ? 1000 : 3}`)
  : undefined;
