/** Every floating-point operation that has a function in the core: its operands, its model, and how to call it. */
import type { FloatCore } from './float-core.js';
import {
  add,
  classify,
  compare,
  convert,
  DOUBLE,
  divide,
  type Format,
  fromInteger,
  fused,
  fusedNegated,
  minMax,
  multiply,
  type Result,
  SINGLE,
  squareRoot,
  subtract,
  toInteger,
} from './float-model.js';

export type OperandKind = 's' | 'd' | 'integer';

export interface Operation {
  /** Name of the function, which is the mnemonic with underscores. */
  name: string;
  operands: readonly OperandKind[];
  result: OperandKind;
  rounds: boolean;
  model(a: bigint, b: bigint, c: bigint, rm: number): Result;
}

const INTEGERS = [
  { suffix: 'w', width: 32, signed: true },
  { suffix: 'wu', width: 32, signed: false },
  { suffix: 'l', width: 64, signed: true },
  { suffix: 'lu', width: 64, signed: false },
] as const;

function operationsOf(f: Format): Operation[] {
  const n = f.name;
  const list: Operation[] = [
    { name: 'fadd', operands: [n, n], result: n, rounds: true, model: (a, b, _c, rm) => add(a, b, f, rm) },
    { name: 'fsub', operands: [n, n], result: n, rounds: true, model: (a, b, _c, rm) => subtract(a, b, f, rm) },
    { name: 'fmul', operands: [n, n], result: n, rounds: true, model: (a, b, _c, rm) => multiply(a, b, f, rm) },
    { name: 'fdiv', operands: [n, n], result: n, rounds: true, model: (a, b, _c, rm) => divide(a, b, f, rm) },
    { name: 'fsqrt', operands: [n], result: n, rounds: true, model: (a, _b, _c, rm) => squareRoot(a, f, rm) },
    { name: 'fmadd', operands: [n, n, n], result: n, rounds: true, model: (a, b, c, rm) => fused(a, b, c, f, rm) },
    { name: 'fmsub', operands: [n, n, n], result: n, rounds: true, model: (a, b, c, rm) => fusedNegated(a, b, c, f, rm, false, true) },
    { name: 'fnmsub', operands: [n, n, n], result: n, rounds: true, model: (a, b, c, rm) => fusedNegated(a, b, c, f, rm, true, false) },
    { name: 'fnmadd', operands: [n, n, n], result: n, rounds: true, model: (a, b, c, rm) => fusedNegated(a, b, c, f, rm, true, true) },
    { name: 'fmin', operands: [n, n], result: n, rounds: false, model: (a, b) => minMax('fmin', a, b, f) },
    { name: 'fmax', operands: [n, n], result: n, rounds: false, model: (a, b) => minMax('fmax', a, b, f) },
    { name: 'feq', operands: [n, n], result: 'integer', rounds: false, model: (a, b) => compare('feq', a, b, f) },
    { name: 'flt', operands: [n, n], result: 'integer', rounds: false, model: (a, b) => compare('flt', a, b, f) },
    { name: 'fle', operands: [n, n], result: 'integer', rounds: false, model: (a, b) => compare('fle', a, b, f) },
    { name: 'fclass', operands: [n], result: 'integer', rounds: false, model: (a) => classify(a, f) },
  ];
  for (const operation of list) operation.name += `_${n}`;
  for (const { suffix, width, signed } of INTEGERS) {
    list.push({
      name: `fcvt_${suffix}_${n}`,
      operands: [n],
      result: 'integer',
      rounds: true,
      model: (a, _b, _c, rm) => toInteger(a, f, width, signed, rm),
    });
    list.push({
      name: `fcvt_${n}_${suffix}`,
      operands: ['integer'],
      result: n,
      rounds: true,
      model: (a, _b, _c, rm) => fromInteger(a, f, width, signed, rm),
    });
  }
  return list;
}

export const OPERATIONS: readonly Operation[] = [
  ...operationsOf(SINGLE),
  ...operationsOf(DOUBLE),
  { name: 'fcvt_s_d', operands: ['d'], result: 's', rounds: true, model: (a, _b, _c, rm) => convert(a, DOUBLE, SINGLE, rm) },
  { name: 'fcvt_d_s', operands: ['s'], result: 'd', rounds: false, model: (a, _b, _c, rm) => convert(a, SINGLE, DOUBLE, rm) },
];

/** Calls the core with the flags preset and returns result bits and flags. */
export function execute(core: FloatCore, operation: Operation, values: readonly bigint[], rm: number, preset: number): Result {
  core.flags = preset;
  const operands: (bigint | number)[] = operation.operands.map((kind, i) => (kind === 's' ? Number(values[i]) : values[i]));
  if (operation.rounds) operands.push(rm);
  const bits = core.functions[operation.name](...operands);
  return { bits: typeof bits === 'number' ? BigInt(bits >>> 0) : BigInt.asUintN(64, bits), flags: core.flags };
}
