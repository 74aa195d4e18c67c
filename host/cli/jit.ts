import { NODE_PAGES } from '../jit/baseline/compile-node.js';
import { hasRelaxedSimd } from '../jit/features.js';
import type { JitOptions } from '../jit/jit.js';
import { enableRelaxedSimd, forgetCode, optimiseJavaScriptLate, optimiseWasmLate } from './v8-flags.js';

export interface JitFlags {
  readonly jit?: string;
  readonly jitThreshold?: number;
  /** Hears of every region. */
  readonly onRegion?: JitOptions['onRegion'];
}

/** Instructions until code is compiled, for tests. */
const SOON = 200;

let started = false;
let patient = false;

/**
 * What --jit and --jit-threshold ask for; PAGEWALK_JIT (what --jit may be, eager, eager-baseline) decides what they leave open, for tests.
 */
export function jitOptions({ jit, jitThreshold, onRegion }: JitFlags): JitOptions | false {
  started = true;
  const wanted = process.env.PAGEWALK_JIT;
  const mode = jit ?? wanted ?? 'on';
  if (mode === 'off') return false;
  if (!hasRelaxedSimd()) enableRelaxedSimd();
  if (mode === 'eager') return { threshold: 1, onRegion };
  if (mode === 'eager-baseline') return { threshold: 1, tiers: 'baseline' };
  const threshold = jitThreshold ?? (jit === undefined && wanted === 'on' ? SOON : undefined);
  const onWork = optimiseJavaScriptLate;
  const translation = mode === 'window' || mode === 'table' ? mode : undefined;
  const alone = translation === undefined ? mode : 'regions';
  const tiers = alone === 'baseline' || alone === 'regions' ? alone : undefined;
  return { threshold, tiers, compile, compilePages: NODE_PAGES, onRegion, onWork, translation };
}

function compile(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  if (!patient) {
    optimiseWasmLate();
    // What the compiler consists of is going to be kept (start/code-cache.ts).
    forgetCode(false);
  }
  patient = true;
  return new WebAssembly.Module(bytes);
}

/** How much of the command this process has used: 1 = a machine, 2 = the region compiler, too. */
export function reached(): 0 | 1 | 2 {
  return patient ? 2 : started ? 1 : 0;
}
