/**
 * Compiled and interpreted code in lockstep: random control flow (flow-program.ts), stopped after random numbers of instructions, over
 * memory that faults, is copied on write, protected, moved and swapped out. At every stop all that can be seen is the same.
 *
 *   PAGEWALK_SEED=5 PAGEWALK_ROUNDS=100 npx tsx tests/jit/flow.test.ts    other programs; a failure names its seed
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EXIT_BUDGET, EXIT_ECALL, EXIT_FAULT, EXIT_IO, FAULT_IO, SWAP_AREA } from '../../assembly/shared/exit.js';
import * as L from '../../assembly/shared/layout.js';
import { SWAP_STAT_IN } from '../../assembly/shared/stat.js';
import { Jit } from '../../host/jit/jit.js';
import { MemorySwap, SwapArea } from '../../host/vfs/swap.js';
import { Hart, RW, RWX, RX } from '../support/hart.js';
import { fuzzRounds, fuzzSeed, Random } from '../support/random.js';
import { DATA, DATA_PAGES, type FlowProgram, flowProgram, STACK, STACK_PAGES } from './flow-program.js';

const ROUNDS = 17;
const TEXT_PAGES = 16;
/** Of one program, at most; of all together, at least. */
const INSTRUCTIONS = 60_000;
const INSTRUCTIONS_CI = 1_000_000;
const PROT_READ = 1;
const SWAP_BYTES = 1 << 22;

/** A machine with a swap area. */
interface Guest {
  readonly hart: Hart;
  readonly swap: SwapArea;
}

interface Setup {
  readonly program: FlowProgram;
  readonly data: Uint8Array;
  readonly registers: readonly bigint[];
}

async function start({ program, data, registers }: Setup, threshold: number | undefined): Promise<Guest> {
  const hart = await Hart.create({ jit: false });
  const swap = new SwapArea(hart.core);
  assert.ok(swap.open(SWAP_BYTES, new MemorySwap()));
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
  return { hart, swap };
}

function state(hart: Hart): string {
  const words = [`pc ${hart.pc.toString(16)} instructions ${hart.instructions} accesses ${hart.accesses}`];
  for (let n = 0; n < 32; n++) words.push(`x${n} ${hart.x(n).toString(16)}`);
  for (let n = 0; n < 32; n++) words.push(`f${n} ${hart.f(n).toString(16)}`);
  words.push(`fflags ${hart.fflags} frm ${hart.frm}`);
  return words.join('\n');
}

/** Something that the kernel might do between two slices, done to every machine. */
function disturb(random: Random, program: FlowProgram, guests: readonly Guest[], spaces: number[]): void {
  const harts = guests.map(({ hart }) => hart);
  const page = DATA + random.below(DATA_PAGES) * L.PAGE_SIZE;
  const textPage = (program.address & -L.PAGE_SIZE) + random.below(TEXT_PAGES) * L.PAGE_SIZE;
  switch (random.chance(0.15) ? 7 + random.below(5) : random.below(7)) {
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
    case 7: {
      // The same bytes once more: code that was compiled is dropped.
      const at = program.address + 4 * random.below(program.code.length >> 2);
      for (const hart of harts) hart.write(at, hart.read(at, 4));
      return;
    }
    case 8:
      for (const hart of harts) hart.protect(textPage, 1, RX);
      return;
    case 9:
      for (const hart of harts) hart.protect(textPage, 1, 0);
      return;
    case 10:
      for (const hart of harts) hart.core.exports.flushInstructionCache();
      return;
    case 4:
    case 5:
    case 6:
      // What is shared after a fork stays.
      for (const { hart, swap } of guests) {
        hart.core.exports.pageOut(hart.space, page, page + 2 * L.PAGE_SIZE);
        swap.writeOut();
      }
      return;
    default:
      for (const hart of harts) {
        hart.core.exports.spaceActivate(0);
        hart.core.exports.spaceActivate(hart.space);
      }
  }
}

/** After an exit that is none of the program's: a page comes back, or what was forbidden is allowed again. */
function repair(program: FlowProgram, { hart, swap }: Guest, reason: number): void {
  if (reason === EXIT_IO) {
    assert.is(hart.core.u32[(L.HART + L.HART_IO_OBJECT) >>> 2], SWAP_AREA);
    swap.fill(hart.core.ioIndex, () => 0);
    return;
  }
  const address = hart.core.readU64(L.HART + L.HART_FAULT_ADDRESS);
  const page = address - (address % L.PAGE_SIZE);
  const text = program.address & -L.PAGE_SIZE;
  if (page >= text && page < text + TEXT_PAGES * L.PAGE_SIZE) hart.protect(page, 1, RWX);
  else hart.map(page, 1, RW);
}

/** What happened in one program, or in all. */
interface Counts {
  instructions: number;
  faults: number;
  swappedIn: number;
}

async function lockstep(seed: number): Promise<Counts> {
  const random = new Random(seed);
  const setup: Setup = {
    program: flowProgram(random),
    data: random.bytes(DATA_PAGES * L.PAGE_SIZE),
    registers: Array.from({ length: 32 }, () => (BigInt(random.u32()) << 32n) | BigInt(random.u32())),
  };
  const { program } = setup;
  const guests = [await start(setup, undefined), await start(setup, 1), await start(setup, 60)];
  const [plain, ...others] = guests.map(({ hart }) => hart);
  const spaces: number[] = [];
  const quiet = random.chance(0.2);
  let faults = 0;
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
    if (reason === EXIT_FAULT || reason === EXIT_IO) {
      faults++;
      for (const guest of guests) repair(program, guest, reason);
    } else assert.is(reason, EXIT_BUDGET, where);
    if (!quiet && random.chance(0.5)) disturb(random, program, guests, spaces);
  }
  const swappedIn = plain.core.exports.swapStat(SWAP_STAT_IN);
  const memories = guests.map((guest) => dataOf(program, guest));
  for (const memory of memories) assert.equal(memory, memories[0], `seed ${seed}: data`);
  return { instructions: plain.instructions, faults, swappedIn };
}

function dataOf(program: FlowProgram, guest: Guest): Uint8Array {
  const { hart } = guest;
  for (let page = 0; page < DATA_PAGES; page++) {
    hart.protect(DATA + page * L.PAGE_SIZE, 1, RW);
    // A page that lies in the swap area comes back when it is asked for.
    while (hart.core.exports.userCopyIn(hart.space, DATA + page * L.PAGE_SIZE, 1) === FAULT_IO) repair(program, guest, EXIT_IO);
  }
  return hart.read(DATA, DATA_PAGES * L.PAGE_SIZE);
}

test('control flow compiled and interpreted is the same at every stop, a million instructions with faults', async () => {
  const first = fuzzSeed(1);
  const sum: Counts = { instructions: 0, faults: 0, swappedIn: 0 };
  const rounds = fuzzRounds(ROUNDS);
  for (let seed = first; seed < first + rounds; seed++) {
    const { instructions, faults, swappedIn } = await lockstep(seed);
    sum.instructions += instructions;
    sum.faults += faults;
    sum.swappedIn += swappedIn;
  }
  if (rounds < ROUNDS) return;
  assert.ok(sum.instructions >= INSTRUCTIONS_CI, JSON.stringify(sum));
  assert.ok(sum.faults >= 100 && sum.swappedIn >= 50, JSON.stringify(sum));
});

test.run();
