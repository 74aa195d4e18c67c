/**
 * Compiled and interpreted code in lockstep: random control flow (flow-program.ts), stopped after random numbers of instructions, over
 * memory that faults, is copied on write, protected and moved. At every stop all that can be seen is the same.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EXIT_BUDGET, EXIT_ECALL, EXIT_FAULT } from '../../assembly/shared/exit.js';
import * as L from '../../assembly/shared/layout.js';
import { Jit } from '../../host/jit/jit.js';
import { Hart, RW, RWX, RX } from '../support/hart.js';
import { fuzzRounds, fuzzSeed, Random } from '../support/random.js';
import { DATA, DATA_PAGES, type FlowProgram, flowProgram, STACK, STACK_PAGES } from './flow-program.js';

const ROUNDS = 12;
const TEXT_PAGES = 16;
const INSTRUCTIONS = 60_000;
const PROT_READ = 1;

interface Setup {
  readonly program: FlowProgram;
  readonly data: Uint8Array;
  readonly registers: readonly bigint[];
}

async function start({ program, data, registers }: Setup, threshold: number | undefined): Promise<Hart> {
  const hart = await Hart.create();
  if (threshold !== undefined) new Jit(hart.core, { threshold });
  hart.map(program.address & -L.PAGE_SIZE, TEXT_PAGES, RWX);
  hart.map(DATA, DATA_PAGES, RW);
  hart.map(STACK, STACK_PAGES, RW);
  hart.write(program.address, program.code);
  hart.write(DATA, data);
  registers.forEach((value, n) => {
    hart.setX(n, value);
    hart.setF(n, value * 0x9e3779b97f4a7c15n);
  });
  hart.setX(2, BigInt(STACK + STACK_PAGES * L.PAGE_SIZE - 64));
  hart.setX(8, BigInt(DATA));
  hart.setX(25, 1_000_000n);
  // Offsets stay 256 bytes inside the data, but for a few that don't.
  hart.setX(26, BigInt(DATA_PAGES * L.PAGE_SIZE - 8));
  hart.setX(27, BigInt(DATA + 512));
  hart.pc = program.address;
  return hart;
}

function state(hart: Hart): string {
  const words = [`pc ${hart.pc.toString(16)} instructions ${hart.instructions} accesses ${hart.accesses}`];
  for (let n = 0; n < 32; n++) words.push(`x${n} ${hart.x(n).toString(16)}`);
  for (let n = 0; n < 32; n++) words.push(`f${n} ${hart.f(n).toString(16)}`);
  words.push(`fflags ${hart.fflags} frm ${hart.frm}`);
  return words.join('\n');
}

/** Something that the kernel might do between two slices, done to every machine. */
function disturb(random: Random, program: FlowProgram, harts: readonly Hart[], spaces: number[]): void {
  const page = DATA + random.below(DATA_PAGES) * L.PAGE_SIZE;
  const textPage = (program.address & -L.PAGE_SIZE) + random.below(TEXT_PAGES) * L.PAGE_SIZE;
  switch (random.below(9)) {
    case 0:
      for (const hart of harts) hart.protect(page, 1, PROT_READ);
      return;
    case 1:
      for (const hart of harts) hart.protect(page, 1, 0);
      return;
    case 2: {
      const bytes = random.bytes(L.PAGE_SIZE);
      for (const hart of harts) {
        hart.core.exports.mmUnmap(hart.space, page, L.PAGE_SIZE);
        hart.map(page, 1, RW);
        hart.write(page, bytes);
      }
      return;
    }
    case 3:
      // The child stays: pages are shared from now on, so stores copy.
      if (spaces.length < 4) spaces.push(0);
      for (const hart of harts) hart.core.exports.spaceFork(hart.space);
      return;
    case 4: {
      // The same bytes once more: code that was compiled is dropped.
      const at = program.address + 4 * random.below(program.code.length >> 2);
      for (const hart of harts) hart.write(at, hart.read(at, 4));
      return;
    }
    case 5:
      for (const hart of harts) hart.protect(textPage, 1, RX);
      return;
    case 6:
      for (const hart of harts) hart.protect(textPage, 1, 0);
      return;
    case 7:
      for (const hart of harts) hart.core.exports.flushInstructionCache();
      return;
    default:
      for (const hart of harts) {
        hart.core.exports.spaceActivate(0);
        hart.core.exports.spaceActivate(hart.space);
      }
  }
}

/** After a fault: what was forbidden is allowed again. */
function repair(program: FlowProgram, hart: Hart): void {
  const address = hart.core.readU64(L.HART + L.HART_FAULT_ADDRESS);
  const page = address - (address % L.PAGE_SIZE);
  const text = program.address & -L.PAGE_SIZE;
  if (page >= text && page < text + TEXT_PAGES * L.PAGE_SIZE) hart.protect(page, 1, RWX);
  else hart.map(page, 1, RW);
}

async function lockstep(seed: number): Promise<void> {
  const random = new Random(seed);
  const setup: Setup = {
    program: flowProgram(random),
    data: random.bytes(DATA_PAGES * L.PAGE_SIZE),
    registers: Array.from({ length: 32 }, () => (BigInt(random.u32()) << 32n) | BigInt(random.u32())),
  };
  const { program } = setup;
  const plain = await start(setup, undefined);
  const others = [await start(setup, 1), await start(setup, 60)];
  const spaces: number[] = [];
  const quiet = random.chance(0.3);
  for (let turn = 0; plain.instructions < INSTRUCTIONS; turn++) {
    const budget = random.chance(0.3) ? 1 + random.below(30) : 1 + random.below(4000);
    const where = `seed ${seed}, turn ${turn}, ${budget} instructions from ${plain.instructions} at ${plain.pc.toString(16)}`;
    const reason = plain.run(budget);
    const expected = state(plain);
    for (const [i, other] of others.entries()) {
      assert.is(other.run(budget), reason, `${where}, machine ${i}: exit`);
      assert.is(state(other), expected, `${where}, machine ${i}`);
      if (reason === EXIT_FAULT) assert.is(other.fault, plain.fault, `${where}, machine ${i}`);
    }
    if (reason === EXIT_ECALL) break;
    if (reason === EXIT_FAULT) for (const hart of [plain, ...others]) repair(program, hart);
    else assert.is(reason, EXIT_BUDGET, where);
    if (!quiet && random.chance(0.2)) disturb(random, program, [plain, ...others], spaces);
  }
  for (const hart of [plain, ...others]) for (let page = 0; page < DATA_PAGES; page++) hart.protect(DATA + page * L.PAGE_SIZE, 1, RW);
  for (const [i, other] of others.entries())
    assert.equal(
      other.read(DATA, DATA_PAGES * L.PAGE_SIZE),
      plain.read(DATA, DATA_PAGES * L.PAGE_SIZE),
      `seed ${seed}, machine ${i}: data`,
    );
}

test('control flow compiled and interpreted is the same at every stop', async () => {
  const first = fuzzSeed(1);
  for (let seed = first; seed < first + fuzzRounds(ROUNDS); seed++) await lockstep(seed);
});

test.run();
