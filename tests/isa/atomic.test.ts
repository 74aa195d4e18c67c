/** Atomic operations: values, sign extension, reservations, alignment, faults. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as X from '../../assembly/shared/exit.js';
import { PROT_READ } from '../../assembly/shared/mman.js';
import { ROWS } from '../../isa/table/index.js';
import { encode } from '../support/encode.js';
import { Hart, RW, RWX, u64 } from '../support/hart.js';
import { ATOMIC_MODELS } from './integer-model.js';

const CODE = 0x10000;
const DATA = 0x20000;
const FAR = 0x20_0000_0000; // beyond every window: the TLB's business
const READ_ONLY = 0x30000;
const HOLE = 0x50000;
const ONES = 2n ** 64n - 1n;

const EDGES = [0n, 1n, 2n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0x100000000n, 2n ** 63n - 1n, 2n ** 63n, ONES, 0x0123456789abcdefn];

async function newHart(): Promise<Hart> {
  const hart = await Hart.create();
  hart.map(CODE, 1, RWX);
  hart.map(DATA, 1, RW);
  hart.map(FAR, 1, RW);
  hart.map(READ_ONLY, 1, RW);
  hart.writeU64(READ_ONLY, 5n);
  hart.protect(READ_ONLY, 1, PROT_READ);
  return hart;
}

const sizeOf = (name: string): number => (name.includes('.w') ? 4 : 8);
const AMOS = ROWS.filter((row) => row.name.startsWith('amo'));

test('read-modify-write of words and doublewords', async () => {
  const hart = await newHart();
  assert.is(AMOS.length, 18);
  for (const { name } of AMOS) {
    const width = sizeOf(name) * 8;
    const model = ATOMIC_MODELS[name.split('.')[0]];
    hart.code(CODE, [encode(name, 12, 11, 10)]);
    for (const address of [DATA + 8, FAR + 16, ...(width === 32 ? [DATA + 4, FAR + 4092] : [])]) {
      for (const m of EDGES)
        for (const b of EDGES) {
          hart.writeU64(address & 4 ? address - 4 : address, address & 4 ? (m << 32n) | 0x5a5a5a5an : m);
          const before = hart.readU64(address & 4 ? address - 4 : address);
          hart.setX(10, BigInt(address));
          hart.setX(11, b);
          hart.steps(CODE, 1);
          const old = BigInt.asUintN(width, m);
          const next = model(old, BigInt.asUintN(width, b), width);
          const place = address & 4 ? 32n : 0n;
          const expected = (before & ~u64((2n ** BigInt(width) - 1n) << place)) | (next << place);
          assert.is(hart.x(12), u64(BigInt.asIntN(width, old)), `${name} rd`);
          assert.is(hart.readU64(address & 4 ? address - 4 : address), u64(expected), `${name} ${m.toString(16)} ${b.toString(16)}`);
        }
    }
  }
});

test('one register may be address, operand and result; x0 discards', async () => {
  const hart = await newHart();
  hart.writeU64(DATA, 7n);
  hart.code(CODE, [encode('amoadd.d', 10, 10, 10), encode('amoswap.d', 0, 11, 12), encode('lr.d', 0, 12)]);
  hart.setX(10, BigInt(DATA));
  hart.setX(11, 99n);
  hart.setX(12, BigInt(DATA));
  hart.steps(CODE, 3);
  assert.is(hart.x(10), 7n);
  assert.is(hart.readU64(DATA), 99n);
  assert.is(hart.x(0), 0n);
});

test('aq and rl change nothing', async () => {
  const hart = await newHart();
  for (const bits of [0, 1, 2, 3]) {
    hart.writeU64(DATA, 40n);
    hart.code(CODE, [(encode('amoadd.d', 12, 11, 10) | (bits << 25)) >>> 0]);
    hart.setX(10, BigInt(DATA));
    hart.setX(11, 2n);
    hart.steps(CODE, 1);
    assert.is(hart.readU64(DATA), 42n);
  }
});

/** lr at x10, then the words between, then sc of x11 at x13: the result register of sc and what is in memory. */
function pair(hart: Hart, suffix: 'w' | 'd', between: readonly number[], scSuffix = suffix, scAddress = DATA): [bigint, bigint] {
  hart.writeU64(DATA, 0xffffffff80000001n);
  hart.code(CODE, [encode(`lr.${suffix}`, 12, 10), ...between, encode(`sc.${scSuffix}`, 14, 11, 13)]);
  hart.setX(10, BigInt(DATA));
  hart.setX(11, 0x55n);
  hart.setX(13, BigInt(scAddress));
  hart.steps(CODE, 2 + between.length);
  assert.is(hart.x(12), suffix === 'w' ? 0xffffffff80000001n : 0xffffffff80000001n);
  return [hart.x(14), hart.readU64(DATA)];
}

test('store conditional succeeds once, at the reserved address only', async () => {
  const hart = await newHart();
  assert.equal(pair(hart, 'd', []), [0n, 0x55n]);
  assert.equal(pair(hart, 'w', []), [0n, 0xffffffff00000055n]);
  assert.is(pair(hart, 'd', [], 'd', DATA + 8)[0], 1n, 'another address');
  assert.equal(pair(hart, 'd', [], 'w'), [0n, 0xffffffff00000055n], 'a word of a reserved doubleword');
  assert.is(pair(hart, 'd', [], 'w', DATA + 4)[0], 1n, 'its other word');
  // The second of two fails.
  hart.code(CODE, [encode('lr.d', 12, 10), encode('sc.d', 14, 11, 10), encode('sc.d', 15, 11, 10)]);
  hart.steps(CODE, 3);
  assert.equal([hart.x(14), hart.x(15)], [0n, 1n]);
  // A failed one drops the reservation, too.
  hart.code(CODE, [encode('lr.d', 12, 10), encode('sc.d', 14, 11, 13), encode('sc.d', 15, 11, 10)]);
  hart.setX(13, BigInt(DATA + 16));
  hart.steps(CODE, 3);
  assert.equal([hart.x(14), hart.x(15)], [1n, 1n]);
  // None without a reservation.
  hart.code(CODE, [encode('sc.w', 14, 11, 10)]);
  hart.steps(CODE, 1);
  assert.is(hart.x(14), 1n);
});

test('the value changed in between: store conditional fails', async () => {
  const hart = await newHart();
  assert.equal(pair(hart, 'd', [encode('sd', 0, 0, 10)]), [1n, 0n]);
  assert.equal(pair(hart, 'w', [encode('amoadd.w', 0, 11, 10)])[0], 1n);
});

test('a switch of threads between the two makes store conditional fail', async () => {
  const hart = await newHart();
  const context = hart.core.exports.contextCreate();
  hart.writeU64(DATA, 1n);
  hart.code(CODE, [encode('lr.d', 12, 10), encode('sc.d', 14, 11, 10)]);
  hart.setX(10, BigInt(DATA));
  hart.steps(CODE, 1);
  hart.core.exports.contextSave(context);
  hart.core.exports.contextLoad(context);
  hart.steps(CODE + 4, 1);
  assert.equal([hart.x(14), hart.readU64(DATA)], [1n, 1n]);
  hart.core.exports.contextRelease(context);
});

test('misaligned atomics: an alignment fault at the instruction, nothing changed', async () => {
  const hart = await newHart();
  for (const { name } of ROWS.filter((row) => row.extension === 'A')) {
    const read = name.startsWith('lr');
    hart.code(CODE, [read ? encode(name, 12, 10) : encode(name, 12, 11, 10)]);
    for (let offset = 1; offset < sizeOf(name); offset++) {
      hart.writeU64(DATA, 0x1111n);
      hart.setX(10, BigInt(DATA + offset));
      hart.setX(11, 3n);
      hart.setX(12, 77n);
      hart.pc = CODE;
      const before = hart.instructions;
      assert.is(hart.run(10), X.EXIT_FAULT, name);
      assert.is(hart.pc, CODE);
      assert.is(hart.instructions, before);
      assert.is(hart.fault, `${X.FAULT_ALIGN} ${read ? X.ACCESS_READ : X.ACCESS_WRITE} ${(DATA + offset).toString(16)}`, name);
      assert.equal([hart.x(12), hart.readU64(DATA)], [77n, 0x1111n]);
    }
  }
});

test('atomics on read-only and on missing pages fault as stores, lr as a load', async () => {
  const hart = await newHart();
  for (const { name } of ROWS.filter((row) => row.extension === 'A')) {
    const read = name.startsWith('lr');
    hart.code(CODE, [read ? encode(name, 12, 10) : encode(name, 12, 11, 10)]);
    hart.setX(10, BigInt(HOLE));
    hart.pc = CODE;
    assert.is(hart.run(1), X.EXIT_FAULT, name);
    assert.is(hart.fault, `${X.FAULT_MAPERR} ${read ? X.ACCESS_READ : X.ACCESS_WRITE} ${HOLE.toString(16)}`);
    hart.setX(10, BigInt(READ_ONLY));
    hart.pc = CODE;
    if (read) {
      assert.is(hart.run(1), X.EXIT_BUDGET);
      assert.is(hart.x(12), 5n);
      continue;
    }
    assert.is(hart.run(1), X.EXIT_FAULT, name);
    assert.is(hart.pc, CODE);
    assert.is(hart.fault, `${X.FAULT_ACCERR} ${X.ACCESS_WRITE} ${READ_ONLY.toString(16)}`);
    assert.is(hart.readU64(READ_ONLY), 5n);
  }
});

test.run();
