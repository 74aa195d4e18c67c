import { IMMEDIATE_FORMS, PSEUDOS } from '../pseudo.js';
import { ROWS, type Row } from '../table/index.js';

const HEADER = '// The instructions as assembler and disassembler read them at run time. Written by isa/generate.ts: do not edit.\n';

const hex = (bits: number): string => `0x${bits.toString(16)}`;
const quote = (text: string): string => `'${text}'`;

/** aq is bit 26, rl bit 25: spellings of their own, because assembly has them in the name. */
const ORDERINGS: readonly (readonly [suffix: string, bits: number])[] = [
  ['', 0],
  ['.rl', 0x2000000],
  ['.aq', 0x4000000],
  ['.aqrl', 0x6000000],
];

/** One row for every name that assembly has for an instruction. */
function spellings(row: Row): [name: string, match: number][] {
  if (row.extension !== 'A') return [[row.name, row.match]];
  return ORDERINGS.map(([suffix, bits]) => [row.name + suffix, (row.match | bits) >>> 0]);
}

/** host/generated/instructions.ts: what the assembler and the disassembler of the command line and of embedders need of the table. */
export function instructionsSource(): string {
  const rows = ROWS.flatMap((row) =>
    spellings(row).map(([name, match]) => {
      const expansion = row.compressed ? `, ${quote(row.semantics)}` : '';
      return `  [${quote(name)}, ${quote(row.operands)}, ${hex(match)}, ${hex(row.mask)}${expansion}],\n`;
    }),
  );
  const pseudos = PSEUDOS.map((p) => `  [${quote(p.name)}, ${p.operands}, ${quote(p.real)}${p.use === 'asm' ? ", 'asm'" : ''}],\n`);
  const forms = Object.entries(IMMEDIATE_FORMS).map(([name, immediate]) => `  ${name}: ${quote(immediate)},\n`);
  return `${HEADER}
/** The operand kinds are those of host/debug/fields.ts; \`expansion\` is what a compressed instruction stands for. */
export const INSTRUCTION_ROWS: readonly (readonly [name: string, operands: string, match: number, mask: number, expansion?: string])[] = [
${rows.join('')}];

/** Rows of isa/pseudo.ts. */
export const PSEUDOS: readonly (readonly [name: string, operands: number, real: string, use?: 'asm'])[] = [
${pseudos.join('')}];

export const IMMEDIATE_FORMS: Readonly<Record<string, string>> = {
${forms.join('')}};
`;
}
