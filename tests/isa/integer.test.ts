/** Every integer and bit-manipulation instruction on edge values, against exact arithmetic and against results written out by hand. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ROWS } from '../../isa/table/index.js';
import { encode, rowOf } from '../support/encode.js';
import { Hart, RW, RWX, u64 } from '../support/hart.js';
import { IMMEDIATE_MODELS, REGISTER_MODELS, UNARY_MODELS } from './integer-model.js';

const CODE = 0x10000;
const DATA = 0x20000;
const ONES = 2n ** 64n - 1n;
const MIN = 2n ** 63n;
const MIN_W = 0xffffffff80000000n;

/** Zero, ones, both ends of every width, lone bits, bytes with holes, neighbours of multiples. */
const EDGES: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 31n, 32n, 33n, 63n, 64n, 65n, 127n, 128n, 255n, 0x7fffn, 0x8000n, 0xffffn],
  ...[0x7fffffffn, 0x80000000n, 0xffffffffn, 0x100000000n, 0x100000001n, 0x7fffffffffffffffn, MIN, MIN + 1n, ONES, ONES - 1n],
  ...[MIN_W, MIN_W - 1n, 0x0123456789abcdefn, 0xfedcba9876543210n, 0x00ff00ff0000ff00n, 0x8000000000000001n, 0x5555555555555555n],
];

/** Runs the word at CODE once; x10 and x11 are the operands, x12 the result. */
function result(hart: Hart, a: bigint, b: bigint): bigint {
  hart.setX(10, a);
  hart.setX(11, b);
  hart.setX(12, 0xdeadn);
  hart.steps(CODE, 1);
  return hart.x(12);
}

const hexa = (value: bigint): string => `0x${u64(value).toString(16)}`;

test('register operations', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 1, RWX);
  const rows = ROWS.filter((row) => row.operands === 'rd, rs1, rs2' && !row.compressed);
  assert.equal(rows.map((row) => row.name).sort(), Object.keys(REGISTER_MODELS).sort());
  for (const { name } of rows) {
    hart.code(CODE, [encode(name, 12, 10, 11)]);
    for (const a of EDGES)
      for (const b of EDGES) {
        const expected = REGISTER_MODELS[name](a, b);
        const got = result(hart, a, b);
        if (got !== expected) assert.unreachable(`${name} ${hexa(a)}, ${hexa(b)}: ${hexa(got)}, not ${hexa(expected)}`);
      }
  }
});

test('immediate operations', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 1, RWX);
  const rows = ROWS.filter((row) => /^rd, rs1, (imm|shamtw?)$/.test(row.operands) && !row.compressed);
  assert.equal(rows.map((row) => row.name).sort(), Object.keys(IMMEDIATE_MODELS).sort());
  for (const { name, operands } of rows) {
    const kind = operands.split(', ')[2];
    const shifts = Array.from({ length: kind === 'shamt' ? 64 : 32 }, (_, i) => i);
    for (const immediate of kind === 'imm' ? [0, 1, -1, 5, 255, 256, 2047, -2048, -2047] : shifts) {
      hart.code(CODE, [encode(name, 12, 10, immediate)]);
      for (const a of EDGES) {
        const expected = IMMEDIATE_MODELS[name](a, u64(BigInt(immediate)));
        const got = result(hart, a, 0n);
        if (got !== expected) assert.unreachable(`${name} ${hexa(a)}, ${immediate}: ${hexa(got)}, not ${hexa(expected)}`);
      }
    }
  }
});

test('operations on one register', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 1, RWX);
  const values = [...EDGES, ...Array.from({ length: 64 }, (_, i) => 1n << BigInt(i))];
  const rows = ROWS.filter((row) => row.operands === 'rd, rs1' && !row.compressed);
  assert.equal(rows.map((row) => row.name).sort(), Object.keys(UNARY_MODELS).sort());
  for (const { name } of rows) {
    hart.code(CODE, [encode(name, 12, 10)]);
    for (const a of values) {
      const expected = UNARY_MODELS[name](a);
      const got = result(hart, a, 0n);
      if (got !== expected) assert.unreachable(`${name} ${hexa(a)}: ${hexa(got)}, not ${hexa(expected)}`);
    }
  }
});

/** By hand from the manual, so that a mistake of the model shows: name, rs1, rs2 (or immediate), rd. */
const BY_HAND: readonly (readonly [name: string, a: bigint, b: bigint, expected: bigint])[] = [
  ['mulh', MIN, MIN, 0x4000000000000000n],
  ['mulh', ONES, ONES, 0n],
  ['mulh', ONES, 1n, ONES],
  ['mulhu', ONES, ONES, ONES - 1n],
  ['mulhsu', ONES, ONES, ONES],
  ['mulhsu', 1n, ONES, 0n],
  ['mulhsu', MIN, ONES, MIN],
  ['mulw', 0x80000000n, 2n, 0n],
  ['mulw', 0x10000n, 0x8000n, MIN_W],
  ['div', MIN, ONES, MIN],
  ['rem', MIN, ONES, 0n],
  ['div', 7n, 0n, ONES],
  ['divu', 7n, 0n, ONES],
  ['rem', ONES, 0n, ONES],
  ['remu', 7n, 0n, 7n],
  ['div', u64(-7n), 2n, u64(-3n)],
  ['rem', u64(-7n), 2n, u64(-1n)],
  ['rem', 7n, u64(-2n), 1n],
  ['divw', MIN_W, ONES, MIN_W],
  ['remw', MIN_W, ONES, 0n],
  ['divw', 7n, 0x100000000n, ONES],
  ['divuw', 0xffffffffn, 1n, ONES],
  ['remuw', 0x80000000n, 0n, MIN_W],
  ['remw', 0x1_ffffffffn, 0n, ONES],
  ['sll', 1n, 64n, 1n],
  ['sll', 1n, 127n, MIN],
  ['sra', MIN, 63n, ONES],
  ['sllw', 1n, 31n, MIN_W],
  ['sllw', 1n, 32n, 1n],
  ['srlw', 0xffffffff80000000n, 0n, MIN_W],
  ['srlw', 0xffffffff80000000n, 31n, 1n],
  ['sraw', 0x80000000n, 4n, 0xfffffffff8000000n],
  ['sltu', 0n, ONES, 1n],
  ['slt', 0n, ONES, 0n],
  ['addw', 0x7fffffffn, 1n, MIN_W],
  ['addw', 0x1_00000000n, 0n, 0n],
  ['add.uw', ONES, 1n, 0x100000000n],
  ['sh3add.uw', ONES, 0n, 0x7fffffff8n],
  ['rol', MIN, 1n, 1n],
  ['ror', 1n, 1n, MIN],
  ['rolw', 0x80000000n, 1n, 1n],
  ['rorw', 1n, 1n, MIN_W],
  ['min', ONES, 0n, ONES],
  ['minu', ONES, 0n, 0n],
  ['max', MIN, 0x7fffffffffffffffn, 0x7fffffffffffffffn],
  ['bext', MIN, 63n, 1n],
  ['bclr', ONES, 64n, ONES - 1n],
  ['czero.eqz', 5n, 0n, 0n],
  ['czero.eqz', 5n, 0x100000000n, 5n],
  ['czero.nez', 5n, 0n, 5n],
  ['czero.nez', 5n, 0x100000000n, 0n],
];

const UNARY_BY_HAND: readonly (readonly [name: string, a: bigint, expected: bigint])[] = [
  ['clz', 0n, 64n],
  ['ctz', 0n, 64n],
  ['clzw', 0xffffffff00000000n, 32n],
  ['ctzw', 0xffffffff00000000n, 32n],
  ['cpop', ONES, 64n],
  ['cpopw', ONES, 32n],
  ['rev8', 0x0102030405060708n, 0x0807060504030201n],
  ['orc.b', 0x8000010010000080n, 0xff00ff00ff0000ffn],
  ['sext.b', 0x180n, 0xffffffffffffff80n],
  ['sext.h', 0x18000n, 0xffffffffffff8000n],
  ['zext.h', ONES, 0xffffn],
];

test('edge cases written out', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 1, RWX);
  for (const [name, a, b, expected] of BY_HAND) {
    hart.code(CODE, [encode(name, 12, 10, 11)]);
    assert.is(hexa(result(hart, a, b)), hexa(expected), `${name} ${hexa(a)}, ${hexa(b)}`);
  }
  for (const [name, a, expected] of UNARY_BY_HAND) {
    hart.code(CODE, [encode(name, 12, 10)]);
    assert.is(hexa(result(hart, a, 0n)), hexa(expected), `${name} ${hexa(a)}`);
  }
});

test('source and destination may be one register; x0 stays 0', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 1, RWX);
  for (const { name, operands } of ROWS) {
    if (!/^rd, rs1(, rs2)?$/.test(operands) || rowOf(name).compressed) continue;
    const two = operands !== 'rd, rs1';
    const model = (value: bigint): bigint => (two ? REGISTER_MODELS[name](value, value) : UNARY_MODELS[name](value));
    hart.code(CODE, [encode(name, ...(two ? [10, 10, 10] : [10, 10])), encode(name, ...(two ? [0, 11, 11] : [0, 11]))]);
    hart.setX(10, 0x8000000000000003n);
    hart.setX(11, 0x7fff8000n);
    hart.steps(CODE, 2);
    assert.is(hexa(hart.x(10)), hexa(model(0x8000000000000003n)), name);
    assert.is(hart.x(0), 0n, `${name} wrote x0`);
    hart.code(CODE, [encode(name, ...(two ? [12, 0, 0] : [12, 0]))]);
    hart.steps(CODE, 1);
    assert.is(hexa(hart.x(12)), hexa(model(0n)), `${name} of x0`);
  }
});

test('lui, auipc, jal and jalr', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 2, RWX);
  for (const [upper, value] of [
    [0, 0n],
    [1, 0x1000n],
    [0x7ffff, 0x7ffff000n],
    [0x80000, MIN_W],
    [0xfffff, 0xfffffffffffff000n],
  ] as const) {
    hart.code(CODE, [encode('lui', 5, upper), encode('auipc', 6, upper)]);
    hart.steps(CODE, 2);
    assert.is(hexa(hart.x(5)), hexa(value));
    assert.is(hexa(hart.x(6)), hexa(value + BigInt(CODE) + 4n));
  }
  hart.code(CODE, [encode('jal', 1, 0x800)]);
  hart.code(CODE + 0x800, [encode('jal', 5, 0x1000 - 0x800)]);
  hart.code(CODE + 0x1000, [encode('jalr', 6, -3, 7)]);
  hart.setX(7, BigInt(CODE) + 4n);
  hart.steps(CODE, 3);
  assert.is(hart.pc, CODE, 'the lowest bit of a target is dropped');
  assert.equal([hart.x(1), hart.x(5), hart.x(6)], [BigInt(CODE) + 4n, BigInt(CODE) + 0x804n, BigInt(CODE) + 0x1004n]);
  // The target is taken before the link is written.
  hart.code(CODE, [encode('jalr', 7, 0, 7)]);
  hart.setX(7, BigInt(CODE) + 0x800n);
  hart.steps(CODE, 1);
  assert.is(hart.pc, CODE + 0x800);
  assert.is(hart.x(7), BigInt(CODE) + 4n);
});

test('branches, taken and not, both ways', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 4, RWX);
  const models: Readonly<Record<string, (a: bigint, b: bigint) => boolean>> = {
    beq: (a, b) => a === b,
    bne: (a, b) => a !== b,
    blt: (a, b) => BigInt.asIntN(64, a) < BigInt.asIntN(64, b),
    bge: (a, b) => BigInt.asIntN(64, a) >= BigInt.asIntN(64, b),
    bltu: (a, b) => a < b,
    bgeu: (a, b) => a >= b,
  };
  const values = [0n, 1n, ONES, MIN, MIN - 1n, 0x80000000n, 0xffffffffn];
  for (const [name, model] of Object.entries(models)) {
    for (const distance of [8, -8, 4094, -4096, 2048]) {
      const at = CODE + 0x1800;
      hart.code(at, [encode(name, 10, 11, distance)]);
      for (const a of values)
        for (const b of values) {
          hart.setX(10, a);
          hart.setX(11, b);
          hart.steps(at, 1);
          assert.is(hart.pc, model(a, b) ? at + distance : at + 4, `${name} ${hexa(a)}, ${hexa(b)}, ${distance}`);
        }
    }
  }
});

test('loads extend and stores cut, aligned and not, inside a page and across', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 1, RWX);
  hart.map(DATA, 2, RW);
  const far = 0x20_0000_0000; // beyond every window
  hart.map(far, 2, RW);
  const pattern = 0xf1e2d3c4b5a69788n;
  const loads: readonly (readonly [name: string, bits: number, signed: boolean])[] = [
    ['lb', 8, true],
    ['lbu', 8, false],
    ['lh', 16, true],
    ['lhu', 16, false],
    ['lw', 32, true],
    ['lwu', 32, false],
    ['ld', 64, true],
  ];
  for (const base of [DATA, far]) {
    for (const offset of [0, 1, 2, 3, 4, 5, 6, 7, 4088, 4089, 4091, 4092, 4093, 4094, 4095, 4096]) {
      hart.writeU64(base + offset, pattern);
      for (const [name, bits, signed] of loads) {
        hart.code(CODE, [encode(name, 12, -16, 10)]);
        const low = BigInt.asUintN(bits, pattern);
        const expected = u64(signed ? BigInt.asIntN(bits, low) : low);
        assert.is(hexa(result(hart, BigInt(base + offset + 16), 0n)), hexa(expected), `${name} at ${offset}`);
      }
      for (const [name, bits] of [
        ['sb', 8],
        ['sh', 16],
        ['sw', 32],
        ['sd', 64],
      ] as const) {
        hart.writeU64(base + offset, ONES);
        hart.code(CODE, [encode(name, 11, 2047, 10)]);
        result(hart, BigInt(base + offset - 2047), pattern);
        const expected = ((ONES >> BigInt(bits)) << BigInt(bits)) | BigInt.asUintN(bits, pattern);
        assert.is(hexa(hart.readU64(base + offset)), hexa(expected), `${name} at ${offset}`);
      }
    }
  }
});

test.run();
