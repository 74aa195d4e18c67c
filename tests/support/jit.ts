/**
 * PAGEWALK_JIT makes the same tests run compiled code: `on` what becomes hot soon, `eager` everything before it is executed once,
 * `eager-baseline` the same as baseline code.
 */
import type { JitOptions } from '../../host/jit/jit.js';

const SOON = 200;

/** For MachineOptions and `new Jit`. */
export function testJit(): JitOptions | false {
  switch (process.env.PAGEWALK_JIT) {
    case undefined:
    case 'off':
      return false;
    case 'on':
      return { threshold: SOON };
    case 'eager':
      return { threshold: 1 };
    case 'eager-baseline':
      return { threshold: 1, tiers: 'baseline' };
    default:
      throw new Error(`PAGEWALK_JIT=${process.env.PAGEWALK_JIT}: off, on, eager or eager-baseline`);
  }
}
