/** CSRs a user program may touch, and what a rounding mode makes illegal. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as X from '../../assembly/shared/exit.js';
import { HART, HART_TIME } from '../../assembly/shared/layout.js';
import { ROWS } from '../../isa/table/index.js';
import { encode, fieldNames } from '../support/encode.js';
import { Hart, RWX } from '../support/hart.js';

const CODE = 0x10000;
const FFLAGS = 1;
const FRM = 2;
const FCSR = 3;
const CYCLE = 0xc00;
const TIME = 0xc01;
const INSTRET = 0xc02;
const DYNAMIC = 7;

async function newHart(): Promise<Hart> {
  const hart = await Hart.create();
  hart.map(CODE, 1, RWX);
  return hart;
}

function exitOf(hart: Hart, word: number): number {
  hart.code(CODE, [word]);
  hart.pc = CODE;
  const before = hart.instructions;
  const reason = hart.run(1);
  if (reason === X.EXIT_ILLEGAL) {
    assert.is(hart.pc, CODE);
    assert.is(hart.instructions, before, 'an illegal instruction is not executed');
  }
  return reason;
}

/** name, CSR, operand (register value or constant), state before: fflags and frm; rd, fflags and frm after. */
const CASES: readonly (readonly [name: string, csr: number, operand: number, before: [number, number], after: [number, number, number]])[] =
  [
    ['csrrw', FFLAGS, 0x1ff, [3, 2], [3, 0x1f, 2]],
    ['csrrw', FRM, 0x1c, [3, 2], [2, 3, 4]],
    ['csrrw', FRM, 0xff, [0, 0], [0, 0, 7]],
    ['csrrw', FCSR, 0xfff, [3, 2], [0x43, 0x1f, 7]],
    ['csrrw', FCSR, 0, [0x1f, 7], [0xff, 0, 0]],
    ['csrrs', FFLAGS, 0x10, [3, 2], [3, 0x13, 2]],
    ['csrrs', FCSR, 0x81, [2, 3], [0x62, 3, 7]],
    ['csrrc', FFLAGS, 1, [3, 2], [3, 2, 2]],
    ['csrrc', FRM, 1, [3, 3], [3, 3, 2]],
    ['csrrc', FCSR, 0xe0, [9, 5], [0xa9, 9, 0]],
    ['csrrwi', FFLAGS, 0x1f, [0, 1], [0, 0x1f, 1]],
    ['csrrwi', FRM, 0x1f, [1, 1], [1, 1, 7]],
    ['csrrwi', FCSR, 0x1f, [0, 4], [0x80, 0x1f, 0]],
    ['csrrsi', FFLAGS, 4, [1, 0], [1, 5, 0]],
    ['csrrci', FFLAGS, 0x1f, [0x1f, 1], [0x1f, 0, 1]],
  ];

test('fflags and frm are parts of fcsr', async () => {
  const hart = await newHart();
  for (const [name, csr, operand, before, after] of CASES) {
    [hart.fflags, hart.frm] = before;
    hart.setX(10, BigInt(operand) | 0xffff0000_00000000n);
    hart.code(CODE, [encode(name, 12, csr, name.endsWith('i') ? operand : 10)]);
    hart.steps(CODE, 1);
    assert.equal([Number(hart.x(12)), hart.fflags, hart.frm], after, `${name} ${csr} ${operand}`);
  }
});

test('source and destination may be one register', async () => {
  const hart = await newHart();
  hart.fflags = 9;
  hart.setX(10, 6n);
  hart.code(CODE, [encode('csrrw', 10, FFLAGS, 10)]);
  hart.steps(CODE, 1);
  assert.equal([hart.x(10), hart.fflags], [9n, 6]);
});

test('counters are read only, and reading means not writing', async () => {
  const hart = await newHart();
  hart.setX(10, 0n);
  for (const csr of [CYCLE, TIME, INSTRET]) {
    for (const name of ['csrrs', 'csrrc', 'csrrsi', 'csrrci']) {
      const exit = csr === TIME ? X.EXIT_TIME : X.EXIT_BUDGET;
      assert.is(exitOf(hart, encode(name, 12, csr, 0)), exit, `${name} of x0 only reads ${csr}`);
      // A register that happens to hold 0 is a write all the same.
      assert.is(exitOf(hart, encode(name, 12, csr, 10)), X.EXIT_ILLEGAL, `${name} writes ${csr}`);
    }
    for (const name of ['csrrw', 'csrrwi']) assert.is(exitOf(hart, encode(name, 0, csr, 0)), X.EXIT_ILLEGAL);
  }
});

test('all other CSRs are illegal', async () => {
  const hart = await newHart();
  const known = new Set([FFLAGS, FRM, FCSR, CYCLE, TIME, INSTRET]);
  for (let csr = 0; csr < 4096; csr++)
    assert.is(exitOf(hart, encode('csrrs', 12, csr, 0)) === X.EXIT_ILLEGAL, !known.has(csr), csr.toString(16));
});

test('instret and cycle count instructions, the slice that runs included', async () => {
  const hart = await newHart();
  const nop = encode('addi', 0, 0, 0);
  hart.code(CODE, [nop, nop, encode('csrrs', 10, INSTRET, 0), nop, encode('csrrs', 11, INSTRET, 0), encode('csrrs', 12, CYCLE, 0)]);
  const start = BigInt(hart.instructions);
  hart.pc = CODE;
  hart.run(1);
  hart.run(5);
  assert.equal([hart.x(10) - start, hart.x(11) - start, hart.x(12) - start], [2n, 4n, 5n]);
});

test('each read of time asks the host, and counts once', async () => {
  const hart = await newHart();
  hart.code(CODE, [encode('csrrs', 10, TIME, 0), encode('csrrs', 11, TIME, 0)]);
  hart.pc = CODE;
  const before = hart.instructions;
  for (const [register, now] of [
    [10, 1_000_000],
    [11, 2 ** 40],
  ]) {
    assert.is(hart.run(10), X.EXIT_TIME);
    hart.core.writeU64(HART + HART_TIME, now);
    assert.is(hart.run(1), X.EXIT_BUDGET);
    assert.is(hart.x(register), BigInt(now));
  }
  assert.is(hart.instructions - before, 2);
});

const ROUNDED = ROWS.filter((row) => /\brmx?$/.test(row.operands));

/** The word of a row with registers 1, 2... and a rounding mode. */
function withMode(name: string, mode: number): number {
  const row = ROUNDED.find((candidate) => candidate.name === name)!;
  return encode(name, ...fieldNames(row).map((field, i) => (/^rmx?$/.test(field) ? mode : i + 1)));
}

test('rounding modes 5 and 6 are illegal, and so is a dynamic one while frm is above 4', async () => {
  const hart = await newHart();
  assert.is(ROUNDED.length, 36);
  for (const { name } of ROUNDED) {
    hart.frm = 0;
    for (const mode of [0, 1, 2, 3, 4, DYNAMIC]) assert.is(exitOf(hart, withMode(name, mode)), X.EXIT_BUDGET, `${name} ${mode}`);
    for (const mode of [5, 6]) assert.is(exitOf(hart, withMode(name, mode)), X.EXIT_ILLEGAL, `${name} ${mode}`);
    for (const frm of [5, 6, 7]) {
      hart.frm = frm;
      assert.is(exitOf(hart, withMode(name, DYNAMIC)), X.EXIT_ILLEGAL, `${name} dynamic, frm ${frm}`);
      assert.is(exitOf(hart, withMode(name, 1)), X.EXIT_BUDGET, `${name} static, frm ${frm}`);
    }
  }
});

test('the other float instructions ask no rounding mode', async () => {
  const hart = await newHart();
  hart.frm = 7;
  for (const row of ROWS.filter((r) => /^[fr]d, fs1(, fs2)?$/.test(r.operands) && !r.compressed))
    assert.is(exitOf(hart, encode(row.name, ...fieldNames(row).map((_, i) => i + 1))), X.EXIT_BUDGET, row.name);
});

test.run();
