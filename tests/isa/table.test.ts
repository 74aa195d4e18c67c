/** The instruction table: every row complete, no two rows for one word, and the decoder knows exactly what the disassembler knows. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EXIT_ILLEGAL } from '../../assembly/shared/exit.js';
import { findInstruction } from '../../host/debug/disassemble.js';
import { FIELDS } from '../../host/debug/fields.js';
import { ROWS, type Row } from '../../isa/table/index.js';
import { fieldNames } from '../support/encode.js';
import { Hart, RWX } from '../support/hart.js';
import { fuzzRounds, fuzzSeed, Random } from '../support/random.js';

const CODE = 0x10000;

function popcount(bits: number): number {
  let count = 0;
  for (let rest = bits >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
}

/** Bits of the word that the row's operands fill. */
function operandBits(row: Row): number {
  let bits = 0;
  for (const name of fieldNames(row)) {
    const field = FIELDS[name];
    const add = (bit: number, width: number): void => {
      const mask = ((2 ** width - 1) * 2 ** bit) >>> 0;
      assert.is(bits & mask, 0, `${row.name}: operand ${name} overlaps another`);
      bits = (bits | mask) >>> 0;
    };
    if (field.type === 'x' || field.type === 'f') add(field.bit, field.compressed ? 3 : 5);
    else if (field.type === 'imm') for (const [, bit, count] of field.pieces) add(bit, count);
    else if (field.type === 'csr') add(field.bit, 12);
    else if (field.type === 'rm') add(field.bit, 3);
    else if (field.type === 'fence') add(field.bit, 4);
  }
  return bits;
}

test('rows are complete and consistent', () => {
  const extensions = new Set('I M A F D C Zcd Zicsr Zifencei Zba Zbb Zbs Zicond'.split(' '));
  const names = new Set<string>();
  for (const row of ROWS) {
    assert.not(names.has(row.name), `${row.name} twice`);
    names.add(row.name);
    assert.ok(extensions.has(row.extension), `${row.name}: extension ${row.extension}`);
    assert.is((row.match & ~row.mask) >>> 0, 0, `${row.name}: match outside mask`);
    assert.is(row.mask & 3, 3, `${row.name}: the lowest bits give the length`);
    assert.ok(row.semantics !== '' && row.description.endsWith('.'), row.name);
    for (const name of fieldNames(row)) assert.ok(FIELDS[name] !== undefined, `${row.name}: operand ${name}`);
  }
  assert.equal(
    [...extensions].filter((extension) => !ROWS.some((row) => row.extension === extension)),
    [],
  );
});

test('mask and operands fill the word', () => {
  // aq and rl of atomics; what the manual reserves in fences "for finer-grain fences" and has implementations ignore.
  const free: Readonly<Record<string, number>> = { fence: 0xf00f8f80, 'fence.tso': 0x000f8f80, 'fence.i': 0xffff8f80 };
  for (const row of ROWS) {
    const operands = operandBits(row);
    assert.is((operands & row.mask) >>> 0, 0, `${row.name}: an operand has fixed bits`);
    const all = row.compressed ? 0xffff : 0xffffffff;
    assert.is((operands | row.mask | (free[row.name] ?? 0)) >>> 0, all, `${row.name}: ${((operands | row.mask) >>> 0).toString(16)}`);
  }
});

test('no word is two instructions', () => {
  for (const a of ROWS) {
    for (const b of ROWS) {
      if (a === b || popcount(a.mask) < popcount(b.mask)) continue;
      const common = a.mask & b.mask;
      if (((a.match ^ b.match) & common) !== 0) continue;
      // Only a special form of the other one, which the decoder tries first.
      const special = (a.mask & b.mask) === b.mask && a.mask !== b.mask;
      assert.ok(special, `${a.name} and ${b.name} overlap`);
    }
  }
});

test('every function of the table exists, and compressed rows stand for real instructions', () => {
  const sources = readdirSync('assembly/exec', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(`assembly/exec/${name}`, 'utf8'))
    .join('\n');
  const builtins = new Set('load min max clz ctz popcnt rotl rotr bswap box'.split(' '));
  for (const row of ROWS) {
    if (row.compressed) {
      const [name] = row.semantics.split(' ');
      assert.ok(name === 'unimp' || ROWS.some((other) => !other.compressed && other.name === name), `${row.name}: ${row.semantics}`);
      continue;
    }
    for (const [, name] of row.semantics.matchAll(/\b([a-z]\w*)(?:<\w+>)?\(/g))
      assert.ok(
        builtins.has(name) || new RegExp(`export function ${name}\\b|\\b${name}\\b[^\\n]*from`).test(sources),
        `${row.name}: ${name}()`,
      );
  }
});

test('generated files are fresh', () => {
  const result = spawnSync(process.execPath, ['--import', 'tsx', 'isa/generate.ts', '--check'], { encoding: 'utf8' });
  assert.is(result.status, 0, result.stderr);
});

/** Executes one word in its own slot and says whether the core takes it for an instruction. */
function isIllegal(hart: Hart, word: number, at: number): boolean {
  for (let n = 1; n < 32; n++) hart.setX(n, BigInt(CODE + 0x2000)); // data, out of the reach of the code page
  hart.frm = 0;
  hart.pc = at;
  const reason = hart.run(1);
  assert.ok(reason !== EXIT_ILLEGAL || hart.pc === at, `${word.toString(16)}: pc ${hart.pc.toString(16)} instead of ${at.toString(16)}`);
  return reason === EXIT_ILLEGAL;
}

/** CSR numbers are checked when the instruction is executed, so the disassembler knows nothing of them. */
const isCsr = (word: number): boolean => (word & 0x7f) === 0x73 && (word & 0x3000) !== 0;

function compareLegality(hart: Hart, words: readonly number[]): void {
  const wrong: string[] = [];
  const perPage = 4096 / 16;
  for (let first = 0; first < words.length; first += perPage) {
    const batch = words.slice(first, first + perPage);
    const bytes = new Uint8Array(4096);
    const view = new DataView(bytes.buffer);
    for (const [i, word] of batch.entries()) view.setUint32(i * 16, word, true);
    hart.write(CODE, bytes);
    for (const [i, word] of batch.entries()) {
      const row = findInstruction(word);
      const expected = row === undefined || row.name === 'c.unimp';
      if (isCsr(word) && !expected) continue;
      if (isIllegal(hart, word, CODE + i * 16) !== expected) wrong.push(`${word.toString(16)} ${row?.name ?? 'nothing'}`);
    }
  }
  assert.is(wrong.length, 0, `decoder and disassembler differ in ${wrong.length}: ${wrong.slice(0, 20).join(', ')}`);
}

test('all 16-bit words: the same are legal as for the disassembler', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 3, RWX);
  const halves = Array.from({ length: 65536 }, (_, i) => i).filter((half) => (half & 3) !== 3);
  compareLegality(hart, halves);
});

test('random 32-bit words: the same are legal as for the disassembler', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 3, RWX);
  const random = new Random(fuzzSeed(11));
  const rows = ROWS.filter((row) => !row.compressed);
  const words: number[] = [];
  for (let i = 0; i < fuzzRounds(60000); i++) {
    let word = random.u32();
    if (i % 4 !== 0) {
      const row = random.pick(rows);
      word = ((word & ~row.mask) | row.match) >>> 0;
      // One bit away from an instruction is where decoders go wrong.
      if (i % 4 === 1) word = (word ^ (1 << (7 + random.below(25)))) >>> 0;
    }
    words.push((word | 3) >>> 0);
  }
  compareLegality(hart, words);
});

test.run();
