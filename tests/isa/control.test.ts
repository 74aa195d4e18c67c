/** What surrounds the instructions: pages, budgets, faults and their pc, code that changes, counters. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as X from '../../assembly/shared/exit.js';
import { PROT_NONE } from '../../assembly/shared/mman.js';
import { encode } from '../support/encode.js';
import { codeBytes, Hart, RW, RWX, RX } from '../support/hart.js';
import { Random } from '../support/random.js';

const CODE = 0x10000;
const PAGE = 4096;
const DATA = 0x40000;
const HIGH = 0x30_0000_0000; // needs more than 32 bits, beyond every window

const NOP = encode('addi', 0, 0, 0);
const C_NOP = 1;
const ECALL = encode('ecall');
const add = (rd: number, value: number): number => encode('addi', rd, rd, value);

function load(hart: Hart, at: number, words: readonly number[]): void {
  hart.code(at, words);
  hart.pc = at;
}

test('execution runs on from page to page, 2 and 4 bytes at a time', async () => {
  for (const base of [CODE, HIGH]) {
    const hart = await Hart.create();
    hart.map(base, 3, RWX);
    for (const first of [encode('c.addi', 10, 1), add(10, 1)]) {
      const bytes = codeBytes(Array.from({ length: 2200 }, () => first));
      hart.write(base + 100, bytes);
      hart.code(base + 100 + bytes.length, [ECALL]);
      hart.setX(10, 0n);
      hart.pc = base + 100;
      assert.is(hart.run(10_000), X.EXIT_ECALL);
      assert.is(hart.x(10), 2200n);
      assert.is(hart.pc, base + 100 + bytes.length, 'pc is at the ecall');
    }
  }
});

test('an instruction across two pages: every kind of it', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 4, RWX);
  hart.map(DATA, 1, RW);
  const at = CODE + PAGE - 2;
  hart.writeU64(DATA, 0x1234n);
  const cases: readonly (readonly [word: number, pc: number, check: () => void])[] = [
    [add(10, 5), at + 4, () => assert.is(hart.x(10), BigInt(DATA) + 5n)],
    [encode('ld', 11, 0, 10), at + 4, () => assert.is(hart.x(11), 0x1234n)],
    [encode('sd', 12, 8, 10), at + 4, () => assert.is(hart.readU64(DATA + 8), 0x77n)],
    [encode('amoadd.d', 11, 12, 10), at + 4, () => assert.is(hart.readU64(DATA), 0x1234n + 0x77n)],
    [encode('auipc', 11, 1), at + 4, () => assert.is(hart.x(11), BigInt(at) + 0x1000n)],
    [encode('beq', 0, 0, 8), at + 8, () => {}],
    [encode('beq', 0, 0, -16), at - 16, () => {}],
    [encode('bne', 0, 0, 8), at + 4, () => {}],
    [encode('jal', 1, 0x1000), at + 0x1000, () => assert.is(hart.x(1), BigInt(at) + 4n)],
    [encode('jal', 1, -2), at - 2, () => assert.is(hart.x(1), BigInt(at) + 4n)],
    [encode('jalr', 1, 32, 13), CODE + 32, () => assert.is(hart.x(1), BigInt(at) + 4n)],
    [encode('fcvt.d.l', 1, 12, 0), at + 4, () => assert.is(hart.f(1), 0x405dc00000000000n)],
    [encode('csrrs', 11, 1, 0), at + 4, () => assert.is(hart.x(11), 0n)],
  ];
  for (const [word, pc, check] of cases) {
    hart.fflags = 0;
    hart.setX(10, BigInt(DATA));
    hart.setX(12, 0x77n);
    hart.setX(13, BigInt(CODE));
    hart.code(at, [word, NOP, NOP]);
    hart.writeU64(DATA, 0x1234n);
    hart.steps(at, 1);
    assert.is(hart.pc, pc, word.toString(16));
    check();
  }
  // And as part of a run, with what comes before and after.
  hart.code(at - 8, [add(10, 1), add(10, 1), add(10, 1), add(10, 1), ECALL]);
  hart.code(at - 2, [C_NOP]);
  hart.code(at - 10, [add(10, 1), add(10, 1), C_NOP, add(10, 1), add(10, 1), ECALL]);
  hart.setX(10, 0n);
  hart.pc = at - 10;
  assert.is(hart.run(100), X.EXIT_ECALL);
  assert.is(hart.x(10), 4n);
  assert.is(hart.pc, at + 8);
});

test('the second half of an instruction is looked at each time', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 2, RWX);
  const at = CODE + PAGE - 2;
  hart.code(at, [encode('addi', 10, 0, 1)]);
  hart.steps(at, 1);
  assert.is(hart.x(10), 1n);
  // Only the immediate, which lies in the second page, changes: by a write of the kernel, then by another page.
  hart.code(at, [encode('addi', 10, 0, 2)]);
  hart.steps(at, 1);
  assert.is(hart.x(10), 2n);
  assert.is(hart.core.exports.mmUnmap(hart.space, CODE + PAGE, PAGE), 0);
  hart.pc = at;
  const before = hart.instructions;
  assert.is(hart.run(1), X.EXIT_FAULT);
  assert.is(hart.pc, at, 'pc is at the instruction');
  assert.is(hart.fault, `${X.FAULT_MAPERR} ${X.ACCESS_EXEC} ${(CODE + PAGE).toString(16)}`, 'the address is that of the second half');
  assert.is(hart.instructions, before);
  hart.map(CODE + PAGE, 1, RWX);
  hart.write(CODE + PAGE, Uint8Array.of((encode('addi', 10, 0, 3) >>> 16) & 255, encode('addi', 10, 0, 3) >>> 24));
  hart.steps(at, 1);
  assert.is(hart.x(10), 3n);
  hart.protect(CODE + PAGE, 1, RW);
  hart.pc = at;
  assert.is(hart.run(1), X.EXIT_FAULT);
  assert.is(hart.fault, `${X.FAULT_ACCERR} ${X.ACCESS_EXEC} ${(CODE + PAGE).toString(16)}`);
});

test('jumps to where no code is: pc and address are the target', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 2, RX);
  hart.map(DATA, 1, RW);
  hart.map(DATA + PAGE, 1, PROT_NONE);
  hart.protect(CODE, 2, RWX);
  const targets: readonly (readonly [bigint, number])[] = [
    [0x900000n, X.FAULT_MAPERR],
    [BigInt(DATA), X.FAULT_ACCERR],
    [BigInt(DATA + PAGE), X.FAULT_ACCERR],
    [0n, X.FAULT_MAPERR],
    [2n ** 38n, X.FAULT_MAPERR],
    [2n ** 52n, X.FAULT_MAPERR],
    [2n ** 32n + BigInt(CODE), X.FAULT_MAPERR],
  ];
  for (const [target, kind] of targets) {
    hart.code(CODE, [encode('jalr', 1, 0, 10)]);
    hart.setX(10, target);
    hart.pc = CODE;
    const before = hart.instructions;
    assert.is(hart.run(10), X.EXIT_FAULT);
    assert.is(BigInt(hart.pc), target);
    assert.is(hart.fault, `${kind} ${X.ACCESS_EXEC} ${target.toString(16)}`);
    assert.is(hart.x(1), BigInt(CODE) + 4n, 'the jump itself was executed');
    assert.is(hart.instructions - before, 1);
  }
  // Off the end of the mapping, by running on and by a branch.
  hart.code(CODE + 2 * PAGE - 4, [NOP]);
  hart.pc = CODE + 2 * PAGE - 4;
  assert.is(hart.run(10), X.EXIT_FAULT);
  assert.is(hart.pc, CODE + 2 * PAGE);
  hart.code(CODE, [encode('beq', 0, 0, -8)]);
  hart.pc = CODE;
  assert.is(hart.run(10), X.EXIT_FAULT);
  assert.is(hart.pc, CODE - 8);
});

test('loads and stores that fault change nothing; pc is at the instruction', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 1, RWX);
  hart.map(DATA, 2, RW);
  hart.map(DATA + 2 * PAGE, 1, PROT_NONE);
  const hole = DATA + 2 * PAGE;
  for (const [name, bytes] of [
    ['lb', 1],
    ['lh', 2],
    ['lw', 4],
    ['ld', 8],
    ['fld', 8],
    ['flw', 4],
    ['sb', 1],
    ['sh', 2],
    ['sw', 4],
    ['sd', 8],
    ['fsd', 8],
  ] as const) {
    // Wholly inside the forbidden page, and with its last byte only.
    for (const start of [hole, hole - bytes + 1]) {
      hart.writeU64(hole - 8, 0x5555555555555555n);
      hart.setX(10, BigInt(start));
      hart.setX(11, 0x7777n);
      hart.setF(11, 0x7777n);
      load(hart, CODE, [NOP, encode(name, 11, 0, 10)]);
      const [instructions, accesses] = [hart.instructions, hart.accesses];
      assert.is(hart.run(10), X.EXIT_FAULT, name);
      assert.is(hart.pc, CODE + 4);
      const access = name.startsWith('s') || name === 'fsd' ? X.ACCESS_WRITE : X.ACCESS_READ;
      assert.is(hart.fault, `${X.FAULT_ACCERR} ${access} ${hole.toString(16)}`, name);
      assert.equal([hart.x(11), hart.f(11)], [0x7777n, 0x7777n]);
      assert.is(hart.readU64(hole - 8), 0x5555555555555555n, `${name}: no part is stored`);
      assert.equal([hart.instructions - instructions, hart.accesses - accesses], [1, 0]);
    }
  }
  for (const address of [2n ** 38n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 32n + BigInt(DATA)]) {
    hart.setX(10, address);
    load(hart, CODE, [encode('lbu', 11, 0, 10)]);
    assert.is(hart.run(1), X.EXIT_FAULT);
    assert.is(hart.fault.split(' ')[0], String(X.FAULT_MAPERR));
  }
});

test('illegal instructions and exits leave pc at the instruction', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 1, RWX);
  const words: readonly (readonly [number, number])[] = [
    [0, X.EXIT_ILLEGAL],
    [0xffffffff, X.EXIT_ILLEGAL],
    [0x10500073, X.EXIT_ILLEGAL], // wfi
    [0x30200073, X.EXIT_ILLEGAL], // mret
    [0x10200073, X.EXIT_ILLEGAL], // sret
    [0x12000073, X.EXIT_ILLEGAL], // sfence.vma
    [encode('ecall') | (1 << 7), X.EXIT_ILLEGAL],
    [ECALL, X.EXIT_ECALL],
    [encode('ebreak'), X.EXIT_EBREAK],
    [encode('c.ebreak'), X.EXIT_EBREAK],
  ];
  for (const [word, reason] of words) {
    load(hart, CODE, [NOP, C_NOP, word >>> 0]);
    const before = hart.instructions;
    assert.is(hart.run(100), reason, word.toString(16));
    assert.is(hart.pc, CODE + 6);
    assert.is(hart.instructions - before, reason === X.EXIT_ILLEGAL ? 2 : 3);
  }
});

test('the budget is exact wherever it ends', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 3, RWX);
  hart.map(DATA, 1, RW);
  // A loop with every kind of step: a page border, a straddle, a call and return, memory, floating point, an atomic.
  const start = CODE + PAGE - 14;
  const program = [
    add(10, 1), // -14
    C_NOP, // -10
    encode('c.addi', 11, 1), // -8
    encode('fadd.d', 1, 1, 2, 0), // -6
    encode('amoadd.d', 12, 10, 20), // -2: across the border
    encode('sd', 10, 8, 20), // 2
    encode('ld', 13, 8, 20), // 6
    encode('jal', 1, 10), // 10
    encode('c.addi', 14, 1), // 14: returned to
    encode('jal', 0, -(16 + 14)), // 16
    encode('c.addi', 15, 1), // 20: called
    encode('c.jr', 1), // 22
  ];
  const reset = (): void => {
    hart.code(start, program);
    for (let n = 1; n < 32; n++) hart.setX(n, 0n);
    hart.setX(20, BigInt(DATA));
    hart.setF(1, 0n);
    hart.setF(2, 0x3ff0000000000000n);
    hart.writeU64(DATA, 0n);
  };
  const state = (): string => `${Array.from({ length: 32 }, (_, n) => hart.x(n))} ${hart.f(1)} ${hart.readU64(DATA)} ${hart.pc}`;
  reset();
  const single: string[] = [];
  hart.pc = start;
  for (let i = 0; i < 60; i++) {
    assert.is(hart.run(1), X.EXIT_BUDGET);
    single.push(state());
  }
  for (let budget = 1; budget <= 60; budget++) {
    reset();
    hart.steps(start, budget);
    assert.is(state(), single[budget - 1], `budget ${budget}`);
  }
  const random = new Random(3);
  for (let round = 0; round < 200; round++) {
    reset();
    hart.pc = start;
    let left = 60;
    while (left > 0) {
      const budget = Math.min(left, random.below(20));
      assert.is(hart.run(budget), X.EXIT_BUDGET);
      left -= budget;
    }
    assert.is(state(), single[59]);
  }
  assert.is(hart.run(0), X.EXIT_BUDGET, 'no budget, no instruction');
  assert.is(state(), single[59]);
});

test('loads, stores and atomics are counted exactly', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 1, RWX);
  hart.map(DATA, 2, RW);
  hart.setX(10, BigInt(DATA));
  hart.setX(11, BigInt(DATA + PAGE - 3));
  const words = [
    NOP,
    encode('lw', 12, 0, 10),
    encode('c.lw', 12, 0, 10),
    encode('sd', 12, 0, 10),
    encode('ld', 12, 0, 11), // across pages: one access
    encode('lr.d', 12, 10),
    encode('sc.d', 12, 12, 10),
    encode('amoadd.w', 12, 12, 10),
    encode('fsd', 1, 0, 10),
    encode('flw', 1, 0, 10),
    add(12, 1),
  ];
  hart.code(CODE, words);
  for (const times of [1, 2]) {
    const before = hart.accesses;
    hart.steps(CODE, words.length);
    assert.is(hart.accesses - before, 9, `round ${times}`);
  }
});

test('code that is overwritten by its own stores', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 3, RWX);
  const target = CODE + 0x40;
  // Executes target, rewrites it by stores of every size, executes it again.
  for (const [name, bytes] of [
    ['sb', 1],
    ['sh', 2],
    ['sw', 4],
    ['sd', 8],
  ] as const) {
    for (let skip = 0; skip + bytes <= 8; skip += bytes) {
      const before = [encode('addi', 5, 0, 0x111), encode('addi', 6, 0, 0x222)];
      const after = [encode('addi', 5, 0, 0x333), encode('addi', 6, 0, 0x444)];
      const image = codeBytes(before);
      image.set(codeBytes(after).subarray(skip, skip + bytes), skip);
      const value = new DataView(
        Uint8Array.from([...codeBytes(after).subarray(skip, skip + bytes), ...new Uint8Array(8)]).buffer,
      ).getBigUint64(0, true);
      hart.code(target, [...before, encode('jalr', 0, 0, 1)]);
      hart.code(CODE, [encode('jal', 1, 0x40), encode(name, 11, skip, 10), encode('jal', 1, 0x40 - 8), ECALL]);
      hart.setX(10, BigInt(target));
      hart.setX(11, value);
      hart.pc = CODE;
      assert.is(hart.run(100), X.EXIT_ECALL);
      const view = new DataView(image.buffer);
      const wanted = [view.getInt32(0, true) >> 20, view.getInt32(4, true) >> 20];
      assert.equal([hart.x(5), hart.x(6)].map(Number), wanted, `${name} ${skip}`);
    }
  }
});

test('the next instruction is overwritten, and the second half of one that began before', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 2, RWX);
  hart.code(CODE, [encode('sw', 11, 0, 10), add(5, 1), ECALL]);
  hart.setX(10, BigInt(CODE + 4));
  for (const value of [7, 9, 11]) {
    hart.setX(5, 0n);
    hart.setX(11, BigInt(add(5, value)));
    hart.pc = CODE;
    assert.is(hart.run(10), X.EXIT_ECALL);
    assert.is(hart.x(5), BigInt(value));
  }
  // Only the upper half: the immediate of the instruction that starts 2 bytes before the store.
  hart.code(CODE, [encode('sh', 11, 2, 10), add(5, 1), ECALL]);
  for (const value of [20, 21]) {
    hart.setX(5, 0n);
    hart.setX(11, BigInt(add(5, value) >>> 16));
    hart.pc = CODE;
    assert.is(hart.run(10), X.EXIT_ECALL);
    assert.is(hart.x(5), BigInt(value));
  }
});

test('a loop that rewrites itself on every turn, with and without data beside it', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 1, RWX);
  // The addi at +8 adds x12, whose value the loop puts into its immediate; +64 is data of the same page.
  const program = [
    encode('slli', 13, 12, 20),
    encode('or', 13, 13, 14),
    encode('sw', 13, 16, 10),
    encode('sd', 12, 64, 10),
    add(5, 0),
    add(12, 1),
    encode('bne', 12, 15, -24),
    ECALL,
  ];
  hart.code(CODE, program);
  hart.setX(10, BigInt(CODE));
  hart.setX(12, 1n);
  hart.setX(14, BigInt(add(5, 0)));
  hart.setX(15, 501n);
  hart.pc = CODE;
  assert.is(hart.run(100_000), X.EXIT_ECALL);
  assert.is(hart.x(5), 125250n);
  assert.is(hart.readU64(CODE + 64), 500n);
});

test('a page that was code becomes data and code again', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 1, RX);
  hart.map(DATA, 1, RWX);
  hart.protect(CODE, 1, RWX);
  hart.code(CODE, [encode('sd', 11, 0, 10), add(10, 8), encode('bne', 10, 12, -8), encode('jalr', 1, 0, 13), ECALL]);
  for (const value of [3, 4, 5]) {
    const pair = BigInt(encode('addi', 6, 0, value)) | (BigInt(encode('jalr', 0, 0, 1)) << 32n);
    hart.setX(10, BigInt(DATA));
    hart.setX(11, pair);
    hart.setX(12, BigInt(DATA + PAGE));
    hart.setX(13, BigInt(DATA + 0x808));
    hart.pc = CODE;
    assert.is(hart.run(10_000), X.EXIT_ECALL);
    assert.is(hart.x(6), BigInt(value));
  }
});

test('code written by the kernel, remapped or made not executable is never run from a stale copy', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 1, RWX);
  for (let value = 0; value < 100; value++) {
    hart.code(CODE, [encode('addi', 5, 0, value)]);
    hart.steps(CODE, 1);
    assert.is(hart.x(5), BigInt(value));
  }
  hart.map(CODE, 1, RWX);
  hart.pc = CODE;
  assert.is(hart.run(1), X.EXIT_ILLEGAL, 'a fresh page holds zeros');
  hart.code(CODE, [NOP]);
  hart.steps(CODE, 1);
  hart.protect(CODE, 1, RW);
  hart.pc = CODE;
  assert.is(hart.run(1), X.EXIT_FAULT);
  assert.is(hart.fault, `${X.FAULT_ACCERR} ${X.ACCESS_EXEC} ${CODE.toString(16)}`);
});

test('after a fork parent and child run their own copies of a page', async () => {
  const hart = await Hart.create();
  const { exports } = hart.core;
  hart.map(CODE, 1, RWX);
  // The store moves the running page to a frame of its own in mid-run: the next instruction comes from there.
  hart.code(CODE, [encode('sw', 11, 4, 10), add(5, 1), ECALL]);
  hart.setX(10, BigInt(CODE));
  hart.setX(11, BigInt(add(5, 1)));
  hart.pc = CODE;
  assert.is(hart.run(10), X.EXIT_ECALL);
  const child = exports.spaceFork(hart.space);
  assert.ok(child !== 0);
  for (const [space, value] of [
    [child, 40],
    [hart.space, 50],
    [child, 60],
  ] as const) {
    exports.spaceActivate(space);
    hart.setX(5, 0n);
    hart.setX(11, BigInt(add(5, value)));
    hart.pc = CODE;
    assert.is(hart.run(10), X.EXIT_ECALL);
    assert.is(hart.x(5), BigInt(value));
  }
  exports.spaceActivate(hart.space);
  hart.code(CODE, [NOP]);
  hart.setX(5, 0n);
  hart.steps(CODE, 2);
  assert.is(hart.x(5), 50n);
  exports.spaceRelease(child);
});

test('hints do nothing', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 1, RWX);
  const hints = [
    encode('lui', 0, 5),
    encode('auipc', 0, 5),
    encode('addi', 0, 11, 3),
    encode('slti', 0, 10, 1),
    encode('add', 0, 10, 11),
    encode('fence', 1, 0), // pause
    encode('fence', 0, 0),
    encode('fence.tso'),
    encode('fence.i'),
    encode('c.nop'),
    encode('c.nop') | (5 << 2), // c.nop with an immediate
    encode('c.addi', 10, 0),
    encode('c.li', 0, 7),
    encode('c.lui', 0, 3),
    encode('c.slli', 0, 3),
    encode('c.slli', 10, 0),
    encode('c.srli', 10, 0),
    encode('c.mv', 0, 10),
    encode('c.add', 0, 10),
  ];
  for (let n = 1; n < 32; n++) hart.setX(n, BigInt(n) * 0x1111n);
  const before = Array.from({ length: 32 }, (_, n) => hart.x(n));
  const end = hart.code(CODE, hints);
  hart.steps(CODE, hints.length);
  assert.is(hart.pc, end);
  assert.equal(
    Array.from({ length: 32 }, (_, n) => hart.x(n)),
    before,
  );
});

test.run();
