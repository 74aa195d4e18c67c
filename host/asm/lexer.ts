import type { Diagnostics, Source } from './diagnostics.js';

export type TokenKind = 'name' | 'number' | 'float' | 'string' | 'local' | 'punct' | 'end' | 'eof';

export interface Token {
  readonly kind: TokenKind;
  /** name: itself; punct: the operator; local: '1b' or '1f'; float: its digits; end: '\n' or ';' */
  readonly text: string;
  /** number and character constants */
  readonly value: bigint;
  /** string: its bytes */
  readonly bytes: Uint8Array;
  /** Offset in the source, and of the first character after the token. */
  readonly at: number;
  readonly to: number;
}

const NO_BYTES = new Uint8Array(0);
const NAME = /[A-Za-z_.$\u0080-\uffff][A-Za-z0-9_.$\u0080-\uffff]*/y;
const NUMBER = /0[xX][0-9a-fA-F]+|0[bB][01]+|(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+/y;
const LOCAL = /\d+[bf](?![A-Za-z0-9_.$])/y;
const BLANK = /[ \t\r\f\v]+/y;
const PUNCT = /<<|>>|&&|\|\||==|!=|<=|>=|[,():+\-*/%&|^~!=<>@[\]{}?]/y;
const REST_OF_LINE = /[^\n]*/y;

const SIMPLE_ESCAPES: Record<string, number> = { n: 10, t: 9, r: 13, b: 8, f: 12, v: 11, a: 7, e: 27, '\\': 92, '"': 34, "'": 39 };

const utf8 = new TextEncoder();

/** The whole source as tokens. A character that fits nowhere is reported and the rest of its line skipped. */
export function lex(source: Source, diagnostics: Diagnostics): Token[] {
  return new Lexer(source.text, diagnostics).run();
}

class Lexer {
  #at = 0;
  readonly #tokens: Token[] = [];

  constructor(
    private readonly text: string,
    private readonly diagnostics: Diagnostics,
  ) {}

  run(): Token[] {
    while (this.#at < this.text.length) this.#next();
    this.#push('end', this.#at, '\n');
    this.#push('eof', this.#at, '');
    return this.#tokens;
  }

  #push(kind: TokenKind, at: number, text: string, value = 0n, bytes = NO_BYTES): void {
    this.#tokens.push({ kind, text, value, bytes, at, to: this.#at });
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (found === null) return undefined;
    this.#at += found[0].length;
    return found[0];
  }

  #next(): void {
    if (this.#match(BLANK) !== undefined) return;
    const start = this.#at;
    const char = this.text[start];
    if (char === '\n' || char === ';') {
      this.#at++;
      this.#push('end', start, char);
    } else if (char === '#' || this.text.startsWith('//', start)) this.#match(REST_OF_LINE);
    else if (this.text.startsWith('/*', start)) this.#blockComment();
    else if (char === '"') this.#string();
    else if (char === "'") this.#character();
    else this.#word(start);
  }

  #word(start: number): void {
    let text: string | undefined;
    if ((text = this.#match(LOCAL)) !== undefined) this.#push('local', start, text);
    else if ((text = this.#match(NUMBER)) !== undefined) this.#number(start, text);
    else if ((text = this.#match(NAME)) !== undefined) this.#push('name', start, text);
    else if ((text = this.#match(PUNCT)) !== undefined) this.#push('punct', start, text);
    else this.#stray(start);
  }

  #stray(start: number): void {
    const code = this.text.codePointAt(start) as number;
    this.diagnostics.report(start, code < 32 ? `stray control character 0x${code.toString(16)}` : `stray '${String.fromCodePoint(code)}'`);
    this.#match(REST_OF_LINE);
  }

  #number(start: number, text: string): void {
    if (/^0[xXbB]/.test(text)) this.#push('number', start, text, BigInt(text));
    else if (/[.eE]/.test(text)) this.#push('float', start, text);
    else if (/^0[0-7]+$/.test(text)) this.#push('number', start, text, BigInt(`0o${text.slice(1)}`));
    else if (/^0\d/.test(text)) {
      this.diagnostics.report(start, `'${text}' is not an octal number`);
      this.#push('number', start, text, 0n);
    } else this.#push('number', start, text, BigInt(text));
    if (/[A-Za-z0-9_$]/.test(this.text[this.#at] ?? '')) {
      this.diagnostics.report(this.#at, `'${this.text[this.#at]}' after a number`);
      this.#match(NAME);
    }
  }

  #blockComment(): void {
    const start = this.#at;
    const end = this.text.indexOf('*/', start + 2);
    if (end < 0) {
      this.diagnostics.report(start, 'comment has no end');
      this.#at = this.text.length;
      return;
    }
    // A comment over several lines ends a statement only where the text after it says so, as in C.
    this.#at = end + 2;
  }

  #string(): void {
    const start = this.#at++;
    const bytes: number[] = [];
    for (;;) {
      const char = this.text[this.#at];
      if (char === undefined || char === '\n') {
        this.diagnostics.report(start, 'string has no end');
        break;
      }
      if (char === '"') {
        this.#at++;
        break;
      }
      this.#stringCharacter(bytes);
    }
    this.#push('string', start, '', 0n, Uint8Array.from(bytes));
  }

  /** One character or escape of a string or character constant, as bytes. */
  #stringCharacter(bytes: number[]): void {
    if (this.text[this.#at] === '\\') {
      bytes.push(this.#escape());
      return;
    }
    const code = this.text.codePointAt(this.#at) as number;
    const char = String.fromCodePoint(code);
    this.#at += char.length;
    if (code < 0x80) bytes.push(code);
    else bytes.push(...utf8.encode(char));
  }

  #escape(): number {
    const start = this.#at++;
    const char = this.text[this.#at] ?? '';
    const octal = /[0-7]{1,3}/y;
    octal.lastIndex = this.#at;
    const digits = octal.exec(this.text)?.[0];
    if (digits !== undefined) {
      this.#at += digits.length;
      return Number.parseInt(digits, 8) & 0xff;
    }
    const hex = /[xX]([0-9a-fA-F]+)/y;
    hex.lastIndex = this.#at;
    const found = hex.exec(this.text);
    if (found !== null) {
      this.#at += found[0].length;
      return Number.parseInt(found[1].slice(-2), 16);
    }
    const simple = SIMPLE_ESCAPES[char];
    if (simple !== undefined) {
      this.#at++;
      return simple;
    }
    this.diagnostics.report(start, 'unknown escape in a string (known: \\n \\t \\r \\b \\f \\v \\a \\e \\\\ \\" \\\' \\ooo \\xhh)');
    if (char !== '' && char !== '\n') this.#at += char.length;
    return 0;
  }

  /** 'a', '\n', and as other assemblers have it 'a without the second quote. */
  #character(): void {
    const start = this.#at++;
    const bytes: number[] = [];
    const char = this.text[this.#at];
    if (char === undefined || char === '\n') this.diagnostics.report(start, 'empty character constant');
    else {
      const code = char === '\\' ? undefined : (this.text.codePointAt(this.#at) as number);
      this.#stringCharacter(bytes);
      if (this.text[this.#at] === "'") this.#at++;
      this.#push('number', start, this.text.slice(start, this.#at), BigInt(code ?? bytes[0]));
    }
  }
}
