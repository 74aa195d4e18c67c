import { AsmError } from './diagnostics.js';
import { type Expression, evaluate, placeValue, type Scope, type Value } from './expression.js';
import type { Section } from './section.js';

/** A symbol as the ELF file shows it. */
export interface SymbolEntry {
  readonly name: string;
  readonly binding: 'local' | 'global' | 'weak';
  readonly type: 'none' | 'function' | 'object';
  /** undefined: an absolute value. */
  readonly section: Section | undefined;
  readonly value: bigint;
  readonly size: bigint;
}

interface SymbolState {
  readonly name: string;
  binding: 'local' | 'global' | 'weak';
  type: 'none' | 'function' | 'object';
  /** Where it was first mentioned. */
  at: number;
  label?: { section: Section; offset: number };
  /** .equ and .set: a value known at once, or an expression kept until it is. */
  assigned?: { value?: Value; expression: Expression };
  /** Of an assigned symbol, once sections are placed: chains of symbols are walked once. */
  final?: Value | AsmError;
  size?: Expression;
  evaluating: boolean;
}

/** Numeric labels may be defined again and again; each definition gets a name of its own that no source can spell. */
const localName = (digits: string, instance: number): string => `${digits}\u0002${instance}`;

/** All symbols of one source. */
export class SymbolTable {
  readonly #symbols = new Map<string, SymbolState>();
  readonly #localCounts = new Map<string, number>();
  /** Filled when sections have their addresses. */
  provided: ReadonlyMap<string, number> = new Map();

  #get(name: string, at: number): SymbolState {
    let symbol = this.#symbols.get(name);
    if (symbol === undefined) {
      symbol = { name, binding: 'local', type: 'none', at, evaluating: false };
      this.#symbols.set(name, symbol);
    }
    return symbol;
  }

  isDefined(name: string): boolean {
    const symbol = this.#symbols.get(name);
    return symbol !== undefined && (symbol.label !== undefined || symbol.assigned !== undefined);
  }

  defineLabel(name: string, section: Section, offset: number, at: number): void {
    if (this.isDefined(name)) throw new AsmError(at, `'${name}' is already defined`);
    this.#get(name, at).label = { section, offset };
  }

  defineLocal(digits: string, section: Section, offset: number): void {
    const key = digits.replace(/^0+(?=\d)/, '');
    const instance = (this.#localCounts.get(key) ?? 0) + 1;
    this.#localCounts.set(key, instance);
    this.#get(localName(key, instance), 0).label = { section, offset };
  }

  /** `1b`: the last `1:` before here. `1f`: the next one, checked at the end. */
  local(text: string, at: number): Expression {
    const key = text.slice(0, -1).replace(/^0+(?=\d)/, '');
    const instance = (this.#localCounts.get(key) ?? 0) + (text.endsWith('f') ? 1 : 0);
    if (instance === 0) throw new AsmError(at, `no '${key}:' before this`);
    return { kind: 'symbol', at, name: localName(key, instance) };
  }

  /** .set and .equ; once = .equiv, which may not redefine. */
  assign(name: string, expression: Expression, scope: Scope, at: number, once: boolean): void {
    const symbol = this.#get(name, at);
    if (symbol.label !== undefined || (once && symbol.assigned !== undefined)) throw new AsmError(at, `'${name}' is already defined`);
    let value: Value | undefined;
    try {
      value = evaluate(expression, scope);
    } catch (error) {
      // Something in it is defined further down: evaluated when it is asked for, errors are reported then.
      if (!(error instanceof AsmError)) throw error;
    }
    symbol.assigned = { value, expression };
  }

  /** What a name in an expression stands for at this point: symbols that .set may change are read now. */
  use(name: string, at: number): Expression {
    const assigned = this.#symbols.get(name)?.assigned;
    if (assigned?.value === undefined) return { kind: 'symbol', at, name };
    const { section, offset } = assigned.value;
    if (section === undefined) return { kind: 'number', at, value: offset };
    return { kind: 'place', at, section, offset: Number(offset) };
  }

  value(name: string, at: number, scope: Scope): Value {
    const symbol = this.#symbols.get(name);
    if (symbol?.label !== undefined) return placeValue(symbol.label.section, symbol.label.offset, scope);
    if (symbol?.assigned !== undefined) return this.#assignedValue(symbol, at, scope);
    const provided = this.provided.get(name);
    if (provided !== undefined) return { section: undefined, offset: BigInt(provided) };
    const [digits, instance] = name.split('\u0002');
    if (instance !== undefined) throw new AsmError(at, scope.placed ? `no '${digits}:' after this` : `'${digits}:' comes only after this`);
    if (symbol?.binding === 'weak' && scope.placed) return { section: undefined, offset: 0n };
    throw new AsmError(at, scope.placed ? `'${name}' is not defined` : `'${name}' is not defined above; its value is needed here`);
  }

  #assignedValue(symbol: SymbolState, at: number, scope: Scope): Value {
    if (symbol.final instanceof AsmError) throw symbol.final;
    if (symbol.final !== undefined) return symbol.final;
    if (symbol.evaluating) throw new AsmError(at, `'${symbol.name}' is defined by itself`);
    symbol.evaluating = true;
    try {
      const { value, expression } = symbol.assigned as { value?: Value; expression: Expression };
      const result =
        value?.section === undefined ? (value ?? evaluate(expression, scope)) : placeValue(value.section, Number(value.offset), scope);
      if (scope.placed) symbol.final = result;
      return result;
    } catch (error) {
      if (scope.placed && error instanceof AsmError) symbol.final = error;
      throw error;
    } finally {
      symbol.evaluating = false;
    }
  }

  bind(name: string, binding: 'local' | 'global' | 'weak', at: number): void {
    const symbol = this.#get(name, at);
    symbol.binding = binding;
  }

  setType(name: string, type: 'none' | 'function' | 'object', at: number): void {
    this.#get(name, at).type = type;
  }

  setSize(name: string, size: Expression, at: number): void {
    this.#get(name, at).size = size;
  }

  /** Common symbols that nothing defined: they get room in .bss. Returns false when it has a definition already. */
  declareCommon(name: string, at: number): boolean {
    const symbol = this.#get(name, at);
    if (symbol.label !== undefined || symbol.assigned !== undefined) return false;
    if (symbol.binding === 'local') symbol.binding = 'global';
    symbol.type = 'object';
    return true;
  }

  /** Everything worth naming in the file; `.L` labels and numeric ones are private to the source. */
  entries(scope: Scope, report: (at: number, message: string) => void): SymbolEntry[] {
    const list: SymbolEntry[] = [];
    for (const symbol of this.#symbols.values()) {
      if (symbol.name.startsWith('.L') || symbol.name.includes('\u0002')) continue;
      try {
        const entry = this.#entry(symbol, scope);
        if (entry !== undefined) list.push(entry);
      } catch (error) {
        if (!(error instanceof AsmError)) throw error;
        report(error.at, error.message);
      }
    }
    return list;
  }

  #entry(symbol: SymbolState, scope: Scope): SymbolEntry | undefined {
    if (symbol.label === undefined && symbol.assigned === undefined) {
      return undefined; // only declared; a use of it has been reported
    }
    const value = this.value(symbol.name, symbol.at, scope).offset;
    const size = symbol.size === undefined ? 0n : evaluate(symbol.size, scope).offset;
    const section = symbol.label?.section ?? symbol.assigned?.value?.section;
    return { name: symbol.name, binding: symbol.binding, type: symbol.type, section, value, size };
  }
}
