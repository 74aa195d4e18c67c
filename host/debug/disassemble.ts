import { PSEUDOS } from '../generated/instructions.js';
import { CSR_NAMES } from './csr.js';
import { extractImmediate, extractRegister, F_NAMES, type Field, ROUNDING_NAMES, X_NAMES } from './fields.js';
import { INSTRUCTIONS, type Instruction, type OperandSyntax } from './instructions.js';

/** How instructions are shown. */
export interface DisassembleOptions {
  /** Show the instruction itself: no pseudo-instructions, and compressed ones by their own names. */
  readonly raw?: boolean;
  /** Names an address ("main+0x12"), or returns undefined. */
  readonly symbol?: (address: number) => string | undefined;
}

/** An instruction as text. */
export interface Disassembled {
  readonly length: 2 | 4;
  /** `.2byte` or `.4byte` when the bytes are no instruction. */
  readonly mnemonic: string;
  /** In assembler syntax, separated by commas. */
  readonly operands: string;
}

const popcount = (bits: number): number => {
  let count = 0;
  for (let rest = bits >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
};

/** Which bucket a word's candidates are in: the major opcode, or quadrant and funct3 of a compressed one. */
const bucketOf = (word: number): number => ((word & 3) === 3 ? word & 0x7f : 0x80 | ((word & 3) << 3) | ((word >>> 13) & 7));

const BUCKETS: readonly (readonly Instruction[])[] = buildBuckets();

function buildBuckets(): Instruction[][] {
  const buckets: Instruction[][] = Array.from({ length: 0x100 }, () => []);
  for (const row of INSTRUCTIONS) {
    // A mask that leaves bits of funct3 open (c.unimp has all) still fixes the bucket: every row fixes its opcode.
    buckets[bucketOf(row.match)].push(row);
  }
  // The most specific row first: c.nop before c.addi, fence.tso before fence.
  for (const bucket of buckets) bucket.sort((a, b) => popcount(b.mask) - popcount(a.mask));
  return buckets;
}

/** The instruction that a word is, if any: the same answer as the decoder's. */
export function findInstruction(word: number): Instruction | undefined {
  return BUCKETS[bucketOf(word)].find((row) => ((word & row.mask) ^ row.match) === 0 && !isReserved(row, word));
}

/** Encodings that the masks of the table cannot exclude. */
function isReserved(row: Instruction, word: number): boolean {
  for (const syntax of row.operands) {
    const field = syntax.kind === 'memory' ? syntax.offset : syntax.field;
    if (field?.type === 'imm' && field.nonzero && extractImmediate(field, word) === 0) return true;
    if (field?.type === 'x' && field.except !== undefined && extractRegister(field, word) === field.except) return true;
    if (field?.type === 'rm' && ROUNDING_NAMES[(word >>> field.bit) & 7] === '') return true;
  }
  return false;
}

const hex = (value: number): string => `0x${value.toString(16)}`;
const hex64 = (value: number): string => BigInt.asUintN(64, BigInt(value)).toString(16);

function targetText(address: number, options: DisassembleOptions): string {
  const name = options.symbol?.(address);
  return name === undefined ? `0x${hex64(address)}` : `${hex64(address)} <${name}>`;
}

function fenceText(bits: number): string {
  return bits === 0 ? '0' : [...'iorw'].filter((_, i) => bits & (8 >> i)).join('');
}

function fieldText(field: Field, word: number, address: number, options: DisassembleOptions): string {
  switch (field.type) {
    case 'x':
      return X_NAMES[extractRegister(field, word)];
    case 'f':
      return F_NAMES[extractRegister(field, word)];
    case 'fixed':
      return X_NAMES[field.register];
    case 'csr': {
      const number = word >>> 20;
      return CSR_NAMES.get(number) ?? hex(number);
    }
    case 'rm': {
      const mode = ROUNDING_NAMES[(word >>> field.bit) & 7];
      return mode === 'dyn' || field.exact ? '' : mode;
    }
    case 'fence':
      return fenceText((word >>> field.bit) & 15);
    case 'imm': {
      const value = extractImmediate(field, word);
      if (field.target) return targetText(address + value, options);
      if (field.upper) return hex(value & 0xfffff);
      return field.hex ? hex(value) : String(value);
    }
  }
}

function operandText(syntax: OperandSyntax, word: number, address: number, options: DisassembleOptions): string {
  if (syntax.kind === 'field') return fieldText(syntax.field, word, address, options);
  const base = fieldText(syntax.base, word, address, options);
  return `${syntax.offset === undefined ? '' : fieldText(syntax.offset, word, address, options)}(${base})`;
}

interface Alias {
  readonly name: string;
  readonly operands: number;
  readonly pattern: readonly string[];
}

const ALIASES: ReadonlyMap<string, readonly Alias[]> = buildAliases();

function buildAliases(): Map<string, Alias[]> {
  const map = new Map<string, Alias[]>();
  for (const [name, operands, real, use] of PSEUDOS) {
    if (use === 'asm') continue;
    const [mnemonic, pattern] = splitInstruction(real);
    map.set(mnemonic, [...(map.get(mnemonic) ?? []), { name, operands, pattern }]);
  }
  return map;
}

function splitInstruction(text: string): [mnemonic: string, operands: string[]] {
  const space = text.indexOf(' ');
  return space < 0 ? [text, []] : [text.slice(0, space), text.slice(space + 1).split(', ')];
}

/** The operands of the alias, when the real ones have its form. */
function matchAlias(alias: Alias, operands: readonly string[]): string[] | undefined {
  if (alias.pattern.length !== operands.length) return undefined;
  const bound: string[] = new Array(alias.operands).fill('');
  for (let i = 0; i < operands.length; i++) {
    const pattern = alias.pattern[i];
    if (!pattern.startsWith('$')) {
      if (pattern !== operands[i]) return undefined;
      continue;
    }
    const slot = Number(pattern.slice(1)) - 1;
    if (bound[slot] !== '' && bound[slot] !== operands[i]) return undefined;
    bound[slot] = operands[i];
  }
  return bound;
}

/** `0(a0)` of a jump is shown as `a0`. */
function jumpOperand(text: string): string {
  return /^0\(\w+\)$/.test(text) ? text.slice(2, -1) : text;
}

/** The instruction in `word` (for two bytes: the low half), at `address`. */
export function disassembleWord(word: number, address: number, options: DisassembleOptions = {}): Disassembled {
  const row = findInstruction(word);
  if (row === undefined) {
    const length = (word & 3) === 3 ? 4 : 2;
    return { length, mnemonic: `.${length}byte`, operands: hex(length === 4 ? word >>> 0 : word & 0xffff) };
  }
  let mnemonic = row.name;
  let operands = row.operands.map((syntax) => operandText(syntax, word, address, options)).filter((text) => text !== '');
  if (!options.raw) {
    if (row.expansion !== '') {
      const written = operands;
      const [name, pattern] = splitInstruction(row.expansion);
      mnemonic = name;
      operands = pattern.map((text) => text.replace(/\$(\d)/, (_, n) => written[Number(n) - 1]));
    }
    for (const alias of ALIASES.get(mnemonic) ?? []) {
      const bound = matchAlias(alias, operands);
      if (bound === undefined) continue;
      mnemonic = alias.name;
      operands = bound;
      break;
    }
    if (mnemonic === 'jalr' || mnemonic === 'jr') operands = operands.map(jumpOperand);
  }
  return { length: row.length, mnemonic, operands: operands.join(',') };
}

/** "addi a0,a0,1": one line of text without the address. */
export function disassemble(word: number, address: number, options: DisassembleOptions = {}): string {
  const { mnemonic, operands } = disassembleWord(word, address, options);
  return operands === '' ? mnemonic : `${mnemonic} ${operands}`;
}
