import { OPERATIONS, type Operation } from './model.js';

/**
 * The interpreter is two functions. `loop` holds no call: V8 would keep its variables in memory if it did (docs/decisions/0001).
 * Whatever needs one (a window miss, a page not yet decoded, floating point, atomics) leaves it with SLOW; `executeSlow` then does
 * that one operation completely, and the loop goes on.
 */

/** Reads the operands that an expression names. */
function operandLines(expression: string): string[] {
  const reads: readonly (readonly [name: string, value: string])[] = [
    ['a', 'x1(lo)'],
    ['b', 'x2(lo)'],
    ['i', 'imm(w)'],
    ['fa', 'f1(lo)'],
    ['fb', 'f2(lo)'],
    ['fc', 'f3(w)'],
    ['sa', 's1(lo)'],
    ['sb', 's2(lo)'],
    ['sc', 's3(w)'],
  ];
  const uses = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(expression);
  const lines = reads.filter(([name]) => uses(name)).map(([name, value]) => `const ${name} = ${value};`);
  return uses('rm') ? [...lines, 'const rm = roundingMode(lo);', 'if (rm > 4) return EXIT_ILLEGAL;'] : lines;
}

/** A reserved rounding mode makes an instruction illegal even if it rounds nothing. */
function modeCheck({ row }: Operation): string[] {
  const unused = /\brmx?$/.test(row.operands) && !/\brm\b/.test(row.semantics);
  return unused ? ['if (roundingMode(lo) > 4) return EXIT_ILLEGAL;'] : [];
}

const SLOW = 'return suspend(ip, n - 1, SLOW);';
const ACCESS = 'n += ACCESS;';

/** Slots are 8 bytes for 2 bytes of code. */
const stepOf = ({ length }: Operation): number => length * 4;

function assignment(semantics: string): { set: string; value: string } | undefined {
  const match = /^([xfs]) = (.*)$/.exec(semantics);
  if (match === null) return undefined;
  return { set: { x: 'setX', f: 'setF', s: 'setS' }[match[1] as 'x' | 'f' | 's'], value: match[2] };
}

/** Operations that the loop never executes: they need a call, or are not worth its size. */
function isRare({ row }: Operation): boolean {
  if (/^(amo|lr|sc|csr)\b/.test(row.semantics)) return true;
  return /\bf[a-z]+_\w+\(|\brm\b|\bs[abc]\b/.test(row.semantics) || /\b(mulh|mulhsu|mulhu|orcb)\(/.test(row.semantics);
}

/** Operations whose ordinary form can leave the loop. */
function canBeSlow(operation: Operation): boolean {
  return isRare(operation) || operation.far || /^(load|fload|store|jalr)\b/.test(operation.row.semantics);
}

/** The body of a case of the loop. */
function fastBody(operation: Operation): string[] {
  const { semantics } = operation.row;
  const step = `ip += ${stepOf(operation)};`;
  const [kind, size, ...rest] = semantics.split(' ');
  const tail = rest.join(' ');
  const assigned = assignment(semantics);
  if (assigned !== undefined) return [...operandLines(assigned.value), `${assigned.set}(lo, ${assigned.value});`, step];
  switch (kind) {
    case 'load':
    case 'fload':
      return [
        `const at = readable(x1(lo) + imm(w), ${size}, permissions, base, pages);`,
        `if (at == 0) ${SLOW}`,
        `${kind === 'load' ? 'setX' : 'setF'}(lo, ${tail});`,
        ACCESS,
        step,
      ];
    case 'store': {
      const type = `u${Number(size) * 8}`;
      return [
        `const at = storable(x1(lo) + imm(w), ${size}, permissions, base, pages);`,
        `if (at == 0) ${SLOW}`,
        `store<${type}>(at, <${type}>${tail === 'fb' ? 'f2(lo)' : 'x2(lo)'});`,
        ACCESS,
        step,
      ];
    }
    case 'branch': {
      const condition = semantics.slice(7);
      const taken = operation.far ? fastGoTo('pcOf(ip) + imm(w)') : ['ip += <usize>imm(w);'];
      // `continue` keeps binaryen from making a select of this: ip would depend on the comparison instead of being predicted.
      return [...operandLines(condition), `if (${condition}) {`, ...taken, 'continue;', '}', step];
    }
    case 'jal':
      return operation.far
        ? [...fastGoTo('pcOf(ip) + imm(w)', `setX(lo, pcOf(ip) + ${operation.length});`)]
        : [`setX(lo, pcOf(ip) + ${operation.length});`, 'ip += <usize>imm(w);'];
    case 'jalr':
      return fastGoTo('(x1(lo) + imm(w)) & ~1', `setX(lo, pcOf(ip) + ${operation.length});`);
    case 'auipc':
      return ['setX(lo, pcOf(ip) + imm(w));', step];
    case 'ecall':
      return ['return suspend(ip, n, EXIT_ECALL);'];
    case 'ebreak':
      return ['return suspend(ip, n, EXIT_EBREAK);'];
    case 'fencei':
    case 'nop':
      return [step];
    default:
      throw new Error(`${operation.row.name}: what is '${semantics}'?`);
  }
}

/** A jump that may leave the page: through the exec TLB or the slow way. \`link\` happens once it is known to succeed. */
function fastGoTo(target: string, link = ''): string[] {
  return [
    `const to = ${target};`,
    'const code = execLookup(to);',
    `if (code == 0) ${SLOW}`,
    ...(link === '' ? [] : [link]),
    'ip = switchPage(to, code);',
  ];
}

/** The body of a case of executeSlow: sets nextPc; returns DONE, DONE_ACCESS or an exit. */
function slowBody(operation: Operation): string[] {
  const { semantics } = operation.row;
  const next = `nextPc = pc + ${operation.length};`;
  const [kind, size, ...rest] = semantics.split(' ');
  const tail = rest.join(' ');
  const assigned = assignment(semantics);
  if (assigned !== undefined)
    return [...modeCheck(operation), ...operandLines(assigned.value), `${assigned.set}(lo, ${assigned.value});`, next, 'return DONE;'];
  const fault = 'return faultExit();';
  switch (kind) {
    case 'load':
    case 'fload':
      return [
        `const at = slowRead(x1(lo) + imm(w), ${size});`,
        `if (at == 0) ${fault}`,
        `${kind === 'load' ? 'setX' : 'setF'}(lo, ${tail});`,
        next,
        'return DONE_ACCESS;',
      ];
    case 'store':
      return [`if (!slowStore(x1(lo) + imm(w), ${size}, ${tail === 'fb' ? 'f2(lo)' : 'x2(lo)'})) ${fault}`, next, 'return DONE_ACCESS;'];
    case 'branch':
      return [
        ...operandLines(semantics.slice(7)),
        `nextPc = ${semantics.slice(7)} ? pc + imm(w) : pc + ${operation.length};`,
        'return DONE;',
      ];
    case 'jal':
      return [`setX(lo, pc + ${operation.length});`, 'nextPc = pc + imm(w);', 'return DONE;'];
    case 'jalr':
      return ['nextPc = (x1(lo) + imm(w)) & ~1;', `setX(lo, pc + ${operation.length});`, 'return DONE;'];
    case 'lr':
      return [`if (!loadReserved(lo, ${size})) ${fault}`, next, 'return DONE_ACCESS;'];
    case 'sc':
      return [`if (!storeConditional(lo, ${size})) ${fault}`, next, 'return DONE_ACCESS;'];
    case 'amo': {
      const type = size === '4' ? 'u32' : 'u64';
      return [
        `const at = atomic(x1(lo), ${size});`,
        `if (at == 0) ${fault}`,
        `const m = load<${type}>(at);`,
        ...(/\bb\b/.test(tail) ? ['const b = x2(lo);'] : []),
        `store<${type}>(at, ${tail});`,
        `setX(lo, ${size === '4' ? 'word(m)' : 'm'});`,
        next,
        'return DONE_ACCESS;',
      ];
    }
    case 'csr':
      return ['if (!csrAccess(lo, <u32>imm(w), executed)) return EXIT_ILLEGAL;', next, 'return DONE;'];
    default:
      throw new Error(`${operation.row.name}: '${semantics}' is never slow`);
  }
}

const FLOAT_CALL = /\b(f(?:add|sub|mul|div|sqrt|madd|msub|nmsub|nmadd|min|max|le|lt|eq|class|cvt)_\w+)\(/g;

function caseText(operation: Operation, lines: readonly string[]): string {
  const body = lines.map((line) => `        ${line}`).join('\n');
  const end = lines.at(-1)?.startsWith('return ') ? '' : '        break;\n';
  return `      case op.${operation.name}: {\n${body}\n${end}      }`.replace(FLOAT_CALL, 'float.$1(');
}

/** assembly/generated/slow.ts: one operation, whatever it takes. */
export function generateSlow(): string {
  const cases = OPERATIONS.filter(canBeSlow).map((operation) => caseText(operation, slowBody(operation)));
  return `// Operations that leave the interpreter's loop. Written by isa/generate.ts: do not edit.
import * as op from './ops';
import { EXIT_ILLEGAL } from '../shared/exit';
import { loadReserved, storeConditional } from '../exec/atomic';
import { orcb } from '../exec/bitmanip';
import { csrAccess } from '../exec/csr';
import * as float from '../exec/float';
import { mulh, mulhsu, mulhu, word } from '../exec/int';
import { slowRead, slowStore } from '../mm/access';
import { atomic, box, DONE, DONE_ACCESS, f1, f2, f3, faultExit, imm, roundingMode, s1, s2, s3, setF, setS, setX, x1, x2 } from '../run';

/** Where execution goes on after DONE and DONE_ACCESS. */
export let nextPc: u64 = 0;

/**
 * Executes the operation at pc; DONE, DONE_ACCESS (an access was made) or EXIT_*. executed: instructions of this run, this one
 * included.
 */
export function executeSlow(w: u64, pc: u64, executed: u32): u32 {
  const lo = <u32>w;
  switch (lo & 511) {
${cases.join('\n')}
      default:
        return EXIT_ILLEGAL;
  }
}
`;
}

/** assembly/generated/dispatch.ts: the loop, one switch. */
export function generateDispatch(): string {
  const cases = OPERATIONS.filter((operation) => !isRare(operation)).map((operation) => caseText(operation, fastBody(operation)));
  return `// The interpreter's loop. Written by isa/generate.ts: do not edit.
import * as op from './ops';
import { EXIT_BUDGET, EXIT_EBREAK, EXIT_ECALL, SLOW } from '../shared/exit';
import { execLookup, pcOf, switchPage } from '../code';
import { div, divu, divuw, divw, rem, remu, remuw, remw, word } from '../exec/int';
import { ACCESS, box, f1, f2, imm, readable, setF, setS, setX, SIGN, storable, suspend, x1, x2 } from '../run';

/**
 * Runs from the slot at ip until \`n\` (low half: instructions, high half: accesses) has reached the budget or something needs more
 * than the loop.
 * Leaves ip and n through suspend(); returns EXIT_* or SLOW, with ip at an operation not yet executed (EXIT_ECALL, EXIT_EBREAK: counted).
 */
export function loop(ip: usize, n: u64, budget: u32, permissions: usize, base: usize, pages: u64): u32 {
  for (;;) {
    if (<u32>n == budget) return suspend(ip, n, EXIT_BUDGET);
    const w = load<u64>(ip);
    const lo = <u32>w;
    n++;
    switch (lo & 511) {
      case op.OP_UNDECODED:
      case op.OP_CROSS:
      case op.OP_STRADDLE:
      case op.OP_ILLEGAL:
        ${SLOW}
${cases.join('\n')}
      default:
        ${SLOW}
    }
  }
  return unreachable();
}
`;
}

export { isRare };
