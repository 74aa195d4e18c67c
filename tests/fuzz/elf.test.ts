/**
 * Hostile ELF files: the headers of the lessons with bytes flipped, fields replaced by awkward numbers, tails cut off. A program may
 * be refused (SystemError), end, be killed or use up its fuel; nothing else may happen. Replay with PAGEWALK_SEED=N, longer with
 * PAGEWALK_ROUNDS=N.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SystemError } from '../../host/embed/errors.js';
import { run } from '../../host/embed/run.js';
import { loadCore } from '../../host/index-node.js';
import { fuzzRounds, fuzzSeed, Random } from '../support/random.js';

const HEADERS_BYTES = 64 + 56 * 4;
const PROGRAM_HEADER_BYTES = 56;
const AWKWARD = [
  0n,
  1n,
  0xfffn,
  0x1000n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  1n << 38n,
  1n << 47n,
  (1n << 63n) - 1n,
  (1n << 64n) - 1n,
];

const programs = readdirSync('examples/bin').map((name) => readFileSync(`examples/bin/${name}`));

function mutate(random: Random): Uint8Array {
  const bytes = Uint8Array.from(random.pick(programs));
  const view = new DataView(bytes.buffer);
  for (let n = 1 + random.below(4); n > 0; n--) {
    switch (random.below(5)) {
      case 0:
        bytes[random.below(HEADERS_BYTES)] ^= 1 << random.below(8);
        break;
      case 1: // a field of the file header
        view.setUint16(16 + random.below(24) * 2, Number(random.pick(AWKWARD) & 0xffffn), true);
        break;
      case 2: // a field of a program header: offset, address, sizes, alignment
        view.setBigUint64(64 + random.below(4) * PROGRAM_HEADER_BYTES + 8 * random.below(7), random.pick(AWKWARD), true);
        break;
      case 3: // its type or flags
        view.setUint32(64 + random.below(4) * PROGRAM_HEADER_BYTES + 4 * random.below(2), random.below(9), true);
        break;
      default: // a segment that overlaps another
        bytes.copyWithin(64 + PROGRAM_HEADER_BYTES, 64, 64 + PROGRAM_HEADER_BYTES);
    }
  }
  return random.chance(0.15) ? bytes.slice(0, random.below(bytes.length)) : bytes;
}

test('mutated headers are refused or run to some end', async () => {
  const module = await loadCore();
  const seed = fuzzSeed(1);
  const seen = { refused: 0, ended: 0 };
  for (let round = 0; round < fuzzRounds(250); round++) {
    const program = mutate(new Random(seed + round));
    try {
      const result = await run({ module, program, memory: '16M', limits: { instructions: 2_000_000, timeMs: 20_000 } });
      assert.ok(['exit', 'signal', 'fuel', 'memory', 'deadlock'].includes(result.reason), `seed ${seed + round}: ${result.reason}`);
      seen.ended++;
    } catch (error) {
      assert.instance(error, SystemError, `seed ${seed + round}: ${error}`);
      seen.refused++;
    }
  }
  assert.ok(seen.refused > 0 && seen.ended > 0, JSON.stringify(seen));
});

test('any bytes at all', async () => {
  const module = await loadCore();
  const seed = fuzzSeed(1000);
  for (let round = 0; round < fuzzRounds(60); round++) {
    const random = new Random(seed + round);
    const program = random.bytes(random.below(500));
    if (random.chance(0.7)) program.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1].slice(0, program.length));
    let refused: unknown;
    try {
      await run({ module, program, memory: '16M', limits: { instructions: 100_000 } });
    } catch (error) {
      refused = error;
    }
    assert.instance(refused, SystemError, `seed ${seed + round}`);
  }
});

test.run();
