/** The assembler by itself: layout, data, symbols, expressions, pseudo-instructions, errors. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assemble, formatDiagnostic } from '../../host/asm/index.js';
import { disassembleWord } from '../../host/debug/disassemble.js';
import { readElf, SymbolMap } from '../../host/debug/elf.js';

/** The bytes of one section after the source, with `_start` added. */
function section(source: string, name = '.text'): Uint8Array {
  const { elf, errors } = assemble(`_start:\n${source}`, 't.s');
  assert.equal(errors.map(formatDiagnostic), []);
  const file = readElf(elf as Uint8Array);
  const found = file?.sections.find((s) => s.name === name);
  return found === undefined ? new Uint8Array(0) : (elf as Uint8Array).slice(found.offset, found.offset + found.size);
}

function data(source: string): number[] {
  return [...section(`.data\n${source}`, '.data')];
}

/** The program as the disassembler shows it, from address 0. */
function code(source: string, raw = true): string[] {
  const bytes = section(source);
  const view = new DataView(bytes.buffer);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const half = view.getUint16(at, true);
    const word = (half & 3) === 3 ? view.getUint32(at, true) : half;
    const { length, mnemonic, operands } = disassembleWord(word, at, { raw });
    lines.push(`${mnemonic} ${operands}`.trim());
    at += length;
  }
  return lines;
}

/** Every error as "line:column: message". */
function errors(source: string): string[] {
  const result = assemble(source, 't.s');
  assert.is(result.elf, undefined);
  return result.errors.map((e) => `${e.line}:${e.column}: ${e.message}`);
}

test('data directives', () => {
  assert.equal(data(".byte 1, -1, 0xff, 'a', '\\n'"), [1, 255, 255, 97, 10]);
  assert.equal(data('.half 0x1234; .short -2'), [0x34, 0x12, 0xfe, 0xff]);
  assert.equal(data('.word 0x12345678, 0b101, 017'), [0x78, 0x56, 0x34, 0x12, 5, 0, 0, 0, 15, 0, 0, 0]);
  assert.equal(data('.dword 0x8000000000000000, -1'), [0, 0, 0, 0, 0, 0, 0, 0x80, 255, 255, 255, 255, 255, 255, 255, 255]);
  assert.equal(data('.asciz "A\\t\\x41\\101\\\\"\n.ascii "é", "z"'), [65, 9, 65, 65, 92, 0, 0xc3, 0xa9, 122]);
  assert.equal(data('.zero 2; .skip 1, 7; .fill 2, 2, 0x102'), [0, 0, 7, 2, 1, 2, 1]);
  assert.equal(data('.byte 1; .balign 4; .byte 2; .p2align 1, 9; .byte 3'), [1, 0, 0, 0, 2, 9, 3]);
  assert.equal(data('.float 1.5, -inf'), [0, 0, 0xc0, 0x3f, 0, 0, 0x80, 0xff]);
  assert.equal(data('.double 1e3, nan'), [0, 0, 0, 0, 0, 0x40, 0x8f, 0x40, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f]);
});

test('a float is rounded once', () => {
  // Just above the middle of 1 and the next float; the nearest double is the middle itself.
  assert.equal(data('.float 1.00000005960464477539062500001'), [1, 0, 0x80, 0x3f]);
  assert.equal(data('.float 1.000000059604644775390625'), [0, 0, 0x80, 0x3f]);
  assert.equal(data('.float 1.00000005960464477539062499999'), [0, 0, 0x80, 0x3f]);
  assert.equal(data('.float 3.4028235677973366163753939545815e38'), [0, 0, 0x80, 0x7f]);
  assert.equal(data('.float 3.4028235677973366163753939545814e38'), [0xff, 0xff, 0x7f, 0x7f]);
  assert.equal(data('.float 7.006492321624085354618e-46'), [0, 0, 0, 0]);
  assert.equal(data('.float 7.006492321624085354619e-46'), [1, 0, 0, 0]);
});

test('expressions', () => {
  const value = (text: string): number => new DataView(Uint8Array.from(data(`.dword ${text}`)).buffer).getInt32(0, true);
  assert.is(value('2 + 3 * 4'), 14);
  assert.is(value('(2 + 3) * 4'), 20);
  assert.is(value('1 << 4 | 1'), 17);
  assert.is(value('7 & 3 ^ 1'), 2);
  assert.is(value('-7 / 2'), -3);
  assert.is(value('-7 % 4'), -3);
  assert.is(value('~0 >> 60'), 15);
  assert.is(value('~5'), -6);
  assert.is(value('-(-3)'), 3);
  assert.is(value("'a' + 1"), 98);
  assert.is(value('10 - 2 - 3'), 5);
  assert.equal(data('a: .word 1, 2\nb: .byte b - a, . - b, (. - a) * 2'), [1, 0, 0, 0, 2, 0, 0, 0, 8, 1, 20]);
});

test('symbols: .equ before and after, .set again, numeric labels', () => {
  assert.equal(data('.byte later\n.equ later, 3 + even_later\n.equ even_later, 4'), [7]);
  assert.equal(data('.set n, 1\n.byte n\n.set n, n + 1\n.byte n\nn = 9\n.byte n'), [1, 2, 9]);
  assert.equal(code('1: j 1f\n1: j 1b\nj 2f\n2: nop', true).length, 4);
  assert.equal(code('1: j 1f\n1: j 1b'), ['jal zero,0x4', 'jal zero,0x4']);
});

test('an .equ of addresses below may not size anything', () => {
  assert.equal(errors('_start: .zero later - _start\nlater:'), ["1:15: 'later' is not defined above; its value is needed here"]);
});

test('pseudo-instructions', () => {
  assert.equal(code('nop; mv a0, a1; not a0, a1; neg a0, a1; seqz a0, a1; sext.w a0, a1'), [
    'addi zero,zero,0',
    'addi a0,a1,0',
    'xori a0,a1,-1',
    'sub a0,zero,a1',
    'sltiu a0,a1,1',
    'addiw a0,a1,0',
  ]);
  assert.equal(code('1: beqz a0, 1b; bgt a0, a1, 1b; bleu a0, a1, 1b; j 1b; jal 1b; jr a0; jalr a0; jalr 4(a0); ret'), [
    'beq a0,zero,0x0',
    'blt a1,a0,0x0',
    'bgeu a1,a0,0x0',
    'jal zero,0x0',
    'jal ra,0x0',
    'jalr zero,0(a0)',
    'jalr ra,0(a0)',
    'jalr ra,4(a0)',
    'jalr zero,0(ra)',
  ]);
  assert.equal(code('csrr a0, fcsr; csrw frm, a1; csrwi frm, 1; csrs 0x300, a0; frflags a0; fsrmi 2; rdcycle a0; fence'), [
    'csrrs a0,fcsr,zero',
    'csrrw zero,frm,a1',
    'csrrwi zero,frm,1',
    'csrrs zero,mstatus,a0',
    'csrrs a0,fflags,zero',
    'csrrwi zero,frm,2',
    'csrrs a0,cycle,zero',
    'fence iorw,iorw',
  ]);
  assert.equal(
    code('fmv.d fa0, fa1; fabs.s fa0, fa1; fneg.d fa0, fa1; fgt.d a0, fa0, fa1; fadd.d fa0, fa1, fa2, rtz; fadd.d fa0, fa1, fa2'),
    [
      'fsgnj.d fa0,fa1,fa1',
      'fsgnjx.s fa0,fa1,fa1',
      'fsgnjn.d fa0,fa1,fa1',
      'flt.d a0,fa1,fa0',
      'fadd.d fa0,fa1,fa2,rtz',
      'fadd.d fa0,fa1,fa2',
    ],
  );
  assert.equal(code('add a0, a1, 5; sll a0, a0, 3; csrw frm, 3'), ['addi a0,a1,5', 'slli a0,a0,0x3', 'csrrwi zero,frm,3']);
});

/** What a sequence of li's instructions leaves in the register. */
function runConstant(lines: readonly string[]): bigint {
  let value = 0n;
  for (const text of lines) {
    const [name, operands] = text.split(' ');
    const [, source, last] = operands.split(',');
    if (name === 'lui') value = BigInt.asIntN(32, BigInt(source) << 12n);
    else if (name === 'addi') value = (source === 'zero' ? 0n : value) + BigInt(last);
    else if (name === 'addiw') value = BigInt.asIntN(32, value + BigInt(last));
    else if (name === 'slli') value = BigInt.asIntN(64, value << BigInt(last));
    else throw new Error(`li made ${text}`);
    value = BigInt.asIntN(64, value);
  }
  return value;
}

test('li reaches every constant', () => {
  const values = [0n, 1n, -1n, 2047n, 2048n, -2048n, -2049n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0x7ffff800n];
  let random = 12345n;
  for (let i = 0; i < 300; i++) {
    random = BigInt.asUintN(64, random * 6364136223846793005n + 1442695040888963407n);
    values.push(random, random >> BigInt(i % 64), (1n << BigInt(i % 64)) - 1n, BigInt.asIntN(64, 1n << BigInt(i % 64)));
  }
  for (const value of values) {
    const lines = code(`li a0, ${value}`);
    assert.is(BigInt.asUintN(64, runConstant(lines)), BigInt.asUintN(64, value), `li ${value}: ${lines}`);
    assert.ok(lines.length <= 8);
  }
});

test('the file: segments, symbols, entry', () => {
  const source = `
    .globl _start, table
    .type _start, @function
    _start: la a0, table
            lw a1, counter
            sw a1, counter, t0
            call done
    done:   ret
    .size _start, . - _start
    .rodata
    text: .asciz "hi"
    .data
    table: .dword text, done
    .bss
    counter: .zero 8
    big: .zero 1 << 20`;
  const { elf, errors: found } = assemble(source);
  assert.equal(found, []);
  const file = readElf(elf as Uint8Array);
  if (file === undefined) throw new Error('no ELF file');
  assert.is(file.machine, 243);
  assert.ok((elf as Uint8Array).length < 8192, 'bss takes no room in the file');
  const address = new Map(file.symbols.map((s) => [s.name, s.address]));
  assert.is(file.entry, address.get('_start'));
  const names = new SymbolMap(file.symbols);
  assert.is(names.name(file.entry + 4), '_start+0x4');
  assert.is(names.name((address.get('big') ?? 0) + 16), 'big+0x10');
  const [text, writable] = file.segments;
  assert.is(text.flags, 5);
  assert.is(writable.flags, 6);
  for (const segment of file.segments) assert.is(segment.address % 4096, segment.offset % 4096);
  const table = file.sections.find((s) => s.name === '.data');
  const view = new DataView((elf as Uint8Array).buffer, table?.offset);
  assert.is(Number(view.getBigUint64(0, true)), address.get('text'));
  assert.is(Number(view.getBigUint64(8, true)), address.get('done'));
});

test('errors have places, and several are found', () => {
  assert.equal(
    errors(`_start:
  addi a0, a1, 5000
  subww a0, a1, a2
  lw a0, a1
  add a0, 3
  fadd.d fa0, a0, fa1
  beq a0, a1, nowhere
  c.lw t0, 0(a0)
  slli a0, a0, 64
  .word 1 +
  "text"
  li a0, 99999999999999999999
`),
    [
      '2:16: immediate 5000 is out of range, addi takes -2048 to 2047',
      "3:3: unknown instruction 'subww'; did you mean 'subw'?",
      '4:10: expected an address such as 8(sp)',
      '5:3: addi takes 3 operands: register, register, immediate',
      '6:15: expected a float register',
      "7:15: 'nowhere' is not defined",
      '8:8: c.lw can name only s0, s1, a0 to a5 here',
      '9:16: immediate 64 is out of range, slli takes 0 to 63',
      '10:12: expected a value',
      '11:3: expected a label, an instruction or a directive, found a string',
      '12:10: number needs more than 64 bits',
    ],
  );
});

test('more errors', () => {
  assert.equal(errors('nop'), ["1:1: no '_start': the program begins at the label of this name"]);
  assert.equal(errors('a: a: nop'), ["1:4: 'a' is already defined"]);
  assert.equal(errors('.bogus 1'), ["1:1: unknown directive '.bogus'"]);
  assert.equal(errors('.ascii "x'), ['1:8: string has no end']);
  assert.equal(errors('nop /* x'), ['1:5: comment has no end']);
  assert.equal(errors('_start: j 3b'), ["1:11: no '3:' before this"]);
  assert.equal(errors('_start: j 3f'), ["1:11: no '3:' after this"]);
  assert.equal(errors('_start: .byte 256'), ['1:15: 256 does not fit in a byte']);
  assert.equal(errors('.equ a, b\n.equ b, a\n_start: .word a'), ["2:9: 'a' is defined by itself"]);
  assert.equal(errors('_start: .word 1/0'), ['1:16: division by zero']);
  assert.equal(errors('.bss\n.word 1'), ['2:7: section .bss holds no bytes: use .zero there']);
  assert.equal(errors('_start: .byte 1\nnop'), ['2:1: an instruction must be at an even address: use .align before it']);
  assert.equal(errors('_start: beq a0, a1, far\n.zero 5000\nfar:'), ['1:21: target 0x1143c is 5004 bytes away, beq reaches -4096 to 4094']);
  assert.equal(errors('_start: lui a0, %lo(_start)'), ['1:17: %lo belongs in an instruction with a 12-bit immediate, not in lui']);
  assert.equal(errors('_start: .zero 1 << 40'), ['1:15: length is out of range']);
  assert.equal(errors('_start: nop nop'), ['1:9: nop takes no operands']);
  assert.equal(errors('_start: .byte 1 2'), ["1:17: unexpected '2' at the end of the statement"]);
});

test('an error is shown with its line and a caret', () => {
  const { errors: found } = assemble('_start:\n\taddi a0, a1, x1\n', 'prog.s');
  assert.is(formatDiagnostic(found[0]), 'prog.s:2:15: expected a number\n  \taddi a0, a1, x1\n  \t             ^');
});

test('reports stop after 50', () => {
  const result = assemble('bad\n'.repeat(80));
  assert.is(result.errors.length, 50);
  assert.is(result.errorsDropped, 30);
});

test.run();
