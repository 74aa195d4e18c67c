import { AsmError } from './diagnostics.js';
import type { Token } from './lexer.js';

/** The tokens of a source with a position. */
export class TokenStream {
  #index = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  get peek(): Token {
    return this.tokens[this.#index];
  }

  /** The token `distance` after the next one; the last token stands for everything behind it. */
  ahead(distance: number): Token {
    return this.tokens[Math.min(this.#index + distance, this.tokens.length - 1)];
  }

  next(): Token {
    const token = this.tokens[this.#index];
    if (this.#index < this.tokens.length - 1) this.#index++;
    return token;
  }

  is(punct: string): boolean {
    return this.peek.kind === 'punct' && this.peek.text === punct;
  }

  /** Takes the token when it is this one. */
  accept(punct: string): boolean {
    if (!this.is(punct)) return false;
    this.next();
    return true;
  }

  expect(punct: string): Token {
    if (!this.is(punct)) throw new AsmError(this.peek.at, `expected '${punct}'${describe(this.peek)}`);
    return this.next();
  }

  get atEnd(): boolean {
    return this.peek.kind === 'end' || this.peek.kind === 'eof';
  }

  expectEnd(): void {
    if (!this.atEnd) throw new AsmError(this.peek.at, `unexpected ${shown(this.peek)} at the end of the statement`);
  }

  /** To the end of the statement: where parsing goes on after an error. */
  skipStatement(): void {
    while (!this.atEnd) this.next();
  }
}

function describe(token: Token): string {
  return token.kind === 'end' || token.kind === 'eof' ? '' : `, found ${shown(token)}`;
}

function shown(token: Token): string {
  return token.kind === 'string' ? 'a string' : `'${token.text}'`;
}
