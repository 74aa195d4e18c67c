import type { Row } from '../table/index.js';
import { isRare } from './dispatch.js';
import type { Form, Operands } from './model.js';
import {
  BASE_ROWS,
  baseOf,
  bySpecificity,
  COMPRESSED_ROWS,
  decodeMask,
  expandedOperands,
  formsOf,
  isPure,
  OPERATIONS,
  operandsOf,
  operationName,
} from './model.js';

const hex = (n: number): string => `0x${(n >>> 0).toString(16)}`;

/** assembly/generated/ops.ts: the numbers of the interpreter's operations. */
export function generateOps(): string {
  const lines = ['// Operations of the interpreter. Written by isa/generate.ts: do not edit.', ''];
  // The loop's own operations first and without a gap: its jump table is dense and needs no offset.
  const ordinary = OPERATIONS.filter((operation) => !isRare(operation)).map((operation) => operation.name);
  const rare = OPERATIONS.filter(isRare).map((operation) => operation.name);
  const names = ['OP_UNDECODED', 'OP_C_NOP', ...ordinary, 'OP_CROSS', 'OP_STRADDLE', 'OP_COMPILED', 'OP_BASELINE', 'OP_ILLEGAL', ...rare];
  lines.push(...names.map((name, number) => `export const ${name}: u32 = ${number};`));
  if (names.length > 65535) throw new Error('an operation number has 16 bits');
  return `${lines.join('\n')}\n`;
}

function build(row: Row, length: 2 | 4, { rd, rs1, rs2, rs3, aux, imm }: Operands): string {
  const op = (form: Form = '', far = false): string => `op.${operationName(row, length, far, form)}`;
  const branch = row.semantics.startsWith('branch ');
  if (branch) {
    const go = (form: Form): string => `return jump(${op(form)}, ${op(form, true)}, ${rs2}, ${rs1}, ${imm}, slot);`;
    return formsOf(row).includes('Z') ? `if (${rs2} == 0) ${go('Z')} ${go('')}` : go('');
  }
  if (row.semantics === 'jal') {
    const go = (form: Form): string => `return jump(${op(form)}, ${op(form, true)}, ${rd}, 0, ${imm}, slot);`;
    return `if (${rd} == 0) ${go('V')} ${go('')}`;
  }
  if (row.semantics.startsWith('store ')) return `return pack(${op()}, ${rs2}, ${rs1}, ${imm});`;
  const nop = length === 2 ? 'op.OP_C_NOP' : 'op.OP_FENCE';
  const pure = isPure(row) ? `if (${rd} == 0) return ${nop}; ` : '';
  const upper = rs2 === '0' && rs3 === '0' && aux === '0' ? imm : `registers(${rs2}, ${rs3}, ${aux})`;
  const general = `return pack(${op()}, ${rd}, ${rs1}, ${upper});`;
  if (row.name === 'addi')
    return [
      pure,
      `if (${rs1} == 0) return pack(${op('LI')}, ${rd}, 0, ${imm}); `,
      `if (${imm} == 0) return pack(${op('MV')}, ${rd}, ${rs1}, 0); `,
      general,
    ].join('');
  if (formsOf(row).includes('V')) return `if (${rd} == 0) return pack(${op('V')}, 0, ${rs1}, ${upper}); ${general}`;
  return pure + general;
}

function clause(row: Row, mask: number, base: Row, length: 2 | 4, operands: Operands): string {
  const illegal = operands.illegal.length > 0 ? `if (${operands.illegal.join(' || ')}) return op.OP_ILLEGAL; ` : '';
  return `  if ((w & ${hex(mask)}) == ${hex(row.match)}) { ${illegal}${build(base, length, operands)} } // ${row.name}`;
}

function group(name: string, title: string, body: string[]): string {
  return `/** ${title} */\nfunction ${name}(w: u32, slot: u32): u64 {\n${body.join('\n')}\n  return op.OP_ILLEGAL;\n}\n`;
}

/** assembly/generated/decode.ts: an instruction word to an operation word. */
export function generateDecode(): string {
  const groups: string[] = [];
  const cases32: string[] = [];
  for (let opcode = 0; opcode < 32; opcode++) {
    const rows = BASE_ROWS.filter((row) => ((row.match >>> 2) & 31) === opcode).sort(bySpecificity);
    if (rows.length === 0) continue;
    groups.push(
      group(
        `opcode${opcode}`,
        `Major opcode ${opcode}.`,
        rows.map((row) => clause(row, decodeMask(row), row, 4, operandsOf(row))),
      ),
    );
    cases32.push(`    case ${opcode}: return opcode${opcode}(w, slot);`);
  }
  const cases16: string[] = [];
  for (let quadrant = 0; quadrant < 3; quadrant++) {
    const rows = COMPRESSED_ROWS.filter((row) => (row.match & 3) === quadrant).sort(bySpecificity);
    groups.push(
      group(
        `quadrant${quadrant}`,
        `Compressed quadrant ${quadrant}.`,
        rows.map((row) => clause(row, row.mask, baseOf(row), 2, expandedOperands(row))),
      ),
    );
    cases16.push(`    case ${quadrant}: return quadrant${quadrant}(w, slot);`);
  }
  return `// The decoder. Written by isa/generate.ts: do not edit.
import * as op from './ops';
import { jump, pack, registers } from '../decode';

${groups.join('\n')}
/** \`slot\`: index of the instruction in its page (0..2047), which decides whether a target lies in the page. */
export function decode32(w: u32, slot: u32): u64 {
  switch ((w >> 2) & 31) {
${cases32.join('\n')}
    default: return op.OP_ILLEGAL;
  }
}

export function decode16(w: u32, slot: u32): u64 {
  switch (w & 3) {
${cases16.join('\n')}
    default: return op.OP_ILLEGAL;
  }
}
`;
}
