/**
 * The core's F and D arithmetic against real instructions: a program with every operation, run by qemu-riscv64 on a seeded
 * vector set. Its source is generated from the table of operations; it runs on riscv64 hardware too.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testWith } from '../support/tools.js';
import { loadFloat } from './float-core.js';
import { execute, OPERATIONS, type Operation } from './float-ops.js';
import { gridOperands, Random, randomOperands } from './float-vectors.js';

const CASES = Number(process.env.FLOAT_CASES ?? 3000); // random operands per operation
const SEED = Number(process.env.FLOAT_SEED ?? 7);
const GRID_STRIDE = 3; // every third combination of special values, in all rounding modes
const IN_BYTES = 32; // u32 operation, u32 rounding mode, u64 operands[3]
const OUT_BYTES = 16; // u64 result, u64 flags
const FOLDER = 'build/float';

/** One case of the program's switch: clear flags, set the rounding mode, execute, read both back. */
function caseOf(operation: Operation, index: number): string {
  const names = ['a', 'b', 'c'];
  const moves = operation.operands.map((kind, i) =>
    kind === 'integer' ? '' : `fmv.${kind === 's' ? 'w' : 'd'}.x ft${i}, %[${names[i]}]\\n`,
  );
  const target = operation.result === 'integer' ? '%[r]' : 'ft3';
  const sources = operation.operands.map((kind, i) => (kind === 'integer' ? `%[${names[i]}]` : `ft${i}`));
  const back = operation.result === 'integer' ? '' : `fmv.x.${operation.result === 's' ? 'w' : 'd'} %[r], ft3\\n`;
  const mnemonic = operation.name.replaceAll('_', '.');
  const text = `${moves.join('')}fsrm %[rm]\\nfsflags zero\\n${mnemonic} ${target}, ${sources.join(', ')}\\n${back}`;
  return `    case ${index}: __asm__ volatile("${text}"
      "frflags %[f]\\n" : [r] "=&r"(r), [f] "=&r"(f) : [a] "r"(a), [b] "r"(b), [c] "r"(c), [rm] "r"((uint64_t)in.rm)
      : "ft0", "ft1", "ft2", "ft3");
      ${operation.result === 's' ? 'r = (uint32_t)r;' : ''} break;`;
}

function programSource(): string {
  return `#include <stdint.h>
#include <stdio.h>
struct in { uint32_t op, rm; uint64_t a, b, c; } in;
int main(void) {
  while (fread(&in, sizeof in, 1, stdin) == 1) {
    uint64_t a = in.a, b = in.b, c = in.c, r = 0, f = 0;
    switch (in.op) {
${OPERATIONS.map(caseOf).join('\n')}
    }
    uint64_t out[2] = { r, f };
    if (fwrite(out, sizeof out, 1, stdout) != 1) return 1;
  }
  return 0;
}
`;
}

function buildProgram(): string {
  const source = programSource();
  const path = `${FOLDER}/vectors-${createHash('sha256').update(source).digest('hex').slice(0, 16)}`;
  if (existsSync(path)) return path;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${path}.c`, source);
  const gcc = spawnSync('riscv64-linux-gnu-gcc', ['-O1', '-static', '-o', path, `${path}.c`], { encoding: 'utf8' });
  assert.is(gcc.status, 0, gcc.stderr);
  return path;
}

interface Vector {
  operation: Operation;
  rm: number;
  values: bigint[];
}

function vectors(): Vector[] {
  const list: Vector[] = [];
  const random = new Random(SEED);
  for (const operation of OPERATIONS) {
    let i = 0;
    for (const values of gridOperands(operation)) {
      const modes = operation.rounds ? 5 : 1;
      for (let rm = 0; rm < modes; rm++) if (i++ % GRID_STRIDE === 0) list.push({ operation, rm, values });
    }
    for (let n = 0; n < CASES; n++) list.push({ operation, rm: random.below(5), values: randomOperands(random, operation) });
  }
  return list;
}

testWith(test, ['riscv64-linux-gnu-gcc', 'qemu-riscv64'], 'results and flags are those of the real instructions', () => {
  const core = loadFloat();
  const list = vectors();
  const input = new DataView(new ArrayBuffer(list.length * IN_BYTES));
  list.forEach(({ operation, rm, values }, i) => {
    input.setUint32(i * IN_BYTES, OPERATIONS.indexOf(operation), true);
    input.setUint32(i * IN_BYTES + 4, rm, true);
    for (let n = 0; n < values.length; n++) input.setBigUint64(i * IN_BYTES + 8 + 8 * n, values[n], true);
  });
  const run = spawnSync('qemu-riscv64', [buildProgram()], {
    input: new Uint8Array(input.buffer),
    maxBuffer: list.length * OUT_BYTES + 4096,
  });
  assert.is(run.status, 0, run.stderr?.toString());
  assert.is(run.stdout.length, list.length * OUT_BYTES);
  const problems: string[] = [];
  list.forEach(({ operation, rm, values }, i) => {
    const bits = run.stdout.readBigUInt64LE(i * OUT_BYTES);
    const flags = Number(run.stdout.readBigUInt64LE(i * OUT_BYTES + 8));
    const got = execute(core, operation, values, rm, 0);
    if (got.bits === bits && got.flags === flags) return;
    const operands = values.map((value) => value.toString(16)).join(' ');
    problems.push(
      `${operation.name} rm ${rm} ${operands}: ${got.bits.toString(16)} flags ${got.flags}, hardware ${bits.toString(16)} flags ${flags}`,
    );
  });
  assert.is(problems.length, 0, `${problems.length} of ${list.length} differ\n${problems.slice(0, 8).join('\n')}`);
});

test.run();
