/** Float registers seen from outside the arithmetic: NaN boxes, moves, loads and stores, flags, and which operand goes where. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ROWS } from '../../isa/table/index.js';
import { encode, fieldNames } from '../support/encode.js';
import { Hart, RW, RWX } from '../support/hart.js';

const CODE = 0x10000;
const DATA = 0x20000;
const BOX = 0xffffffff00000000n;
const NAN_S = 0x7fc00000n;
const RNE = 0;

/** Bits of a number in either format. */
function double(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}
function single(value: number): bigint {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return BOX | BigInt(view.getUint32(0));
}

async function newHart(): Promise<Hart> {
  const hart = await Hart.create();
  hart.map(CODE, 1, RWX);
  hart.map(DATA, 1, RW);
  return hart;
}

function execute(hart: Hart, word: number): void {
  hart.code(CODE, [word]);
  hart.steps(CODE, 1);
}

/** A row's word with every register operand given by its kind. */
function withRegisters(name: string, registers: Readonly<Record<string, number>>): number {
  const row = ROWS.find((candidate) => candidate.name === name)!;
  return encode(name, ...fieldNames(row).map((field) => registers[field] ?? (/^rmx?$/.test(field) ? RNE : 0)));
}

/** Single-precision operations read their operands through the box; these read or write raw bits. */
const RAW = new Set(['fmv.x.w', 'fsw', 'flw', 'fmv.w.x']);
const readsSingles = (name: string): boolean => /\.s$/.test(name) && !RAW.has(name) && !/^fcvt\.s\./.test(name);

test('a single without its box counts as the canonical NaN, in every operand', async () => {
  const hart = await newHart();
  const names = ROWS.filter((row) => readsSingles(row.name)).map((row) => row.name);
  assert.is(names.length, 23);
  for (const name of names) {
    const row = ROWS.find((candidate) => candidate.name === name)!;
    const operands = fieldNames(row).filter((field) => /^fs\d$/.test(field));
    for (const broken of operands) {
      const results = [0x3f800000n, 0x00000000_3f800000n, 0xfffffffe_3f800000n, 0x7fffffff_3f800000n, BOX | NAN_S].map((bits) => {
        for (let n = 1; n <= 3; n++) hart.setF(n, single(2));
        hart.setF(Number(broken.slice(2)), bits);
        hart.setF(10, 1n);
        hart.setX(10, 1n);
        hart.fflags = 0;
        execute(hart, withRegisters(name, { fd: 10, rd: 10, fs1: 1, fs2: 2, fs3: 3 }));
        return `${hart.f(10).toString(16)} ${hart.x(10).toString(16)} ${hart.fflags}`;
      });
      for (const got of results) assert.is(got, results[results.length - 1], `${name}, ${broken}`);
    }
  }
});

test('every single that is written is boxed', async () => {
  const hart = await newHart();
  for (const row of ROWS.filter(
    (r) => /^fd\b/.test(r.operands) && (/\.s(\.\w+)?$/.test(r.name) || r.name === 'fmv.w.x') && !r.compressed,
  )) {
    if (row.name === 'fcvt.d.s') continue;
    for (let n = 1; n <= 3; n++) hart.setF(n, row.name === 'fcvt.s.d' ? double(1.5) : single(1.5));
    hart.setX(1, 0x12345678_00000003n);
    hart.setF(10, 0n);
    execute(hart, withRegisters(row.name, { fd: 10, fs1: 1, fs2: 2, fs3: 3, rs1: 1 }));
    assert.is(hart.f(10) >> 32n, 0xffffffffn, row.name);
  }
});

test('moves and memory carry bits, whatever they mean', async () => {
  const hart = await newHart();
  const bits = 0x7ff00000_80000001n; // a signaling NaN as a double, no box as a single
  hart.setF(1, bits);
  hart.setX(10, BigInt(DATA));
  hart.fflags = 0;
  execute(hart, encode('fmv.x.w', 5, 1));
  assert.is(hart.x(5), 0xffffffff_80000001n);
  execute(hart, encode('fmv.x.d', 5, 1));
  assert.is(hart.x(5), bits);
  hart.writeU64(DATA, 0n);
  execute(hart, encode('fsw', 1, 4, 10));
  assert.is(hart.readU64(DATA), 0x80000001_00000000n);
  execute(hart, encode('fsd', 1, 0, 10));
  assert.is(hart.readU64(DATA), bits);
  execute(hart, encode('flw', 2, 0, 10));
  assert.is(hart.f(2), BOX | 0x80000001n);
  execute(hart, encode('fld', 2, 0, 10));
  assert.is(hart.f(2), bits);
  hart.setX(5, bits);
  execute(hart, encode('fmv.w.x', 3, 5));
  assert.is(hart.f(3), BOX | 0x80000001n);
  execute(hart, encode('fmv.d.x', 3, 5));
  assert.is(hart.f(3), bits);
  execute(hart, encode('fsgnjn.d', 3, 1, 1));
  assert.is(hart.f(3), 0xfff00000_80000001n, 'sign injection leaves a signaling NaN alone');
  assert.is(hart.fflags, 0);
});

test('sign injection', async () => {
  const hart = await newHart();
  const signs = [0n, 1n];
  for (const [t, width, bits, box] of [
    ['s', 31n, 0x3fc00001n, BOX],
    ['d', 63n, 0x3ff8000000000001n, 0n],
  ] as const) {
    for (const a of signs)
      for (const b of signs) {
        const expected: Readonly<Record<string, bigint>> = { fsgnj: b, fsgnjn: 1n - b, fsgnjx: a ^ b };
        for (const [name, sign] of Object.entries(expected)) {
          hart.setF(1, box | (a << width) | bits);
          hart.setF(2, box | (b << width) | 5n);
          execute(hart, encode(`${name}.${t}`, 3, 1, 2));
          assert.is(hart.f(3), box | (sign << width) | bits, `${name}.${t} ${a} ${b}`);
        }
      }
  }
});

test('operands go to their places', async () => {
  const hart = await newHart();
  for (const [t, of] of [
    ['d', double],
    ['s', single],
  ] as const) {
    hart.setF(1, of(6));
    hart.setF(2, of(1.5));
    hart.setF(3, of(100));
    const results: Readonly<Record<string, number>> = {
      fadd: 7.5,
      fsub: 4.5,
      fmul: 9,
      fdiv: 4,
      fmin: 1.5,
      fmax: 6,
      fmadd: 109,
      fmsub: -91,
      fnmsub: 91,
      fnmadd: -109,
    };
    for (const [name, value] of Object.entries(results)) {
      execute(hart, withRegisters(`${name}.${t}`, { fd: 31, fs1: 1, fs2: 2, fs3: 3 }));
      assert.is(hart.f(31), of(value), `${name}.${t}`);
    }
    const comparisons: Readonly<Record<string, bigint>> = { feq: 0n, flt: 0n, fle: 0n };
    for (const [name, value] of Object.entries(comparisons)) {
      execute(hart, encode(`${name}.${t}`, 5, 1, 2));
      assert.is(hart.x(5), value, `${name}.${t}`);
      execute(hart, encode(`${name}.${t}`, 5, 2, 1));
      assert.is(hart.x(5), name === 'feq' ? 0n : 1n, `${name}.${t} turned round`);
    }
    // All of them may be one register, f0 included: it is an ordinary one.
    hart.setF(0, of(3));
    execute(hart, withRegisters(`fmadd.${t}`, { fd: 0, fs1: 0, fs2: 0, fs3: 0 }));
    assert.is(hart.f(0), of(12));
  }
});

test('flags accumulate, also when the result goes to x0', async () => {
  const hart = await newHart();
  hart.fflags = 0;
  hart.setF(1, double(1));
  hart.setF(2, double(0));
  execute(hart, encode('fdiv.d', 3, 1, 2, RNE));
  assert.is(hart.f(3), double(Number.POSITIVE_INFINITY));
  assert.is(hart.fflags, 8);
  hart.setF(2, double(3));
  execute(hart, encode('fdiv.d', 3, 1, 2, RNE));
  assert.is(hart.fflags, 9);
  execute(hart, encode('fcvt.w.d', 0, 3, RNE));
  assert.is(hart.x(0), 0n);
  hart.setF(3, double(Number.NaN));
  execute(hart, encode('fcvt.w.d', 0, 3, RNE));
  assert.is(hart.fflags, 25);
  assert.is(hart.x(0), 0n);
  execute(hart, encode('flt.d', 0, 3, 3));
  assert.is(hart.x(0), 0n);
});

test('the static rounding mode is used, or frm when it is dynamic', async () => {
  const hart = await newHart();
  const DYNAMIC = 7;
  hart.setF(1, double(2.5));
  hart.setF(2, double(-2.5));
  const expected: readonly (readonly [bigint, bigint])[] = [
    [2n, -2n],
    [2n, -2n],
    [2n, -3n],
    [3n, -2n],
    [3n, -3n],
  ];
  for (const [mode, [positive, negative]] of expected.entries()) {
    for (const dynamic of [false, true]) {
      hart.frm = dynamic ? mode : (mode + 1) % 5;
      for (const [register, value] of [
        [1, positive],
        [2, negative],
      ] as const) {
        execute(hart, encode('fcvt.l.d', 5, register, dynamic ? DYNAMIC : mode));
        assert.is(BigInt.asIntN(64, hart.x(5)), value, `mode ${mode}, dynamic ${dynamic}`);
      }
    }
  }
});

test('integers are converted from their low word, results are sign-extended', async () => {
  const hart = await newHart();
  hart.setX(5, 0x12345678_ffffffffn);
  for (const [name, value] of [
    ['fcvt.d.w', double(-1)],
    ['fcvt.d.wu', double(0xffffffff)],
    ['fcvt.d.l', double(Number(0x12345678_ffffffffn))],
    ['fcvt.s.w', single(-1)],
    ['fcvt.s.wu', single(4294967296)],
  ] as const) {
    execute(hart, encode(name, 1, 5, RNE));
    assert.is(hart.f(1), value, name);
  }
  hart.setF(1, double(4294967295));
  execute(hart, encode('fcvt.wu.d', 5, 1, RNE));
  assert.is(hart.x(5), 0xffffffff_ffffffffn);
  execute(hart, encode('fcvt.w.d', 5, 1, RNE));
  assert.is(hart.x(5), 0x7fffffffn);
  execute(hart, encode('fcvt.lu.d', 5, 1, RNE));
  assert.is(hart.x(5), 0xffffffffn);
});

test.run();
