import { OPERATIONS, type Operation } from './model.js';

/**
 * The interpreter is two functions. `loop` holds no call: V8 would keep its variables in memory if it did (docs/decisions/0001).
 * Whatever needs one (a window miss, a page not yet decoded, floating point, atomics) leaves it with SLOW; `executeSlow` then does
 * that one operation completely, and the loop goes on.
 */

/** Reads the operands that an expression names. Branches have their second register where rd is. */
function operandLines(expression: string, branch = false): string[] {
  const reads: readonly (readonly [name: string, value: string])[] = [
    ['a', 'x1(ip)'],
    ['b', branch ? 'xd(ip)' : 'x2(ip)'],
    ['i', 'imm(ip)'],
    ['fa', 'f1(ip)'],
    ['fb', 'f2(ip)'],
    ['fc', 'f3(ip)'],
    ['sa', 's1(ip)'],
    ['sb', 's2(ip)'],
    ['sc', 's3(ip)'],
  ];
  const uses = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(expression);
  const lines = reads.filter(([name]) => uses(name)).map(([name, value]) => `const ${name} = ${value};`);
  return uses('rm') ? [...lines, 'const rm = roundingMode(ip);', 'if (rm > 4) return EXIT_ILLEGAL;'] : lines;
}

/** A reserved rounding mode makes an instruction illegal even if it rounds nothing. */
function modeCheck({ row }: Operation): string[] {
  const unused = /\brmx?$/.test(row.operands) && !/\brm\b/.test(row.semantics);
  return unused ? ['if (roundingMode(ip) > 4) return EXIT_ILLEGAL;'] : [];
}

const SLOW = 'return suspend(ip, left, accesses, SLOW);';
const ACCESS = 'accesses++;';

/** Slots are 8 bytes for 2 bytes of code. */
const stepOf = ({ length }: Operation): number => length * 4;

function assignment(semantics: string): { set: string; value: string } | undefined {
  const match = /^([xfs]) = (.*)$/.exec(semantics);
  if (match === null) return undefined;
  return { set: { x: 'setX', f: 'setF', s: 'setS' }[match[1] as 'x' | 'f' | 's'], value: match[2] };
}

/** Operations that the loop never executes: they need a call, or are not worth its size. */
function isRare({ row, form }: Operation): boolean {
  if (form === 'V' && row.semantics.startsWith('load ')) return true;
  if (/^(amo|lr|sc|csr)\b/.test(row.semantics)) return true;
  return /\bf[a-z]+_\w+\(|\brm\b|\bs[abc]\b/.test(row.semantics) || /\b(mulh|mulhsu|mulhu|orcb|divu?w?|remu?w?)\(/.test(row.semantics);
}

/** Operations whose ordinary form can leave the loop. */
function canBeSlow(operation: Operation): boolean {
  return isRare(operation) || operation.far || /^(load|fload|store|jalr)\b/.test(operation.row.semantics);
}

/** The condition of a branch; the Z form compares with x0. */
function condition({ row, form }: Operation): string {
  const text = row.semantics.slice(7);
  return form === 'Z' ? text.replace(/\bb\b/, '0') : text;
}

/** The body of a case of the loop. Every way through it ends in `continue`: so ip is in one register all the time. */
function fastBody(operation: Operation): string[] {
  const { row, form } = operation;
  const { semantics } = row;
  const step = `ip += ${stepOf(operation)};`;
  if (form === 'LI') return ['setX(ip, imm(ip));', step];
  if (form === 'MV') return ['setX(ip, x1(ip));', step];
  const [kind, size, ...rest] = semantics.split(' ');
  const tail = rest.join(' ');
  const assigned = assignment(semantics);
  if (assigned !== undefined) return [...operandLines(assigned.value), `${assigned.set}(ip, ${assigned.value});`, step];
  switch (kind) {
    case 'load':
    case 'fload':
      return [...windowAddress(Number(size), 'PERM_READ'), `${kind === 'load' ? 'setX' : 'setF'}(ip, ${tail});`, ACCESS, step];
    case 'store': {
      const type = `u${Number(size) * 8}`;
      const value = tail === 'fb' ? 'fd(ip)' : 'xd(ip)';
      return [...windowAddress(Number(size), 'PERM_WRITE'), `store<${type}>(at, <${type}>${value});`, ACCESS, step];
    }
    case 'branch': {
      const test = condition(operation);
      const taken = operation.far ? fastGoTo('pcOf(ip) + imm(ip)') : ['ip += distance(ip);'];
      return [...operandLines(test, true), `if (${test}) {`, ...taken, 'continue;', '}', step];
    }
    case 'jal': {
      const link = form === 'V' ? [] : [`setX(ip, pcOf(ip) + ${operation.length});`];
      return operation.far ? fastGoTo('pcOf(ip) + imm(ip)', link) : [...link, 'ip += distance(ip);'];
    }
    case 'jalr':
      return fastGoTo('(x1(ip) + imm(ip)) & ~1', form === 'V' ? [] : [`setX(ip, pcOf(ip) + ${operation.length});`]);
    case 'auipc':
      return ['setX(ip, pcOf(ip) + imm(ip));', step];
    case 'ecall':
      return ['return suspend(ip, left, accesses, EXIT_ECALL);'];
    case 'ebreak':
      return ['return suspend(ip, left, accesses, EXIT_EBREAK);'];
    case 'fencei':
    case 'nop':
      return [step];
    default:
      throw new Error(`${operation.row.name}: what is '${semantics}'?`);
  }
}

/** `at`: linear address of `size` bytes that the window lets us touch, aligned; anything else is slow. */
function windowAddress(size: number, permission: string): string[] {
  const shift = Math.log2(size);
  return [
    'const va = x1(ip) + imm(ip);',
    // Rotated, a misaligned address is huge: one comparison finds both, and an aligned access crosses no page.
    `const unit = ${shift === 0 ? 'va' : `rotr<u64>(va, ${shift})`};`,
    `if (unit >= ${2 ** (32 - shift)}) ${SLOW}`,
    'let at = base + <usize>va;',
    `if ((load<u8>(permissions + <usize>(unit >> ${12 - shift})) & ${permission}) == 0) {`,
    `at = tlbHit(va, ${permission === 'PERM_WRITE'});`,
    `if (at == 0) ${SLOW}`,
    '}',
  ];
}

/** A jump that may leave the page: through the exec TLB or the slow way. `link` happens once it is known to succeed. */
function fastGoTo(target: string, link: readonly string[] = []): string[] {
  return [
    `const to = ${target};`,
    'const e = execEntry(to);',
    `if (load<u64>(e) != execTag(to)) ${SLOW}`,
    ...link,
    'ip = switchPage(to, e);',
  ];
}

/** The body of a case of executeSlow: sets nextPc; returns DONE, DONE_ACCESS or an exit. */
function slowBody(operation: Operation): string[] {
  const { row, form } = operation;
  const { semantics } = row;
  const next = `nextPc = pc + ${operation.length};`;
  const [kind, size, ...rest] = semantics.split(' ');
  const tail = rest.join(' ');
  const assigned = assignment(semantics);
  if (assigned !== undefined)
    return [...modeCheck(operation), ...operandLines(assigned.value), `${assigned.set}(ip, ${assigned.value});`, next, 'return DONE;'];
  const fault = 'return faultExit();';
  switch (kind) {
    case 'load':
    case 'fload':
      return [
        `const at = readAnywhere(x1(ip) + imm(ip), ${size});`,
        `if (at == 0) ${fault}`,
        `${kind === 'load' ? 'setX' : 'setF'}(ip, ${tail});`,
        next,
        'return DONE_ACCESS;',
      ];
    case 'store':
      return [`if (!slowStore(x1(ip) + imm(ip), ${size}, ${tail === 'fb' ? 'fd(ip)' : 'xd(ip)'})) ${fault}`, next, 'return DONE_ACCESS;'];
    case 'branch':
      return [
        ...operandLines(condition(operation), true),
        `nextPc = ${condition(operation)} ? pc + imm(ip) : pc + ${operation.length};`,
        'return DONE;',
      ];
    case 'jal':
      return [...(form === 'V' ? [] : [`setX(ip, pc + ${operation.length});`]), 'nextPc = pc + imm(ip);', 'return DONE;'];
    case 'jalr':
      return ['nextPc = (x1(ip) + imm(ip)) & ~1;', ...(form === 'V' ? [] : [`setX(ip, pc + ${operation.length});`]), 'return DONE;'];
    case 'lr':
      return [`if (!loadReserved(ip, ${size})) ${fault}`, next, 'return DONE_ACCESS;'];
    case 'sc':
      return [`if (!storeConditional(ip, ${size})) ${fault}`, next, 'return DONE_ACCESS;'];
    case 'amo': {
      const type = size === '4' ? 'u32' : 'u64';
      return [
        `const at = atomic(x1(ip), ${size});`,
        `if (at == 0) ${fault}`,
        `const m = load<${type}>(at);`,
        ...(/\bb\b/.test(tail) ? ['const b = x2(ip);'] : []),
        `store<${type}>(at, ${tail});`,
        `setX(ip, ${size === '4' ? 'word(m)' : 'm'});`,
        next,
        'return DONE_ACCESS;',
      ];
    }
    case 'csr':
      return ['const outcome = csrAccess(ip, executed);', 'if (outcome != DONE) return outcome;', next, 'return DONE;'];
    default:
      throw new Error(`${operation.row.name}: '${semantics}' is never slow`);
  }
}

const FLOAT_CALL = /\b(f(?:add|sub|mul|div|sqrt|madd|msub|nmsub|nmadd|min|max|le|lt|eq|class|cvt)_\w+)\(/g;

function caseText(operation: Operation, lines: readonly string[]): string {
  const body = lines.map((line) => `        ${line}`).join('\n');
  const end = lines.at(-1)?.startsWith('return ') ? '' : '        continue;\n';
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
import { div, divu, divuw, divw, mulh, mulhsu, mulhu, rem, remu, remuw, remw, word } from '../exec/int';
import { slowStore } from '../mm/access';
import { atomic, box, DONE, DONE_ACCESS, f1, f2, f3, faultExit, fd, imm, readAnywhere, roundingMode } from '../run';
import { s1, s2, s3, setF, setS, setX, x1, x2, xd } from '../run';

/** Where execution goes on after DONE and DONE_ACCESS. */
export let nextPc: u64 = 0;

/**
 * Executes the operation at ip; DONE, DONE_ACCESS (an access was made) or EXIT_*. executed: instructions of this run, this one
 * included.
 */
export function executeSlow(ip: usize, pc: u64, executed: u32): u32 {
  switch (<u32>load<u16>(ip)) {
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
import { execEntry, execTag, pcOf, switchPage } from '../code';
import { word } from '../exec/int';
import { PERM_READ, PERM_WRITE } from '../mm/access';
import { box, distance, f1, f2, fd, imm, setF, setS, setX, SIGN, suspend, tlbHit, UNDECODED, x1, x2, xd } from '../run';

/**
 * Runs from the slot at ip until \`left\` instructions are done or something needs more than the loop. Leaves its state through
 * suspend(); returns EXIT_*, SLOW or UNDECODED, with ip at an operation not yet executed (EXIT_ECALL, EXIT_EBREAK: counted).
 */
export function loop(ip: usize, left: u32, permissions: usize, base: usize): u32 {
  let accesses: u32 = 0;
  for (;;) {
    if (left == 0) return suspend(ip, left, accesses, EXIT_BUDGET);
    left--;
    switch (<u32>load<u16>(ip)) {
      case op.OP_UNDECODED:
        return suspend(ip, left, accesses, UNDECODED);
      case op.OP_C_NOP:
        ip += 8;
        continue;
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
