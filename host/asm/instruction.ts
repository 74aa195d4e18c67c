import { INSTRUCTION_BY_NAME, type Instruction } from '../debug/instructions.js';
import { IMMEDIATE_FORMS, PSEUDOS } from '../generated/instructions.js';
import type { Assembler } from './assembler.js';
import { AsmError } from './diagnostics.js';
import { encode } from './encode.js';
import { MACROS } from './macros.js';
import { type Operand, parseOperands, registerNamed } from './operands.js';

interface Pseudo {
  readonly operands: number;
  readonly real: string;
}

const PSEUDO_BY_NAME: ReadonlyMap<string, readonly Pseudo[]> = groupPseudos();

function groupPseudos(): Map<string, Pseudo[]> {
  const groups = new Map<string, Pseudo[]>();
  for (const [name, operands, real] of PSEUDOS) groups.set(name, [...(groups.get(name) ?? []), { operands, real }]);
  return groups;
}

/** One instruction or pseudo-instruction; its name has been read. */
export function assembleInstruction(asm: Assembler, name: string, at: number): void {
  const macro = MACROS.get(name);
  const pseudos = PSEUDO_BY_NAME.get(name);
  const real = INSTRUCTION_BY_NAME.get(name);
  if (macro === undefined && pseudos === undefined && real === undefined) throw new AsmError(at, unknownMessage(name));
  const operands = parseOperands(asm);
  if (macro?.(asm, operands, at, name)) return;
  emit(asm, name, operands, at);
}

/** Anything that is a single real instruction in the end. */
export function emit(asm: Assembler, name: string, operands: readonly Operand[], at: number): void {
  const last = operands.at(-1);
  const immediate = IMMEDIATE_FORMS[name];
  if (immediate !== undefined && last?.kind === 'expression' && operands.length > 1 && !namesCsr(name, operands.length)) {
    emit(asm, immediate, operands, at);
    return;
  }
  const pseudos = PSEUDO_BY_NAME.get(name);
  const pseudo = pseudos?.find((row) => row.operands === operands.length);
  const real = INSTRUCTION_BY_NAME.get(name);
  if (pseudo !== undefined && !(real !== undefined && realFits(real, operands))) emitPseudo(asm, pseudo, operands, at);
  else if (real !== undefined) encode(asm, real, addressForms(real, operands), at);
  else if (pseudos !== undefined) {
    const counts = [...new Set(pseudos.map((row) => row.operands))].join(' or ');
    throw new AsmError(at, `${name} takes ${counts === '0' ? 'no' : counts} operand${counts === '1' ? '' : 's'}`);
  } else throw new AsmError(at, unknownMessage(name));
}

/** csrw csr, reg: the last of two operands is a value, but the CSR itself is an expression as well. */
function namesCsr(name: string, count: number): boolean {
  return name.startsWith('csrr') && count < 3;
}

/** `fence iorw, iorw` is real although a pseudo row of the same name exists with another operand count. */
function realFits(real: Instruction, operands: readonly Operand[]): boolean {
  return real.operands.length === operands.length;
}

function emitPseudo(asm: Assembler, pseudo: Pseudo, operands: readonly Operand[], at: number): void {
  const space = pseudo.real.indexOf(' ');
  const name = space < 0 ? pseudo.real : pseudo.real.slice(0, space);
  const written = space < 0 ? [] : pseudo.real.slice(space + 1).split(', ');
  const real = INSTRUCTION_BY_NAME.get(name);
  if (real === undefined) throw new AsmError(at, unknownMessage(name));
  const actual = written.map((text) => templateOperand(text, operands, at));
  encode(asm, real, addressForms(real, actual), at);
}

/** An operand of a pseudo row: `$1`, a register, `0(ra)`, a number or a name. */
function templateOperand(text: string, operands: readonly Operand[], at: number): Operand {
  if (text.startsWith('$')) return operands[Number(text.slice(1)) - 1];
  const register = registerNamed(text);
  if (register !== undefined) return { kind: 'register', at, ...register };
  const memory = /^(-?\d+)\((\w+)\)$/.exec(text);
  if (memory !== null) {
    const base = registerNamed(memory[2])?.number ?? 0;
    return { kind: 'memory', at, offset: { kind: 'number', at, value: BigInt(memory[1]) }, base };
  }
  if (/^-?\d+$/.test(text)) return { kind: 'expression', at, expression: { kind: 'number', at, value: BigInt(text) } };
  return { kind: 'expression', at, expression: { kind: 'symbol', at, name: text } };
}

/** jalr has an address, but is also written `jalr ra, a0` and `jalr ra, a0, 4`. */
function addressForms(real: Instruction, operands: readonly Operand[]): readonly Operand[] {
  if (real.name !== 'jalr') return operands;
  const [link, base, offset] = operands;
  if (base?.kind !== 'register' || base.bank !== 'x' || (offset !== undefined && offset.kind !== 'expression')) return operands;
  return [link, { kind: 'memory', at: base.at, offset: offset?.expression, base: base.number }];
}

/** Says which instruction may have been meant. */
function unknownMessage(name: string): string {
  let best = '';
  let bestDistance = name.length > 3 ? 3 : 2;
  if (name.length <= 16) {
    for (const known of [...INSTRUCTION_BY_NAME.keys(), ...PSEUDO_BY_NAME.keys(), ...MACROS.keys()]) {
      const distance = editDistance(name, known, bestDistance);
      if (distance < bestDistance) {
        best = known;
        bestDistance = distance;
      }
    }
  }
  return `unknown instruction '${name.slice(0, 40)}'${best === '' ? '' : `; did you mean '${best}'?`}`;
}

/** Levenshtein distance, or `limit` when it is at least that. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return Math.min(row[b.length], limit);
}
