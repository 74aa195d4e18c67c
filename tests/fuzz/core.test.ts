/**
 * Hostile input to the core: any bytes as instructions, any numbers as mapping calls. It may answer with exits and errno only: no trap,
 * no endless loop, and every frame back at the end. Replay with PAGEWALK_SEED=N, longer with PAGEWALK_ROUNDS=N.
 */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as X from '../../assembly/shared/exit.js';
import * as L from '../../assembly/shared/layout.js';
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE } from '../../assembly/shared/mman.js';
import { Core } from '../../host/core/core.js';
import { fuzzRounds, fuzzSeed, Random } from '../support/random.js';

const FRAMES = 2048;
const CODE = 0x100000;
const CODE_PAGES = 4;

async function createCore(): Promise<Core> {
  const core = await Core.create(new WebAssembly.Module(readFileSync('dist/core.wasm')));
  core.exports.coreInit(FRAMES, 0x10000);
  return core;
}

function newSpace(core: Core): number {
  const space = core.exports.spaceCreate();
  assert.ok(space !== 0);
  core.exports.spaceSetLayout(space, 0xff00000, 0x800000, 8 << 20);
  return space;
}

/** Half noise, half words that look like instructions: opcodes of every group with random fields. */
function randomCode(random: Random, bytes: number): Uint8Array {
  const opcodes = [
    0x03, 0x07, 0x0f, 0x13, 0x17, 0x1b, 0x23, 0x27, 0x2f, 0x33, 0x37, 0x3b, 0x43, 0x47, 0x4b, 0x4f, 0x53, 0x63, 0x67, 0x6f, 0x73,
  ];
  const code = random.bytes(bytes);
  const view = new DataView(code.buffer);
  for (let at = 0; at + 4 <= bytes; at += 2) {
    if (random.chance(0.01)) view.setUint32(at, random.pick([0x73, 0x100073]), true);
    else if (random.chance(0.4)) view.setUint32(at, ((random.u32() & ~0x7f) | random.pick(opcodes)) >>> 0, true);
  }
  return code;
}

test('random bytes as code end in exits, never in a trap', async () => {
  const core = await createCore();
  const random = new Random(fuzzSeed(1));
  let idle = 0;
  const seen = new Set<number>();
  for (let round = 0; round < fuzzRounds(300); round++) {
    const space = newSpace(core);
    core.exports.spaceActivate(space);
    const mapped = core.exports.mmMap(
      space,
      CODE,
      CODE_PAGES * L.PAGE_SIZE,
      PROT_READ | PROT_WRITE | PROT_EXEC,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
      0,
      0,
      0x70,
    );
    assert.is(mapped, CODE);
    for (let page = 0; page < CODE_PAGES; page++) {
      const at = core.exports.userPage(space, CODE + page * L.PAGE_SIZE, X.ACCESS_WRITE) >>> 0;
      assert.ok(at !== 0);
      core.u8.set(randomCode(random, L.PAGE_SIZE), at);
    }
    core.exports.flushInstructionCache();
    for (let n = 1; n < 32; n++)
      core.setReg(n, random.chance(0.7) ? CODE + random.below(CODE_PAGES * L.PAGE_SIZE) : random.u32() * random.u32());
    for (let i = 0; i < 64; i++) core.u32[((L.HART + L.HART_F) >>> 2) + i] = random.u32();
    core.pc = CODE + random.below(CODE_PAGES * 2048) * 2;
    const before = core.counter(L.COUNT_INSTRUCTIONS);
    for (let exits = 0; exits < 200; exits++) {
      const reason = core.exports.run(2000);
      seen.add(reason);
      assert.ok(reason >= X.EXIT_BUDGET && reason <= X.EXIT_MEMORY, `exit ${reason}`);
      core.pc = reason === X.EXIT_ECALL || reason === X.EXIT_EBREAK ? core.pc + 2 : CODE + random.below(CODE_PAGES * 2048) * 2;
    }
    assert.ok(core.counter(L.COUNT_INSTRUCTIONS) - before <= 200 * 2000);
    assert.is(core.reg(0), 0, `x0 changed in round ${round}`);
    core.exports.spaceRelease(space);
    // The core keeps frames for its own records: what the first rounds took may stay, no more.
    if (round < 10) idle = core.exports.framesInUse();
    assert.ok(core.exports.framesInUse() <= idle, `frames leaked in round ${round}`);
  }
  for (const reason of [X.EXIT_ECALL, X.EXIT_ILLEGAL, X.EXIT_FAULT]) assert.ok(seen.has(reason), `exit ${reason} was never seen`);
});

test('random mapping calls answer with addresses or errno and lose no frame', async () => {
  const core = await createCore();
  const { exports } = core;
  const hostile = [0, 1, 4095, 4096, 65536, 2 ** 31, 2 ** 32, 2 ** 38 - 4096, 2 ** 38, 2 ** 52, 2 ** 53 - 4096];
  let random = new Random(0);
  const address = (): number => (random.chance(0.2) ? random.pick(hostile) : CODE + random.below(64) * L.PAGE_SIZE);
  const length = (): number => (random.chance(0.1) ? random.pick(hostile) : random.below(16) * L.PAGE_SIZE + random.below(2));
  const play = (seed: number): number => {
    random = new Random(seed);
    const spaces = [newSpace(core)];
    for (let step = 0; step < 300; step++) {
      const space = random.pick(spaces);
      switch (random.below(9)) {
        case 0:
        case 1: {
          const flags = random.chance(0.8)
            ? random.pick([MAP_PRIVATE, MAP_SHARED]) | MAP_ANONYMOUS | (random.chance(0.5) ? MAP_FIXED : 0)
            : random.u32() | 0;
          const result = exports.mmMap(space, address(), length(), random.below(9), flags, 0, 0, 0x70);
          assert.ok(result >= 0 ? result % L.PAGE_SIZE === 0 && result < 2 ** 38 : result > -134, `mmap gave ${result}`);
          break;
        }
        case 2:
          assert.ok(exports.mmUnmap(space, address(), length()) <= 0);
          break;
        case 3:
          assert.ok(exports.mmProtect(space, address(), length(), random.below(8)) <= 0);
          break;
        case 4:
          exports.mmRemap(space, address(), length(), length(), random.below(8), address());
          break;
        case 5:
          exports.mmAdvise(space, address(), length(), random.below(26));
          break;
        case 6: {
          const at = exports.userPage(space, address(), random.below(3)) >>> 0;
          if (at !== 0) core.u8[at] = step;
          break;
        }
        case 7:
          exports.mmBrk(space, random.chance(0.3) ? random.pick(hostile) : 0x800000 + random.below(100) * 1000);
          break;
        default:
          if (spaces.length < 6) {
            const child = exports.spaceFork(space);
            if (child !== 0) spaces.push(child);
          } else exports.spaceRelease(spaces.splice(1 + random.below(spaces.length - 1), 1)[0]);
      }
    }
    for (const space of spaces) exports.spaceRelease(space);
    while (exports.objectNextFreed() !== 0);
    return exports.framesInUse();
  };
  for (let round = 0; round < fuzzRounds(40); round++) {
    // The first time may take frames that the core keeps for its records; the same again may take nothing.
    const seed = fuzzSeed(2) + round;
    const used = play(seed);
    assert.is(play(seed), used, `frames leaked with seed ${seed}`);
  }
});

test.run();
