/** The disassembler against objdump and against the assembler. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assemble } from '../../host/asm/index.js';
import { CSR_NUMBERS } from '../../host/debug/csr.js';
import { disassemble, disassembleWord } from '../../host/debug/disassemble.js';
import { INSTRUCTIONS } from '../../host/debug/instructions.js';
import { ListingError, listing } from '../../host/debug/listing.js';
import { IMMEDIATE_FORMS } from '../../host/generated/instructions.js';
import { type GnuLine, objdump, runTool, withFolder } from '../support/gnu.js';
import { Random } from '../support/random.js';
import { testWith } from '../support/tools.js';

const generator = new Random(7);
const random = (limit: number): number => generator.below(limit);

/** objdump up to 2.40 shows addi as `add`, csrrwi as `csrrw`...: the alias table's first spelling. */
function normalise(text: string): string {
  const [mnemonic, ...rest] = text.split(' ');
  const operands = rest.join(' ').split(',');
  const last = operands[operands.length - 1];
  const named: Readonly<Record<string, string>> = { ...IMMEDIATE_FORMS, fsrm: 'fsrmi', fsflags: 'fsflagsi' };
  if (!Object.hasOwn(named, mnemonic) || !/^-?(0x[0-9a-f]+|\d+)$/.test(last)) return text;
  return mnemonic.startsWith('csr') && operands.length < 2 ? text : `${named[mnemonic]} ${operands.join(',')}`;
}

/** Where we mean to differ from objdump. Returns the reason. */
function knownDifference(line: GnuLine, theirs: string, ours: string): string | undefined {
  if (theirs.endsWith('unknown')) return 'a reserved rounding mode makes the instruction illegal';
  if (/^\.[24]byte/.test(theirs) && /^(fence|pause)/.test(ours)) return 'reserved fields of fences are ignored, as the manual says';
  if (/^\.4byte/.test(theirs) && /^czero/.test(ours)) return 'Zicond is newer than this objdump';
  if (/^\.4byte/.test(theirs) && /^fcvt\.d\.(w|wu|s) /.test(ours)) return 'a reserved rounding mode where it has no effect';
  if (/^csr/.test(theirs) && /,?0x[0-9a-f]+/.test(ours)) {
    const name = theirs
      .split(' ')[1]
      .split(',')
      .find((part) => /^[a-z]/.test(part) && ours.indexOf(part) < 0);
    if (name !== undefined && !CSR_NUMBERS.has(name)) return 'a CSR whose name we leave out';
  }
  if (line.length === 2 && /^c\./.test(theirs)) return 'a compressed hint is shown as what it does';
  if (line.length === 2 && /^addi (\w+),\1,0$/.test(theirs) && /^mv /.test(ours)) return 'c.addi with 0 is a hint';
  if (line.word === 0x6101) return 'c.addi16sp with 0 is reserved';
  return undefined;
}

function compare(lines: readonly GnuLine[]): Map<string, number> {
  const reasons = new Map<string, number>();
  const wrong: string[] = [];
  for (const line of lines) {
    const theirs = normalise(line.text);
    const ours = disassemble(line.word, line.address, { symbol: () => 'x' }).replace(/ <x>$/, '');
    if (ours === theirs) continue;
    const reason = knownDifference(line, theirs, ours);
    if (reason === undefined) wrong.push(`${line.word.toString(16)}: objdump '${theirs}', ours '${ours}'`);
    else reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  assert.is(wrong.length, 0, `${wrong.length} differ:\n${wrong.slice(0, 20).join('\n')}`);
  return reasons;
}

function dumpBytes(directives: readonly string[]): GnuLine[] {
  return withFolder((folder) => {
    const { elf } = assemble(`_start:\n${directives.join('\n')}\n`);
    const path = join(folder, 'a.elf');
    writeFileSync(path, elf as Uint8Array);
    return objdump(path);
  });
}

testWith(test, ['riscv64-linux-gnu-objdump'], 'all 16-bit words as by objdump', () => {
  const halves = Array.from({ length: 65536 }, (_, i) => i).filter((half) => (half & 3) !== 3);
  const lines = dumpBytes(halves.map((half) => `.half ${half}`));
  assert.is(lines.length, 49152);
  compare(lines);
});

testWith(test, ['riscv64-linux-gnu-objdump'], 'random words as by objdump', () => {
  const words: number[] = [];
  for (let i = 0; i < 40000; i++) {
    // Half of them near an instruction: its fixed bits right, or all but one.
    let word = random(65536) * 65536 + random(65536);
    if (i % 2 === 0) {
      const row = INSTRUCTIONS[random(INSTRUCTIONS.length)];
      word = ((word & ~row.mask) | row.match) >>> 0;
      if (i % 8 === 0) word = (word ^ (1 << (7 + random(25)))) >>> 0;
    }
    word = (word | 3) >>> 0;
    // objdump takes 11111 for the start of a longer instruction.
    words.push((word & 0x1f) === 0x1f ? (word ^ 4) >>> 0 : word);
  }
  const lines = dumpBytes(words.map((word) => `.word ${word}`));
  assert.is(lines.length, words.length);
  compare(lines);
});

testWith(test, ['riscv64-linux-gnu-objdump', 'riscv64-linux-gnu-gcc'], 'a static glibc program as by objdump', () => {
  withFolder((folder) => {
    const source = join(folder, 'a.c');
    const program = join(folder, 'a.elf');
    writeFileSync(
      source,
      '#include <stdio.h>\n#include <math.h>\nint main(int c, char **v) { printf("%g %s", sqrt(c), v[0]); return 0; }\n',
    );
    runTool('riscv64-linux-gnu-gcc', ['-O2', '-static', source, '-o', program, '-lm']);
    const lines = objdump(program);
    assert.ok(lines.length > 50000);
    assert.equal([...compare(lines).keys()], []);
  });
});

test('every row is found again from its own bits', () => {
  for (const row of INSTRUCTIONS) {
    for (let i = 0; i < 20; i++) {
      const word = ((random(65536) * 65536 + random(65536)) & ~row.mask) | row.match;
      const shown = disassembleWord(row.length === 2 ? word & 0xffff : word >>> 0, 0, { raw: true });
      assert.is(shown.length, row.length);
    }
  }
});

test('what the disassembler prints assembles to the same bytes', () => {
  const lines: string[] = [];
  const words: number[] = [];
  for (const row of INSTRUCTIONS.filter((r) => r.length === 4)) {
    for (let i = 0; i < 6; i++) {
      const word = (((random(65536) * 65536 + random(65536)) & ~row.mask) | row.match) >>> 0;
      for (const raw of [false, true]) {
        const { mnemonic, operands } = disassembleWord(word, 0, { raw });
        // Targets are distances here; the assembler wants addresses. Reserved fields of fences are not printed.
        if (mnemonic.startsWith('.') || /^(j|jal|b\w+|fence|fence\.\w+|pause)$/.test(mnemonic)) continue;
        lines.push(`${mnemonic} ${operands}`);
        words.push(/^fcvt\.d\.(w|wu|s)$/.test(mnemonic) ? (word & ~0x7000) >>> 0 : word);
      }
    }
  }
  const { elf, errors } = assemble(`_start:\n${lines.join('\n')}\n`);
  assert.equal(
    errors.map((e) => `${e.text}: ${e.message}`),
    [],
  );
  const view = new DataView((elf as Uint8Array).buffer, 0xb0);
  for (const [i, line] of lines.entries()) assert.is(view.getUint32(i * 4, true).toString(16), words[i].toString(16), line);
});

test('text, targets and symbols', () => {
  const symbol = (address: number): string => `f+${address}`;
  assert.is(disassemble(0x00000013, 0), 'nop');
  assert.is(disassemble(0x00000013, 0, { raw: true }), 'addi zero,zero,0');
  assert.is(disassemble(0x4501, 0), 'li a0,0');
  assert.is(disassemble(0x4501, 0, { raw: true }), 'c.li a0,0');
  assert.is(disassemble(0x0000006f, 0x1000), 'j 0x1000');
  assert.is(disassemble(0x0000006f, 0x1000, { symbol }), 'j 1000 <f+4096>');
  assert.is(disassemble(0xfe000ee3, 0), 'beqz zero,0xfffffffffffffffc');
  assert.is(disassemble(0xffffffff, 0), '.4byte 0xffffffff');
  assert.is(disassemble(0, 0), 'unimp');
  assert.is(disassemble(0x00008067, 0), 'ret');
});

test('a listing names functions; other files are refused', () => {
  const { elf } = assemble('.globl _start\n_start: call twice\nli a7, 93\necall\ntwice: slli a0, a0, 1\nret\n.data\n.word 5');
  const lines = [...listing(elf as Uint8Array)];
  assert.ok(lines.includes('00000000000100e8 <_start>:'), lines.join('\n'));
  assert.ok(lines.some((line) => /slli\s+a0,a0,0x1$/.test(line)));
  assert.ok([...listing(elf as Uint8Array, { section: '.data' })].length > 2);
  assert.throws(
    () => [...listing(elf as Uint8Array, { section: '.nope' })],
    (e: unknown) => e instanceof ListingError,
  );
  assert.throws(
    () => [...listing(new Uint8Array(100))],
    (e: unknown) => e instanceof ListingError,
  );
  const intel = Uint8Array.from(elf as Uint8Array);
  intel[18] = 62;
  intel[19] = 0;
  assert.throws(
    () => [...listing(intel)],
    (e: unknown) => e instanceof ListingError && /not a RISC-V/.test(e.message),
  );
  // Any damage gives lines or a ListingError.
  for (let i = 0; i < 300; i++) {
    const broken = Uint8Array.from(elf as Uint8Array);
    for (let k = 0; k < 6; k++) broken[random(k < 3 ? 200 : broken.length)] = random(256);
    try {
      assert.type([...listing(broken.subarray(0, random(4) === 0 ? random(broken.length) : broken.length))].length, 'number');
    } catch (error) {
      assert.instance(error, ListingError);
    }
  }
});

test.run();
