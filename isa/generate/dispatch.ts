import { OPERATIONS, type Operation } from './model.js';

/** Reads the operands that an expression names. */
function operandLines(expression: string): string[] {
  const uses = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(expression);
  const lines: string[] = [];
  if (uses('a')) lines.push('const a = x1(lo);');
  if (uses('b')) lines.push('const b = x2(lo);');
  if (uses('i')) lines.push('const i = imm(w);');
  if (uses('fa')) lines.push('const fa = f1(lo);');
  if (uses('fb')) lines.push('const fb = f2(lo);');
  if (uses('fc')) lines.push('const fc = f3(w);');
  if (uses('sa')) lines.push('const sa = s1(lo);');
  if (uses('sb')) lines.push('const sb = s2(lo);');
  if (uses('sc')) lines.push('const sc = s3(w);');
  if (uses('rm')) lines.push('const rm = roundingMode(lo);', 'if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);');
  return lines;
}

const FAULT = 'return leave(ip, n - 1, faultExit());';
const ACCESS = 'n += ACCESS;';

/** The body of one case. `step` moves ip behind the instruction. */
function body(operation: Operation): string[] {
  const { semantics } = operation.row;
  const bytes = operation.length * 4; // slots are 8 bytes for 2 of code
  const step = `ip += ${bytes};`;
  const [kind, size, ...rest] = semantics.split(' ');
  const tail = rest.join(' ');
  const assignment = /^([xfs]) = (.*)$/.exec(semantics);
  if (assignment !== null) {
    const set = { x: 'setX', f: 'setF', s: 'setS' }[assignment[1] as 'x' | 'f' | 's'];
    return [...operandLines(assignment[2]), `${set}(lo, ${assignment[2]});`, step];
  }
  switch (kind) {
    case 'load':
    case 'fload':
      return [
        ACCESS,
        `const at = readable(x1(lo) + imm(w), ${size}, permissions, base, pages);`,
        `if (at == 0) ${FAULT}`,
        `${kind === 'load' ? 'setX' : 'setF'}(lo, ${tail});`,
        step,
      ];
    case 'store': {
      const value = tail === 'fb' ? 'f2(lo)' : 'x2(lo)';
      return [
        ACCESS,
        'const va = x1(lo) + imm(w);',
        `const at = storable(va, ${size}, permissions, base, pages);`,
        `if (at != 0) { store<u${Number(size) * 8}>(at, <u${Number(size) * 8}>${value}); ${step} }`,
        `else if (slowStore(va, ${size}, ${value})) { ip = after(ip, ${bytes}); if (ip == 0) return leaveAt(nextPc, n, faultExit()); }`,
        `else ${FAULT}`,
      ];
    }
    case 'branch':
      return [
        ...operandLines(semantics.slice(7)),
        `if (${semantics.slice(7)}) {`,
        ...(operation.far ? goTo('pcOf(ip) + imm(w)') : ['ip += <usize>imm(w);']),
        `} else ${step}`,
      ];
    case 'jal':
      return operation.far
        ? ['const pc = pcOf(ip);', `setX(lo, pc + ${operation.length});`, ...goTo('pc + imm(w)')]
        : [`setX(lo, pcOf(ip) + ${operation.length});`, 'ip += <usize>imm(w);'];
    case 'jalr':
      return ['const target = (x1(lo) + imm(w)) & ~1;', `setX(lo, pcOf(ip) + ${operation.length});`, ...goTo('target')];
    case 'auipc':
      return ['setX(lo, pcOf(ip) + imm(w));', step];
    case 'lr':
      return [ACCESS, `if (!loadReserved(lo, ${size})) ${FAULT}`, step];
    case 'sc':
      return [ACCESS, `if (!storeConditional(lo, ${size})) ${FAULT}`, ...afterStore(bytes)];
    case 'amo': {
      const type = size === '4' ? 'u32' : 'u64';
      return [
        ACCESS,
        `const at = atomic(x1(lo), ${size}, permissions, base, pages);`,
        `if (at == 0) ${FAULT}`,
        `const m = load<${type}>(at);`,
        ...(/\bb\b/.test(tail) ? ['const b = x2(lo);'] : []),
        `store<${type}>(at, ${tail});`,
        `setX(lo, ${size === '4' ? 'word(m)' : 'm'});`,
        ...afterStore(bytes),
      ];
    }
    case 'csr':
      return ['if (!csrAccess(lo, <u32>imm(w), <u32>n)) return leave(ip, n - 1, EXIT_ILLEGAL);', step];
    case 'ecall':
      return ['return leave(ip, n, EXIT_ECALL);'];
    case 'ebreak':
      return ['return leave(ip, n, EXIT_EBREAK);'];
    case 'fencei':
    case 'nop':
      return [step];
    default:
      throw new Error(`${operation.row.name}: what is '${semantics}'?`);
  }
}

/** A jump that may leave the page. */
function goTo(target: string): string[] {
  return [`const to = ${target};`, 'ip = enter(to);', 'if (ip == 0) return leaveAt(to, n, faultExit());'];
}

/** A store may have moved or rewritten the code that is running. */
function afterStore(bytes: number): string[] {
  return [`ip = after(ip, ${bytes});`, 'if (ip == 0) return leaveAt(nextPc, n, faultExit());'];
}

/** assembly/generated/dispatch.ts: run(), one switch. */
export function generateDispatch(): string {
  const cases = OPERATIONS.map((operation) => {
    const lines = body(operation).map((line) => `        ${line}`);
    return `      case op.${operation.name}: {\n${lines.join('\n')}\n        break;\n      }`;
  });
  return `// The interpreter's loop. Written by isa/generate.ts: do not edit.
import * as op from './ops';
import { EXIT_BUDGET, EXIT_EBREAK, EXIT_ECALL, EXIT_ILLEGAL } from '../shared/exit';
import { HART, HART_PC } from '../shared/layout';
import { div, divu, divuw, divw, mulh, mulhsu, mulhu, rem, remu, remuw, remw, word } from '../exec/int';
import { orcb } from '../exec/bitmanip';
import { csrAccess } from '../exec/csr';
import { loadReserved, storeConditional } from '../exec/atomic';
import * as float from '../exec/float';
import { decodeSlot, enter, nextPc, pcOf, straddle } from '../code';
import { ACCESS, after, atomic, box, f1, f2, f3, faultExit, imm, leave, leaveAt, readable } from '../run';
import { roundingMode, s1, s2, s3, setF, setS, setX, SIGN, storable, x1, x2 } from '../run';
import { slowStore, windowBase, windowPages, windowPermissions } from '../mm/access';

/** Runs at most \`budget\` instructions from HART_PC; returns EXIT_*. */
export function run(budget: u32): u32 {
  const permissions: usize = windowPermissions;
  const base: usize = windowBase;
  const pages: u64 = windowPages;
  const start = load<u64>(HART + HART_PC);
  /** Low half: instructions; high half: accesses. */
  let n: u64 = 0;
  let ip = enter(start);
  if (ip == 0) return leaveAt(start, 0, faultExit());
  for (;;) {
    if (<u32>n == budget) return leave(ip, n, EXIT_BUDGET);
    let w = load<u64>(ip);
    let lo = <u32>w;
    n++;
    switch (lo & 511) {
      case op.OP_UNDECODED: {
        n--;
        if (!decodeSlot(ip)) return leave(ip, n, faultExit());
        break;
      }
      case op.OP_CROSS: {
        n--;
        const to = pcOf(ip);
        ip = enter(to);
        if (ip == 0) return leaveAt(to, n, faultExit());
        break;
      }
      case op.OP_STRADDLE: {
        n--;
        const to = straddle(ip);
        if (to == 0) return leave(ip, n, faultExit());
        ip = to;
        break;
      }
${cases.join('\n').replace(/\b(f(?:add|sub|mul|div|sqrt|madd|msub|nmsub|nmadd|min|max|le|lt|eq|class|cvt)_\w+)\(/g, 'float.$1(')}
      default:
        return leave(ip, n - 1, EXIT_ILLEGAL);
    }
  }
  return unreachable();
}
`;
}
