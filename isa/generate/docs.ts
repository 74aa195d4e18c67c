import { extractImmediate, FIELDS, type Field, type ImmediateField, insertImmediate } from '../../host/debug/fields.js';
import { PSEUDOS } from '../pseudo.js';
import { ROWS, type Row } from '../table/index.js';

const TITLES: Readonly<Record<string, string>> = {
  I: 'I: base integer instructions',
  Zifencei: 'Zifencei: instruction-fetch fence',
  Zicsr: 'Zicsr: control and status registers',
  M: 'M: multiplication and division',
  A: 'A: atomics',
  F: 'F: single-precision floating point',
  D: 'D: double-precision floating point',
  C: 'C: compressed instructions',
  Zcd: 'Zcd: compressed loads and stores of doubles',
  Zba: 'Zba: address generation',
  Zbb: 'Zbb: basic bit manipulation',
  Zbs: 'Zbs: single bits',
  Zicond: 'Zicond: conditional zero',
};

/** Letters that stand for an operand's bits in the encoding column. */
const LETTERS: Readonly<Record<string, string>> = {
  rd: 'd',
  fd: 'd',
  rs1: 's',
  fs1: 's',
  rs2: 't',
  fs2: 't',
  fs3: 'u',
  csr: 'c',
  rm: 'm',
  rmx: 'm',
  pred: 'p',
  succ: 'q',
};
const COMPRESSED_LETTERS: readonly (readonly [RegExp, string])[] = [
  [/^c?[rf]d/, 'd'],
  [/^c[rf]s1/, 's'],
  [/^c[rf]s2/, 't'],
];

function letterOf(name: string, field: Field): string {
  if (field.type === 'imm') return 'i';
  return LETTERS[name] ?? COMPRESSED_LETTERS.find(([pattern]) => pattern.test(name))?.[1] ?? '?';
}

function maskOf(name: string, field: Field): number {
  switch (field.type) {
    case 'imm':
      return insertImmediate(field, 0xffffffff);
    case 'x':
    case 'f':
      return (field.compressed ? 7 : 31) << field.bit;
    case 'csr':
      return 0xfff << field.bit;
    case 'rm':
      return 7 << field.bit;
    case 'fence':
      return 15 << field.bit;
    case 'fixed':
      return 0;
    default:
      throw new Error(`operand kind ${name}`);
  }
}

const operandNames = (row: Row): string[] => row.operands.match(/\w+/g) ?? [];

/** Bit 31 or 15 first: fixed bits as they are, operands by letter, bits that do not matter as a dash. */
export function encodingText(row: Row): string {
  const width = row.compressed ? 16 : 32;
  const names = operandNames(row);
  let text = '';
  for (let bit = width - 1; bit >= 0; bit--) {
    const mask = 1 << bit;
    const owner = names.find((name) => (maskOf(name, FIELDS[name]) & mask) !== 0);
    if ((row.mask & mask) !== 0) text += (row.match & mask) === 0 ? '0' : '1';
    else text += owner === undefined ? '-' : letterOf(owner, FIELDS[owner]);
    if (bit % 4 === 0 && bit > 0) text += ' ';
  }
  return text;
}

/** How an operand is called where people read it: the kinds' own names say where the bits lie. */
function readable(row: Row): string {
  return row.operands.replace(/\w+/g, (name) => {
    const field = FIELDS[name];
    if (field.type === 'imm') return field.target ? 'label' : name === 'zimm' ? 'uimm' : /shamt/.test(name) ? 'shamt' : 'imm';
    if (field.type === 'fixed') return 'sp';
    if (field.type === 'rm') return '[rm]';
    if (field.type !== 'x' && field.type !== 'f') return name;
    const place = { d: 'd', s: 's1', t: 's2', u: 's3' }[letterOf(name, field)] ?? '';
    return `${field.type === 'f' ? 'f' : 'r'}${place}${field.compressed ? "'" : ''}`;
  });
}

function rangeText(field: ImmediateField): string {
  const step = 2 ** Math.min(...field.pieces.map(([value]) => value));
  const all = insertImmediate(field, 0xffffffff);
  const high = field.signed ? 2 ** (field.bits - 1) - step : extractImmediate(field, all);
  const low = field.signed ? -(2 ** (field.bits - 1)) : 0;
  return `${low} to ${high}${step > 1 ? `, multiples of ${step}` : ''}${field.nonzero ? ', not 0' : ''}`;
}

function describe(row: Row): string {
  const limits = operandNames(row)
    .map((name) => FIELDS[name])
    .filter((field): field is ImmediateField => field.type === 'imm' && row.compressed)
    .map((field) => `${field.target ? 'reach' : 'imm'} ${rangeText(field)}`);
  const text = row.compressed && row.semantics !== 'unimp' ? `\`${expansionText(row)}\`` : row.description;
  return [text, ...limits].join('; ');
}

function expansionText(row: Row): string {
  const operands = readable(row).split(', ');
  return row.semantics.replace(/\$(\d)/g, (_, n) => operands[Number(n) - 1]);
}

/** docs/instructions.md */
export function instructionsPage(): string {
  const extensions = [...new Set(ROWS.map((row) => row.extension))];
  const lines = [
    '<!-- Written by isa/generate.ts from the instruction table: do not edit. -->',
    '# Instructions',
    '',
    `The ${ROWS.length} instructions of the machine: RV64GC with Zba, Zbb, Zbs and Zicond, as the assembler spells them.`,
    '',
    'Encoding, highest bit first: `d` destination, `s` `t` `u` sources, `i` immediate, `m` rounding mode, `c` CSR, `p` `q` fence sets,',
    "`-` ignored. A register with `'` is one of s0, s1, a0 to a5 (floating point: fs0, fs1, fa0 to fa5). A rounding mode in brackets may",
    'be left out: dyn then, the mode in frm. Atomics may be followed by `.aq`, `.rl` or `.aqrl`. A CSR is a name or a number; a fence',
    'set some of the letters i, o, r, w. An unknown encoding raises SIGILL.',
    '',
  ];
  for (const extension of extensions) {
    lines.push(`## ${TITLES[extension] ?? extension}`, '', '| instruction | encoding | what it does |', '| --- | --- | --- |');
    for (const row of ROWS.filter((r) => r.extension === extension)) {
      lines.push(`| \`${`${row.name} ${readable(row)}`.trim()}\` | \`${encodingText(row)}\` | ${describe(row).replaceAll('|', '\\|')} |`);
    }
    lines.push('');
  }
  lines.push(...pseudoLines());
  return `${lines.join('\n')}\n`;
}

const MACROS: readonly (readonly [form: string, means: string])[] = [
  ['li rd, constant', 'any 64-bit constant: `addi`, or `lui`, `addiw`, `slli`, `addi` in as many steps as it takes (at most 8)'],
  ['la rd, symbol; lla rd, symbol', '`auipc` + `addi`: an address within 2 GiB'],
  ['call symbol; call rd, symbol', '`auipc` + `jalr` through ra or rd'],
  ['tail symbol; jump symbol, rt', '`auipc` + `jalr zero` through t1 or rt'],
  ['lw rd, symbol (any integer load)', '`auipc` + the load, through rd'],
  ['sw rs, symbol, rt (any store); flw fd, symbol, rt', '`auipc` + the access, through rt'],
  ['add rd, rs, constant (and others with an immediate form)', '`addi` and so on'],
];

function pseudoLines(): string[] {
  const lines = ['## Pseudo-instructions', '', '| written | assembled | what it does |', '| --- | --- | --- |'];
  for (const pseudo of PSEUDOS) {
    const names = ['a', 'b', 'c'].slice(0, pseudo.operands);
    const real = pseudo.real.replace(/\$(\d)/g, (_, n) => names[Number(n) - 1]);
    lines.push(`| \`${`${pseudo.name} ${names.join(', ')}`.trim()}\` | \`${real}\` | ${pseudo.meaning} |`);
  }
  lines.push('', 'These may be several instructions:', '', '| written | assembled |', '| --- | --- |');
  for (const [form, means] of MACROS) {
    const forms = form.split('; ').map((part) => part.replace(/^([^(]*\S)( \(.*\))?$/, '`$1`$2'));
    lines.push(`| ${forms.join(', ')} | ${means} |`);
  }
  return lines;
}
