/**
 * Nanoseconds per floating-point operation of the core, called in a loop over memory as the interpreter does.
 *
 *   npx tsx bench/float.ts [NAME..]
 *
 * The least of several rounds. Columns: NX already set (the usual state of a running program), NX cleared before every
 * operation with inexact results and with exact ones, and rounding towards zero, which is always the exact path.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { compileFloat } from '../tests/isa/float-core.js';
import { table } from './measure.js';

const ARITHMETIC = ['fadd', 'fmul', 'fdiv', 'fsqrt', 'fmadd'];
const CONVERSIONS = ['fcvt_s_d', 'fcvt_d_s', 'fcvt_d_l', 'fcvt_w_d'];
const NAMES = [...ARITHMETIC.flatMap((name) => [`${name}_d`, `${name}_s`]), 'flt_d', 'fmin_d', ...CONVERSIONS];
const VALUES = 1024; // operands at byte 65536, results behind them
const BASE = 65536;
const PASSES = 200;
const ROUNDS = 9;

const operandCount = (name: string): number => (/^(fsqrt|fcvt)/.test(name) ? 1 : name.startsWith('fmadd') ? 3 : 2);
const isSingle = (name: string): boolean => /(?<!cvt)_s$/.test(name) || name === 'fcvt_d_s';
const hasMode = (name: string): boolean => !/^(flt|fmin|fcvt_d_s)/.test(name);

function loopSource(name: string): string {
  const type = isSingle(name) ? 'u32' : 'u64';
  const cast = name === 'fcvt_d_l' ? '<i64>' : '';
  const operands = Array.from({ length: operandCount(name) }, (_, i) => `${cast}load<${type}>(at, ${8 * i})`);
  if (hasMode(name)) operands.push('rm');
  return `export function loop_${name}(passes: i32, rm: u32, clear: bool): void {
  for (let pass = 0; pass < passes; pass++) {
    for (let at: usize = ${BASE}; at < ${BASE + 8 * VALUES}; at += 8) {
      if (clear) store<u32>(HART + HART_FFLAGS, 0);
      store<u64>(at, <u64>${name}(${operands.join(', ')}), ${16 * VALUES});
    }
  }
}
`;
}

function load(): { memory: WebAssembly.Memory; loops: Record<string, (passes: number, rm: number, clear: number) => void> } {
  mkdirSync('build/float', { recursive: true });
  const entry = 'build/float/bench.ts';
  writeFileSync(
    entry,
    `import { HART, HART_FFLAGS } from '../../assembly/shared/layout';
import { ${NAMES.join(', ')} } from '../../assembly/exec/float';
${NAMES.map(loopSource).join('')}`,
  );
  const memory = new WebAssembly.Memory({ initial: 32 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(compileFloat(entry)), { env: { memory } });
  return { memory, loops: instance.exports as Record<string, () => void> };
}

function fill(memory: WebAssembly.Memory, name: string, exact: boolean): void {
  const view = new DataView(memory.buffer);
  let state = 12345;
  for (let i = 0; i < VALUES + 8; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    // Exact: the operands are small powers of four, so even the roots are exact.
    const value = exact ? 4 ** (state >>> 30) : 0.5 + state / 2 ** 30 + state / 2 ** 57;
    const at = BASE + 8 * i;
    if (name === 'fcvt_d_l') view.setBigInt64(at, exact ? BigInt(state) : (BigInt(state) ** 2n) >> 1n, true);
    else if (isSingle(name)) view.setUint32(at, new Uint32Array(new Float32Array([value]).buffer)[0], true);
    else view.setFloat64(at, value, true);
  }
}

const wanted = process.argv.slice(2);
const { memory, loops } = load();
const rows: string[][] = [];
for (const name of NAMES) {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
  const measure = (rm: number, clear: number, exact: boolean): string => {
    fill(memory, name, exact);
    const samples: number[] = [];
    for (let round = 0; round < ROUNDS + 3; round++) {
      const started = process.hrtime.bigint();
      loops[`loop_${name}`](PASSES, rm, clear);
      if (round >= 3) samples.push(Number(process.hrtime.bigint() - started) / (PASSES * VALUES));
    }
    return Math.min(...samples).toFixed(2);
  };
  const mode = hasMode(name);
  rows.push([name, measure(0, 0, false), measure(0, 1, false), measure(0, 1, true), mode ? measure(1, 0, false) : '-']);
}
table(['ns per operation', 'NX set', 'inexact', 'exact', 'rtz'], rows);
