/**
 * Random programs over all instructions, compiled at once and interpreted: the same registers, memory, counts and exits wherever they stop.
 *
 *   npx tsx tests/jit/random.test.ts --seed 5 --count 10000000    another seed, at least so many instructions
 */
import { setFlagsFromString } from 'node:v8';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EXIT_BUDGET, EXIT_ECALL } from '../../assembly/shared/exit.js';
import { hasRelaxedSimd } from '../../host/jit/features.js';
import { Jit, type JitOptions } from '../../host/jit/jit.js';
import { DATA, DUMP_BYTES, type Program, randomProgram, TEXT, textOf, usableRows } from '../isa/random-program.js';
import { Hart, RW, RWX } from '../support/hart.js';
import { fuzzSeed, Random } from '../support/random.js';

const COUNT_CI = 50_000;
const ITEMS = 120;
const TURNS = 12;
const TEXT_PAGES = 4;

function argument(name: string, fallback: number): number {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

// V8 of node 20 has the fused multiply-add behind a flag.
if (!hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');

/**
 * How floating point is compiled: with and without what engines may have, for results that are inexact and for those that are exact.
 * Baseline code, alone and with regions.
 */
const KINDS: readonly JitOptions[] = [
  {},
  { precise: true },
  { tiers: 'baseline' },
  { fused: false },
  { threshold: 100, tiers: 'both' },
  { fused: false, precise: true },
  { tiers: 'baseline', tailCalls: false },
];

async function start(program: Program, options: JitOptions | undefined): Promise<Hart> {
  const hart = await Hart.create({ jit: false });
  if (options !== undefined) new Jit(hart.core, { threshold: 1, ...options });
  hart.map(TEXT, TEXT_PAGES, RWX);
  hart.map(DATA, DUMP_BYTES / 4096, RW);
  hart.write(TEXT, textOf(program));
  hart.write(DATA, program.data);
  hart.pc = TEXT;
  return hart;
}

function state(hart: Hart): string {
  const words: string[] = [`pc ${hart.pc.toString(16)}`, `instructions ${hart.instructions}`, `accesses ${hart.accesses}`];
  for (let n = 0; n < 32; n++) words.push(`x${n} ${hart.x(n).toString(16)}`);
  for (let n = 0; n < 32; n++) words.push(`f${n} ${hart.f(n).toString(16)}`);
  words.push(`fflags ${hart.fflags} frm ${hart.frm}`);
  return words.join('\n');
}

/** Both run in the same turns, long and short; the exit of the last one. */
async function compare(seed: number, program: Program, random: Random): Promise<number> {
  const plain = await start(program, undefined);
  const fast = await start(program, KINDS[seed % KINDS.length]);
  for (let turn = 0; ; turn++) {
    const budget = random.chance(0.2) ? 1 + random.below(20) : 1 + random.below(2000);
    const before = plain.instructions;
    const reasons = [plain.run(budget), fast.run(budget)];
    const where = `seed ${seed}, turn ${turn}, ${budget} instructions from ${before}`;
    assert.is(reasons[1], reasons[0], `${where}: exit`);
    assert.is(state(fast), state(plain), where);
    if (reasons[0] === EXIT_BUDGET) continue;
    assert.is(reasons[0], EXIT_ECALL, where);
    assert.equal(fast.read(DATA, DUMP_BYTES), plain.read(DATA, DUMP_BYTES), where);
    return plain.instructions;
  }
}

async function compareMany(rows: ReturnType<typeof usableRows>, count: number): Promise<void> {
  let seed = argument('--seed', fuzzSeed(1));
  for (let instructions = 0; instructions < count; seed++) {
    const random = new Random(seed);
    const program = randomProgram(random, rows, ITEMS, TURNS);
    instructions += await compare(seed, program, random);
  }
}

test('compiled and interpreted random programs are the same at every stop', async () => {
  await compareMany(usableRows([]), argument('--count', COUNT_CI));
});

test('so are those of floating-point instructions', async () => {
  const rows = usableRows([]).filter(({ extension }) => extension === 'F' || extension === 'D');
  await compareMany(rows, argument('--count', COUNT_CI));
});

test.run();
