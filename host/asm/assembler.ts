import { AsmError, Diagnostics, type Source } from './diagnostics.js';
import { directives } from './directives.js';
import { layoutImage, writeElf } from './elf.js';
import { type Expression, evaluate, parseExpression, type Scope, type Value } from './expression.js';
import { assembleInstruction } from './instruction.js';
import { lex } from './lexer.js';
import { Section, type SectionFlags, SizeBudget } from './section.js';
import { TokenStream } from './stream.js';
import { SymbolTable } from './symbols.js';

/** A value that is filled in when every address is known. */
export interface Fixup {
  readonly section: Section;
  readonly offset: number;
  readonly expression: Expression;
  /** Writes the value or throws AsmError; `address` is that of the bytes to fill. */
  readonly apply: (value: bigint, address: bigint) => void;
}

const TEXT: SectionFlags = { write: false, execute: true, nobits: false };
const RODATA: SectionFlags = { write: false, execute: false, nobits: false };
const DATA: SectionFlags = { write: true, execute: false, nobits: false };
const BSS: SectionFlags = { write: true, execute: false, nobits: true };

/** Flags that a section has by its name alone: `.text.startup` is text. */
export function defaultFlags(name: string): SectionFlags {
  const is = (prefix: string): boolean => name === prefix || name.startsWith(`${prefix}.`);
  if (is('.text') || is('.init') || is('.fini')) return TEXT;
  if (is('.bss') || is('.sbss')) return BSS;
  if (is('.rodata') || is('.srodata')) return RODATA;
  return DATA;
}

/**
 * The state of one assembly. Sizes never depend on addresses, so one pass over the statements places everything; fixups
 * are applied after the layout.
 */
export class Assembler implements Scope {
  readonly diagnostics: Diagnostics;
  readonly tokens: TokenStream;
  readonly symbols = new SymbolTable();
  readonly fixups: Fixup[] = [];
  placed = false;
  nesting = 0;
  readonly #budget = new SizeBudget();
  readonly #sections = new Map<string, Section>();
  #current: Section;
  #previous: Section;
  readonly #stack: { current: Section; previous: Section }[] = [];

  constructor(source: Source) {
    this.diagnostics = new Diagnostics(source);
    this.tokens = new TokenStream(lex(source, this.diagnostics));
    this.#current = this.section('.text');
    this.#previous = this.#current;
  }

  // --- sections

  get current(): Section {
    return this.#current;
  }

  section(name: string, flags?: SectionFlags): Section {
    let section = this.#sections.get(name);
    if (section === undefined) {
      section = new Section(name, flags ?? defaultFlags(name), this.#budget);
      this.#sections.set(name, section);
    }
    return section;
  }

  enter(section: Section): void {
    this.#previous = this.#current;
    this.#current = section;
  }

  enterPrevious(): void {
    this.enter(this.#previous);
  }

  push(): void {
    this.#stack.push({ current: this.#current, previous: this.#previous });
  }

  pop(at: number): void {
    const saved = this.#stack.pop();
    if (saved === undefined) throw new AsmError(at, '.popsection without .pushsection');
    this.#current = saved.current;
    this.#previous = saved.previous;
  }

  // --- Scope

  here(at: number): Expression {
    return { kind: 'place', at, section: this.#current, offset: this.#current.size };
  }

  local(text: string, at: number): Expression {
    return this.symbols.local(text, at);
  }

  name(text: string, at: number): Expression {
    return this.symbols.use(text, at);
  }

  symbolValue(name: string, at: number): Value {
    return this.symbols.value(name, at, this);
  }

  expression(): Expression {
    return parseExpression(this.tokens, this);
  }

  // --- output

  /** `length` bytes at the end of the section, filled when the value is known. */
  data(length: number, expression: Expression): void {
    const section = this.#current;
    section.requireBits(expression.at);
    const offset = section.reserve(length, expression.at);
    const apply = (value: bigint): void => {
      const bits = BigInt(length * 8);
      if (value < -(1n << (bits - 1n)) || value >= 1n << bits) {
        throw new AsmError(expression.at, `${value} does not fit in ${length === 1 ? 'a byte' : `${length} bytes`}`);
      }
      section.put(offset, length, value);
    };
    if (expression.kind === 'number') apply(expression.value);
    else this.fixups.push({ section, offset, expression, apply });
  }

  // --- the statements

  parse(): void {
    while (this.tokens.peek.kind !== 'eof') {
      try {
        this.#statement();
        this.tokens.expectEnd();
      } catch (error) {
        if (!(error instanceof AsmError)) throw error;
        this.diagnostics.report(error.at, error.message);
        this.tokens.skipStatement();
      }
      this.tokens.next();
    }
  }

  #statement(): void {
    const { tokens } = this;
    while (this.#label());
    if (tokens.atEnd) return;
    const first = tokens.peek;
    if (first.kind !== 'name') {
      const shown = first.kind === 'string' ? 'a string' : `'${first.text}'`;
      throw new AsmError(first.at, `expected a label, an instruction or a directive, found ${shown}`);
    }
    tokens.next();
    if (tokens.is('=')) {
      tokens.next();
      this.symbols.assign(first.text, this.expression(), this, first.at, false);
    } else if (first.text.startsWith('.')) this.#directive(first.text, first.at);
    else assembleInstruction(this, first.text.toLowerCase(), first.at);
  }

  #label(): boolean {
    const { tokens } = this;
    const token = tokens.peek;
    const colon = tokens.ahead(1);
    if (colon.kind !== 'punct' || colon.text !== ':') return false;
    if (token.kind === 'name' && token.text !== '.') this.symbols.defineLabel(token.text, this.#current, this.#current.size, token.at);
    else if (token.kind === 'number' && /^\d+$/.test(token.text)) this.symbols.defineLocal(token.text, this.#current, this.#current.size);
    else return false;
    tokens.next();
    tokens.next();
    return true;
  }

  #directive(name: string, at: number): void {
    // Unwinding notes of compilers are skipped.
    const handler = directives.get(name.startsWith('.cfi_') ? '.ident' : name);
    if (handler === undefined) throw new AsmError(at, `unknown directive '${name}'`);
    handler(this, at, name);
  }

  // --- the end

  /** Addresses, fixups, file; undefined when there was an error. */
  finish(): Uint8Array | undefined {
    const layout = layoutImage([...this.#sections.values()]);
    this.placed = true;
    this.symbols.provided = layout.provided;
    for (const fixup of this.fixups) this.#guard(() => this.#apply(fixup));
    const entries = this.symbols.entries(this, (at, message) => this.diagnostics.report(at, message));
    const entry = entries.find((symbol) => symbol.name === '_start');
    if (entry === undefined && this.diagnostics.list.length === 0)
      this.diagnostics.report(0, "no '_start': the program begins at the label of this name");
    if (this.diagnostics.list.length > 0 || entry === undefined) return undefined;
    return writeElf(layout, entries, Number(entry.value));
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof AsmError)) throw error;
      this.diagnostics.report(error.at, error.message);
    }
  }

  #apply(fixup: Fixup): void {
    const address = BigInt(fixup.section.address + fixup.offset);
    fixup.apply(this.#value(fixup.expression, address), address);
  }

  /** Relocation functions give the field's own value; anything else is evaluated as it stands. */
  #value(expression: Expression, address: bigint): bigint {
    if (expression.kind !== 'modifier') return evaluate(expression, this).offset;
    const operand = evaluate(expression.operand, this).offset;
    switch (expression.modifier) {
      case 'hi':
        return highPart(operand, expression.at, `%hi`);
      case 'lo':
        return BigInt.asIntN(12, operand);
      case 'pcrel_hi':
        return highPart(BigInt.asIntN(64, operand - address), expression.at, `%pcrel_hi`);
      case 'pcrel_lo':
        return BigInt.asIntN(12, this.#pcrelTarget(operand, expression.at) - operand);
    }
  }

  #pcrelHighs: Map<bigint, Expression> | undefined;

  /** What the auipc at `address` aims at. */
  #pcrelTarget(address: bigint, at: number): bigint {
    this.#pcrelHighs ??= new Map(
      this.fixups
        .filter((f) => f.expression.kind === 'modifier' && f.expression.modifier === 'pcrel_hi')
        .map((f) => [BigInt(f.section.address + f.offset), (f.expression as Expression & { kind: 'modifier' }).operand]),
    );
    const target = this.#pcrelHighs.get(address);
    if (target === undefined) throw new AsmError(at, '%pcrel_lo needs the label of the instruction that has the %pcrel_hi');
    return evaluate(target, this).offset;
  }
}

/** Bits 31..12, rounded so that adding the sign-extended low 12 bits gives the value back. */
function highPart(value: bigint, at: number, what: string): bigint {
  const high = (value + 0x800n) >> 12n;
  if (high < -0x80000n || high > 0x7ffffn)
    throw new AsmError(at, `${what} cannot reach 0x${BigInt.asUintN(64, value).toString(16)}: it is 32 bits signed`);
  return BigInt.asUintN(20, high);
}
