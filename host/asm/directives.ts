import type { Assembler } from './assembler.js';
import { defaultFlags } from './assembler.js';
import { AsmError } from './diagnostics.js';
import { absolute, parseExpression } from './expression.js';
import { floatBits } from './float.js';
import type { SectionFlags } from './section.js';

type Handler = (asm: Assembler, at: number, name: string) => void;

const ALIGNMENT_SHIFT_MAX = 16;
const REPEAT_MAX = 2 ** 36;
const NOP = 0x00000013n;
const C_NOP = 0x0001n;

export const directives: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ...['.text', '.data', '.rodata', '.bss', '.sdata', '.sbss'].map((name): [string, Handler] => [name, enterNamed]),
  ['.section', section],
  ['.pushsection', pushSection],
  ['.popsection', (asm, at) => asm.pop(at)],
  ['.previous', (asm) => asm.enterPrevious()],
  ...list(['.byte', '.1byte'], integers(1)),
  ...list(['.half', '.short', '.hword', '.2byte'], integers(2)),
  ...list(['.word', '.long', '.int', '.4byte'], integers(4)),
  ...list(['.dword', '.quad', '.8byte'], integers(8)),
  ...list(['.float', '.single'], floats(4)),
  ['.double', floats(8)],
  ['.ascii', strings(false)],
  ...list(['.asciz', '.string'], strings(true)),
  ...list(['.zero', '.space', '.skip'], space),
  ['.fill', fill],
  ...list(['.align', '.p2align'], (asm, at) => align(asm, at, true)),
  ['.balign', (asm, at) => align(asm, at, false)],
  ...list(['.globl', '.global'], bind('global')),
  ['.weak', bind('weak')],
  ['.local', bind('local')],
  ...list(['.hidden', '.protected', '.internal', '.extern'], (asm) => void names(asm)),
  ...list(['.equ', '.set'], (asm) => assign(asm, false)),
  ['.equiv', (asm) => assign(asm, true)],
  ['.type', type],
  ['.size', size],
  ['.comm', (asm) => common(asm, false)],
  ['.lcomm', (asm) => common(asm, true)],
  ['.option', option],
  // Notes for other tools: nothing of ours depends on them.
  ...list(['.file', '.ident', '.loc', '.attribute', '.addrsig', '.addrsig_sym', '.build_version', '.end'], ignore),
]);

function list(names: readonly string[], handler: Handler): [string, Handler][] {
  return names.map((name) => [name, handler]);
}

function ignore(asm: Assembler): void {
  asm.tokens.skipStatement();
}

// --- sections

function enterNamed(asm: Assembler, _at: number, name: string): void {
  // An old form numbers subsections: `.data 1`. Only 0, the plain one, is known here.
  if (!asm.tokens.atEnd && constant(asm, 'subsection') !== 0) throw new AsmError(asm.tokens.peek.at, 'subsections are not supported');
  asm.enter(asm.section(name));
}

function section(asm: Assembler): void {
  const { tokens } = asm;
  const token = tokens.next();
  if (token.kind !== 'name' && token.kind !== 'string') throw new AsmError(token.at, 'expected the name of a section');
  let name = token.kind === 'string' ? new TextDecoder().decode(token.bytes) : token.text;
  // Names like .note.GNU-stack are not single tokens.
  let to = token.to;
  while (token.kind === 'name' && !tokens.atEnd && !tokens.is(',') && tokens.peek.at === to) {
    to = tokens.peek.to;
    name += tokens.next().text;
  }
  let flags: SectionFlags | undefined;
  let loaded = !/^\.(note|comment|debug|riscv\.attributes)/.test(name);
  if (tokens.accept(',')) {
    const text = tokens.next();
    if (text.kind !== 'string') throw new AsmError(text.at, 'expected the flags of the section, such as "ax"');
    const letters = new TextDecoder().decode(text.bytes);
    let nobits = defaultFlags(name).nobits;
    if (tokens.accept(',')) {
      if (!tokens.accept('@')) tokens.expect('%');
      nobits = tokens.next().text === 'nobits';
      while (!tokens.atEnd) tokens.next(); // entry size, group: no meaning in an executable
    }
    loaded = letters.includes('a') && loaded;
    flags = { write: letters.includes('w'), execute: letters.includes('x'), nobits };
    if (nobits && !flags.write) throw new AsmError(text.at, 'a section without bytes (nobits) must be writable: flags "aw"');
  }
  if (!loaded) {
    if (/^\.note\.GNU-stack$/.test(name)) return;
    throw new AsmError(token.at, `section '${name}' is not loaded into memory; such sections are not supported`);
  }
  asm.enter(asm.section(name, flags));
}

function pushSection(asm: Assembler): void {
  asm.push();
  section(asm);
}

// --- data

/** A comma-separated list; `item` parses one element. An empty list is accepted, as other assemblers do. */
function each(asm: Assembler, item: () => void): void {
  if (asm.tokens.atEnd) return;
  do item();
  while (asm.tokens.accept(','));
}

function integers(bytes: number): Handler {
  return (asm) => each(asm, () => asm.data(bytes, asm.expression()));
}

function floats(bytes: 4 | 8): Handler {
  return (asm, at) =>
    each(asm, () => {
      const { tokens } = asm;
      const sign = tokens.accept('-') ? '-' : '';
      if (sign === '') tokens.accept('+');
      const token = tokens.next();
      const text = token.text.toLowerCase();
      let bits: bigint;
      if (token.kind === 'float' || (token.kind === 'number' && /^\d/.test(text))) {
        bits = floatBits(sign + (text.startsWith('0x') || text.startsWith('0b') ? String(token.value) : text), bytes);
      } else if (token.kind === 'name' && (text === 'inf' || text === 'infinity')) bits = floatBits(`${sign}Infinity`, bytes);
      else if (token.kind === 'name' && text === 'nan') {
        bits = bytes === 4 ? 0x7fc00000n : 0x7ff8000000000000n;
        if (sign === '-') bits |= 1n << BigInt(bytes * 8 - 1);
      } else throw new AsmError(token.at, 'expected a floating-point number, inf or nan');
      asm.current.requireBits(at);
      asm.current.put(asm.current.reserve(bytes, at), bytes, bits);
    });
}

function strings(terminated: boolean): Handler {
  return (asm) =>
    each(asm, () => {
      const token = asm.tokens.next();
      if (token.kind !== 'string') throw new AsmError(token.at, 'expected a string');
      asm.current.append(token.bytes, token.at);
      if (terminated) asm.current.append(new Uint8Array(1), token.at);
    });
}

/** A number that is needed at once, because sizes depend on it. */
function constant(asm: Assembler, what: string): number {
  const at = asm.tokens.peek.at;
  const value = absolute(asm.expression(), asm);
  if (value < -BigInt(REPEAT_MAX) || value > BigInt(REPEAT_MAX)) throw new AsmError(at, `${what} is out of range`);
  return Number(value);
}

function byteValue(asm: Assembler): number {
  const at = asm.tokens.peek.at;
  const value = constant(asm, 'fill value');
  if (value < -128 || value > 255) throw new AsmError(at, `${value} does not fit in a byte`);
  return value & 0xff;
}

function space(asm: Assembler, at: number): void {
  const length = constant(asm, 'length');
  if (length < 0) throw new AsmError(at, `length is negative (${length})`);
  const value = asm.tokens.accept(',') ? byteValue(asm) : 0;
  asm.current.fill(length, value, at);
}

/** .fill repeat [, size [, value]]: size bytes each, at most 8. */
function fill(asm: Assembler, at: number): void {
  const repeat = constant(asm, 'count');
  const bytes = asm.tokens.accept(',') ? constant(asm, 'size') : 1;
  const value = asm.tokens.accept(',') ? absolute(asm.expression(), asm) : 0n;
  if (repeat < 0 || bytes < 0 || bytes > 8) throw new AsmError(at, repeat < 0 ? 'count is negative' : 'size must be 0 to 8');
  const section = asm.current;
  if (value === 0n) section.fill(repeat * bytes, 0, at);
  else {
    section.requireBits(at);
    const element = new Uint8Array(bytes);
    for (let i = 0; i < bytes; i++) element[i] = Number(BigInt.asUintN(8, value >> BigInt(8 * i)));
    section.repeat(element, repeat, at);
  }
}

/** Padding in code is made of nops, so that falling into it is harmless. */
function align(asm: Assembler, at: number, power: boolean): void {
  const { tokens } = asm;
  const amount = constant(asm, 'alignment');
  const alignment = power ? 2 ** amount : amount;
  if (amount < 0 || alignment > 2 ** ALIGNMENT_SHIFT_MAX || (!power && amount > 0 && (amount & (amount - 1)) !== 0)) {
    const allowed = power ? `0 to ${ALIGNMENT_SHIFT_MAX} (a power of two)` : `a power of two up to ${2 ** ALIGNMENT_SHIFT_MAX}`;
    throw new AsmError(at, `alignment must be ${allowed}`);
  }
  const section = asm.current;
  const padding = alignment === 0 ? 0 : (alignment - (section.size % alignment)) % alignment;
  let value: number | undefined;
  let paddingMax = Number.POSITIVE_INFINITY;
  if (tokens.accept(',')) {
    if (!tokens.is(',') && !tokens.atEnd) value = byteValue(asm);
    if (tokens.accept(',')) paddingMax = constant(asm, 'largest padding');
  }
  if (padding > paddingMax) return;
  section.alignment = Math.max(section.alignment, alignment);
  if (value !== undefined || !section.flags.execute) section.fill(padding, value ?? 0, at);
  else nops(asm, padding, at);
}

function nops(asm: Assembler, padding: number, at: number): void {
  const section = asm.current;
  let rest = padding;
  if (rest % 2 === 1) {
    section.fill(1, 0, at);
    rest--;
  }
  if (rest % 4 === 2) {
    section.put(section.reserve(2, at), 2, C_NOP);
    rest -= 2;
  }
  for (; rest > 0; rest -= 4) section.put(section.reserve(4, at), 4, NOP);
}

// --- symbols

function nameToken(asm: Assembler): { text: string; at: number } {
  const token = asm.tokens.next();
  if (token.kind !== 'name' || token.text === '.') throw new AsmError(token.at, 'expected the name of a symbol');
  return token;
}

function names(asm: Assembler): { text: string; at: number }[] {
  const all: { text: string; at: number }[] = [];
  do all.push(nameToken(asm));
  while (asm.tokens.accept(','));
  return all;
}

function bind(binding: 'local' | 'global' | 'weak'): Handler {
  return (asm) => {
    for (const { text, at } of names(asm)) asm.symbols.bind(text, binding, at);
  };
}

function assign(asm: Assembler, once: boolean): void {
  const name = nameToken(asm);
  asm.tokens.expect(',');
  asm.symbols.assign(name.text, asm.expression(), asm, name.at, once);
}

function type(asm: Assembler): void {
  const name = nameToken(asm);
  asm.tokens.expect(',');
  const quoted = asm.tokens.peek.kind === 'string';
  if (!quoted && !asm.tokens.accept('@')) asm.tokens.accept('%');
  const token = asm.tokens.next();
  const text = quoted ? new TextDecoder().decode(token.bytes) : token.text.replace(/^STT_/, '').toLowerCase();
  const known = { function: 'function', func: 'function', object: 'object', notype: 'none', gnu_indirect_function: 'function' } as const;
  if (!Object.hasOwn(known, text)) throw new AsmError(token.at, 'expected @function, @object or @notype');
  asm.symbols.setType(name.text, known[text as keyof typeof known], name.at);
}

function size(asm: Assembler): void {
  const name = nameToken(asm);
  asm.tokens.expect(',');
  asm.symbols.setSize(name.text, parseExpression(asm.tokens, asm), name.at);
}

/** .comm name, size [, alignment in bytes]: room in .bss unless the name is defined above. */
function common(asm: Assembler, local: boolean): void {
  const name = nameToken(asm);
  asm.tokens.expect(',');
  const length = constant(asm, 'size');
  const alignment = asm.tokens.accept(',') ? constant(asm, 'alignment') : length >= 8 ? 8 : 1;
  if (length < 0 || alignment < 1 || alignment > 2 ** ALIGNMENT_SHIFT_MAX || (alignment & (alignment - 1)) !== 0) {
    throw new AsmError(name.at, length < 0 ? 'size is negative' : `alignment must be a power of two up to ${2 ** ALIGNMENT_SHIFT_MAX}`);
  }
  if (!local && !asm.symbols.declareCommon(name.text, name.at)) return;
  const bss = asm.section('.bss');
  bss.alignment = Math.max(bss.alignment, alignment);
  bss.fill((alignment - (bss.size % alignment)) % alignment, 0, name.at);
  asm.symbols.defineLabel(name.text, bss, bss.reserve(length, name.at), name.at);
}

const OPTIONS: readonly string[] = ['rvc', 'norvc', 'pic', 'nopic', 'relax', 'norelax', 'push', 'pop', 'arch'];

/** Compressed forms are written out by name here and nothing is relaxed, so the options have nothing to change. */
function option(asm: Assembler): void {
  const token = asm.tokens.next();
  if (token.kind !== 'name' || !OPTIONS.includes(token.text)) {
    throw new AsmError(token.at, `unknown option (known: ${OPTIONS.join(', ')})`);
  }
  asm.tokens.skipStatement();
}
