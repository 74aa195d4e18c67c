/** Any text given to the assembler: a file or errors with places inside the text, never an exception. Replay with PAGEWALK_SEED=n. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assemble, formatDiagnostic } from '../../host/asm/index.js';
import { readElf } from '../../host/debug/elf.js';
import { INSTRUCTIONS } from '../../host/debug/instructions.js';
import { fuzzRounds, fuzzSeed, Random } from '../support/random.js';

const SEED = fuzzSeed(20240611);
const ROUNDS = fuzzRounds(3000);

const generator = new Random(SEED);
const random = (limit: number): number => generator.below(limit);
const pick = <T>(list: readonly T[]): T => generator.pick(list);

const WORDS = [
  ...['a0', 'sp', 'zero', 'fa0', 'x31', 'f0', 'fp', '1b', '2f', '0b', 'label', '.L0', '.', '_start', 'rtz', 'iorw', 'fcsr', 'cycle'],
  ...['0', '1', '-1', '2047', '0x7fffffff', '0xffffffffffffffff', '99999999999999999999', '1.5', '1e400', '09', "'a'", "'\\n'", "'"],
  ...[
    '(',
    ')',
    ',',
    '+',
    '-',
    '*',
    '/',
    '%',
    '<<',
    '>>',
    '&',
    '|',
    '~',
    '!',
    '==',
    ':',
    '=',
    '@',
    '%hi(',
    '%lo(',
    '%pcrel_lo(',
    '"x"',
    '"\\',
  ],
  ...['\n', '\n', '\n', ';', '#', '//', '/*', '*/', '\t', '\u0000', '\u{1f600}', '\ud800', '\r\n', '"'],
  ...['.text', '.data', '.bss', '.section', '.byte', '.word', '.dword', '.zero', '.fill', '.align', '.balign', '.equ', '.set', '.globl'],
  ...['.asciz', '.ascii', '.float', '.double', '.comm', '.size', '.type', '.option', '.previous', '.pushsection', '.popsection', '.skip'],
  ...['li', 'la', 'call', 'tail', 'j', 'ret', 'csrw', 'fence', 'lw', 'sw', 'flw', 'jalr', 'nop', 'beqz'],
];

function check(text: string): void {
  const result = assemble(text, 'fuzz.s');
  if (result.elf !== undefined) {
    assert.is(result.errors.length, 0);
    assert.ok(readElf(result.elf) !== undefined);
    return;
  }
  assert.ok(result.errors.length > 0);
  const lines = text.split('\n');
  for (const error of result.errors) {
    assert.ok(error.line >= 1 && error.line <= lines.length, `line ${error.line}`);
    assert.ok(error.column >= 1 && error.column <= lines[error.line - 1].length + 1, `column ${error.column} of line ${error.line}`);
    assert.ok(formatDiagnostic(error).includes(error.message));
  }
}

function guarded(text: string): void {
  try {
    check(text);
  } catch (error) {
    throw new Error(`PAGEWALK_SEED=${SEED}: ${JSON.stringify(text.slice(0, 2000))}`, { cause: error });
  }
}

test('random words', () => {
  for (let i = 0; i < ROUNDS; i++) {
    let text = '_start:\n';
    for (let k = random(40); k > 0; k--)
      text += pick([pick(WORDS), pick(WORDS), pick(INSTRUCTIONS).name]) + pick([' ', ' ', ', ', '', '\n']);
    guarded(text);
  }
});

test('a good program with characters changed', () => {
  const good = `
    .equ N, 10
    _start: li a0, N * 2 + 'a'   # comment
    1: addi a0, a0, -1; bnez a0, 1b
    la a1, text; call f; fadd.d fa0, fa1, fa2, rtz
    f: lw t0, 8(sp); amoadd.w.aq a0, a1, (a2); csrrwi a0, fcsr, 3; c.addi a0, 1; fence rw, w
    .data
    text: .asciz "a\\tb\\x41"; .align 3; .dword text + 4, 1f - 1b; 1: .float 1.5, -inf; .comm buffer, 64, 8
    .size f, . - f /* block
    comment */`;
  assert.is(assemble(good.replace('.size f, . - f', '')).errors.length, 0);
  for (let i = 0; i < ROUNDS; i++) {
    let text = good;
    for (let k = 1 + random(4); k > 0; k--) {
      const at = random(text.length);
      text =
        text.slice(0, at) +
        pick(['', pick(WORDS), String.fromCharCode(random(128)), text.slice(random(at + 1), at)]) +
        text.slice(at + random(3));
    }
    guarded(text);
  }
});

test('random bytes', () => {
  for (let i = 0; i < ROUNDS / 10; i++) {
    const bytes = Uint8Array.from({ length: random(300) }, () => random(256));
    guarded(new TextDecoder().decode(bytes));
  }
});

test('deep, long and large', () => {
  const many = 20000;
  for (const text of [
    `_start: .word ${'('.repeat(many)}1`,
    `_start: .word ${'-'.repeat(many)}1`,
    `_start: .word 1${'+1'.repeat(many)}`,
    `_start: .word x${'+x'.repeat(many)}\nx=1`,
    `_start: .word ${'('.repeat(150)}x${'+x'.repeat(200)}${')'.repeat(150)}\nx=1`,
    `_start: li a0, x0\n${Array.from({ length: 3000 }, (_, i) => `.equ y${i}, y${i + 1}`).join('\n')}\n.word y0`,
    `_start:\n${Array.from({ length: 3000 }, (_, i) => `.equ z${i}, z${i + 1} + 1`).join('\n')}\n.word z0\n.equ z3000, 1`,
    `_start: .zero 0xffffffffff\n.fill 0xfffffff, 8, 1\n.fill 0xfffffff, 8, 1`,
    `_start: .bss\n${'.zero 1 << 35\n'.repeat(10)}`,
    `_start: .word ${'9'.repeat(many)}`,
    `_start: .float ${'9'.repeat(many)}, 1e999999999, 0.${'0'.repeat(many)}1e20000, 1e-999999999`,
    `_start: ${'a'.repeat(many)} a0`,
    `${'_start:'}${'1: '.repeat(many)}`,
    `_start: nop${' '.repeat(many)}x`,
    `.align 17\n.balign 3\n.align -1\n.align 1 << 62\n_start:`,
  ]) {
    guarded(text);
  }
});

test.run();
