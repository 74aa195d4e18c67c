/** Our encodings against the GNU assembler's: every row of the table with many operands, pseudo-instructions, relocations. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assemble, formatDiagnostic } from '../../host/asm/index.js';
import { readElf } from '../../host/debug/elf.js';
import { alignmentOf, F_NAMES, type Field, ROUNDING_NAMES, rangeOf, X_NAMES } from '../../host/debug/fields.js';
import { INSTRUCTIONS, type Instruction, type OperandSyntax } from '../../host/debug/instructions.js';
import { gnuArchitecture, gnuText } from '../support/gnu.js';
import { Random } from '../support/random.js';
import { testWith } from '../support/tools.js';

const NEEDS = ['riscv64-linux-gnu-as', 'riscv64-linux-gnu-ld'];
const TEXT_ADDRESS = 0x100b0;

const generator = new Random(1);
const random = (limit: number): number => generator.below(limit);
const pick = <T>(list: readonly T[]): T => generator.pick(list);

function fieldSample(field: Field): string {
  switch (field.type) {
    case 'x':
    case 'f': {
      const number = field.compressed ? 8 + random(8) : random(32);
      const usable = number === field.except || number === 0 ? 9 : number;
      return field.type === 'x' ? X_NAMES[usable] : F_NAMES[number];
    }
    case 'fixed':
      return X_NAMES[field.register];
    case 'csr':
      return pick(['fflags', 'frm', 'fcsr', 'cycle', 'mstatus', '0x7c0', 'hpmcounter3']);
    case 'rm':
      return field.exact ? '' : pick(ROUNDING_NAMES.filter((name) => name !== ''));
    case 'fence':
      return pick(['r', 'w', 'rw', 'iorw', 'io', 'ir']);
    case 'imm': {
      if (field.target) return pick(['1b', '2f']);
      const [low, high] = rangeOf(field);
      const step = alignmentOf(field);
      const value = pick([low, high, low + random((high - low) / step) * step, step, field.nonzero ? step : 0]);
      // A compressed shift by 0 is a hint, which the GNU assembler spells otherwise.
      if ((field.nonzero || field.hex) && value === 0) return String(step);
      return field.upper ? `0x${(value & 0xfffff).toString(16)}` : String(value);
    }
  }
}

function operandSample(syntax: OperandSyntax): string {
  if (syntax.kind === 'field') return fieldSample(syntax.field);
  return `${syntax.offset === undefined ? '' : fieldSample(syntax.offset)}(${fieldSample(syntax.base)})`;
}

function sample(row: Instruction): string {
  const operands = row.operands.map(operandSample).filter((text) => text !== '');
  const line = `${row.name} ${operands.join(', ')}`;
  return /1b|2f/.test(operands.join(' ')) ? `1: nop\n${line}\n2:` : line;
}

/** Rows that the GNU assembler spells otherwise or refuses. */
const UNKNOWN_TO_GNU = new Set(['c.unimp', 'pause']);

function ours(source: string): Uint8Array {
  const { elf, errors } = assemble(source, 'corpus.s');
  assert.equal(errors.map(formatDiagnostic), []);
  const file = elf as Uint8Array;
  const text = readElf(file)?.sections.find((s) => s.name === '.text');
  assert.is(text?.address, TEXT_ADDRESS);
  return file.subarray(text?.offset, (text?.offset ?? 0) + (text?.size ?? 0));
}

function compare(lines: readonly string[], arch: string): void {
  const source = `.globl _start\n_start:\n${lines.join('\n')}\n`;
  const actual = ours(source);
  // The GNU assembler pads a section to its alignment at the end.
  const padded = gnuText(source, TEXT_ADDRESS, arch);
  assert.ok(padded.length >= actual.length && padded.length < actual.length + 16, `${padded.length} bytes, ours ${actual.length}`);
  const expected = padded.subarray(0, actual.length);
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  if (hex(actual) === hex(expected)) return;
  // Find the first line that differs by assembling ever shorter beginnings of ours.
  const difference = actual.findIndex((byte, i) => byte !== expected[i]);
  const low = Math.max(0, difference - 8);
  assert.unreachable(
    `differs at .text+${difference}: ${hex(actual.subarray(low, difference + 8))} ${hex(expected.subarray(low, difference + 8))}`,
  );
}

testWith(test, NEEDS, 'every row, with many operands, encodes as by the GNU assembler', () => {
  const { arch, missing } = gnuArchitecture();
  const rows = INSTRUCTIONS.filter((row) => !UNKNOWN_TO_GNU.has(row.name) && !(missing.includes('zicond') && row.name.startsWith('czero')));
  const lines: string[] = ['.option norvc'];
  for (const row of rows.filter((r) => r.length === 4)) for (let i = 0; i < 12; i++) lines.push(sample(row));
  lines.push('.option rvc');
  for (const row of rows.filter((r) => r.length === 2)) {
    // Within reach of c.beqz, which the GNU assembler would make longer otherwise.
    for (let i = 0; i < 12; i++) lines.push(sample(row).replace('1: nop', '1: c.nop'));
  }
  compare(lines, arch);
});

testWith(test, NEEDS, 'pseudo-instructions encode as by the GNU assembler', () => {
  const { arch } = gnuArchitecture();
  const text = `
    .option norvc
    nop; mv a0, a1; not s1, t0; neg a0, a1; negw a0, a1; sext.w a0, a1; zext.b a0, a1; zext.w a0, a1
    seqz a0, a1; snez a0, a1; sltz a0, a1; sgtz a0, a1; sgt a0, a1, a2; sgtu a0, a1, a2
    1: beqz a0, 1b; bnez a0, 1b; blez a0, 1b; bgez a0, 1b; bltz a0, 1b; bgtz a0, 1b
    bgt a0, a1, 1b; ble a0, a1, 1b; bgtu a0, a1, 1b; bleu a0, a1, 1b
    j 1b; jal 1b; jal t0, 1b; jr a0; jr 8(a0); jalr a0; jalr 8(a0); jalr t0, a0; jalr t0, a0, 8; jalr t0, 8(a0); ret
    fence; scall; sbreak; ecall; ebreak; fence.i; fence.tso; unimp
    frflags a0; frrm a0; frcsr a0; fsflags a0; fsflags a0, a1; fsrm a0; fsrm a0, a1; fscsr a0; fscsr a0, a1
    fsflagsi 3; fsflagsi a0, 3; fsrmi 3; fsrmi a0, 3; rdcycle a0; rdtime a0; rdinstret a0
    csrr a0, fcsr; csrw fcsr, a0; csrs fcsr, a0; csrc fcsr, a0; csrwi fcsr, 1; csrsi fcsr, 1; csrci fcsr, 1
    csrw fcsr, 5; csrs fcsr, 5; csrc fcsr, 5; csrrw a0, fcsr, 5
    fmv.s fa0, fa1; fabs.s fa0, fa1; fneg.s fa0, fa1; fmv.d fa0, fa1; fabs.d fa0, fa1; fneg.d fa0, fa1
    fgt.s a0, fa0, fa1; fge.s a0, fa0, fa1; fgt.d a0, fa0, fa1; fge.d a0, fa0, fa1; fmv.x.s a0, fa0; fmv.s.x fa0, a0
    add a0, a1, 5; addw a0, a1, 5; and a0, a1, 5; or a0, a1, 5; xor a0, a1, 5; slt a0, a1, 5; sltu a0, a1, 5
    sll a0, a1, 5; srl a0, a1, 5; sra a0, a1, 5; sllw a0, a1, 5; srlw a0, a1, 5; sraw a0, a1, 5
    ror a0, a1, 5; rorw a0, a1, 5; bset a0, a1, 5; bclr a0, a1, 5; binv a0, a1, 5; bext a0, a1, 5
    li a0, 0; li a0, -2048; li a0, 4096; li a0, 0x12345678; li a0, -0x80000000; li a0, 0x7fffffff
    la a0, 1b; lla a0, _start; call _start; tail _start; jump _start, t0
    lb a0, _start; lwu a0, 1b; ld a0, _start + 8; sw a0, _start, t0; flw fa0, _start, t0; fsd fa0, 1b, t0
    lui a0, %hi(_start); addi a0, a0, %lo(_start); lw a1, %lo(_start + 4)(a0); sw a1, %lo(_start)(a0)
    2: auipc a0, %pcrel_hi(_start); addi a0, a0, %pcrel_lo(2b); ld a1, %pcrel_lo(2b)(a0); sd a1, %pcrel_lo(2b)(a0)
    .align 4
    .byte 1, 2
    .p2align 3
    .balign 16
    .word _start - 1b, . - _start, 2b
    .dword 2b + 12 * 4`;
  compare([text], arch);
});

testWith(test, NEEDS, 'expressions have the precedence of the GNU assembler', () => {
  const { arch } = gnuArchitecture();
  const lines: string[] = [];
  const operators = ['+', '-', '*', '<<', '>>', '&', '|', '^', '==', '<', '>=', '&&', '||', '/', '%'];
  for (let i = 0; i < 400; i++) {
    let text = String(random(9));
    for (let k = random(5); k >= 0; k--) {
      const operator = pick(operators);
      const operand = operator === '/' || operator === '%' ? 1 + random(9) : random(9);
      const nested = `(${operand} ${pick(['+', '*', '-'])} ${pick(['~', '-', ''])}${random(5)} + 100)`;
      text += ` ${operator} ${random(4) === 0 ? nested : operand}`;
    }
    lines.push(`.dword ${text}`);
  }
  compare(lines, arch);
});

test.run();
