/**
 * Floating-point instructions as Wasm. What Wasm's arithmetic gives is right when it is finite and no smaller than twice the smallest
 * normal number; then the only flag it can raise is NX, which is sticky: with NX set nothing is left to find out. Anything else leaves for
 * the interpreter, whose proofs are in assembly/exec/float; a place that leaves often asks it by a call.
 */
import { SITE_FLOAT } from '../../assembly/shared/compiled.js';
import { HART, HART_FFLAGS, HART_FRM } from '../../assembly/shared/layout.js';
import { EXECUTE, type RegionCode } from './context.js';
import { I32 } from './encoder.js';
import { type Emit, NATIVE } from './float-native.js';
import { byName, type Insn } from './insn.js';

const OR = 0x72;
const AND = 0x71;

const ROUNDS = /^f(n?m(add|sub)|add|sub|mul|div|sqrt|cvt)/;
const FUSED = /^fn?m(add|sub)\./;

/** Is it one of the instructions here? */
export const isFloat = byName((op) => NATIVE.has(op) || op.startsWith('fclass.'));

/** Does it depend on the rounding mode? (fcvt.d.w and its like are exact in all of them.) */
export const rounds = byName((op) => ROUNDS.test(op) && !/^fcvt\.d\.(wu?|s)$/.test(op));

/** Is it made of Wasm's arithmetic here, or asked of the core? */
export function isNative(r: Pick<RegionCode, 'options'>, { op, rm }: Insn, pc: number): boolean {
  if (r.options.called(pc) || op.startsWith('fclass') || (FUSED.test(op) && !r.options.fused)) return false;
  // Whether a result is exact takes a fused multiply-add to see, or more than is worth while here.
  if (r.options.precise(pc) && ((!r.options.fused && /^f(mul|div|sqrt)\.d/.test(op)) || /^fcvt\.[sd]\.[wl]/.test(op))) return false;
  return !rounds(op) || rm === 0 || rm === 7 || (/^fcvt\.(w|l)/.test(op) && rm < 4);
}

export function emitFloat(r: RegionCode, insn: Insn, pc: number): void {
  if (isNative(r, insn, pc)) (NATIVE.get(insn.op) as Emit)(r, insn, pc);
  else callCore(r, insn, pc);
}

/** Which registers an instruction names: 'x', 'f' or none. */
export interface Operands {
  readonly result: 'x' | 'f';
  readonly sources: readonly ['x' | 'f', number][];
}

/** The core executes the instruction on the registers in memory. */
function callCore(r: RegionCode, insn: Insn, pc: number): void {
  const { code } = r;
  const { result, sources } = r.options.operands(insn);
  for (const [kind, n] of r.through ? [] : sources) {
    if (kind === 'x' && n === 0) continue;
    if (kind === 'x') r.storeX(n);
    else r.storeF(n);
  }
  r.storeFlags();
  const [high, low] = r.options.operation(insn.word);
  code.i64Bits(high, low);
  r.getZero();
  code.call(EXECUTE);
  r.exitIf(pc, SITE_FLOAT);
  code.i32Const(0);
  code.memory(0x28, HART + HART_FFLAGS);
  code.set(r.flags);
  // In regions without loops, too: behind a merge the local counts as held if it was before the branch.
  if (result === 'f') r.loadF(insn.rd);
  else if (insn.rd !== 0) r.loadX(insn.rd);
}

const FFLAGS = 1;
const FRM = 2;
const FCSR = 3;

/** CSR instructions on the flags, and those that read the rounding mode. */
export function supportedCsr({ op, word }: Insn): boolean {
  if (!op.startsWith('csrr')) return false;
  const csr = word >>> 20;
  return csr === FFLAGS || ((csr === FRM || csr === FCSR) && !/^csrrwi?$/.test(op) && ((word >>> 15) & 31) === 0);
}

export function emitCsr(r: RegionCode, { op, rd, word }: Insn): void {
  const { code } = r;
  const csr = word >>> 20;
  const operand = (word >>> 15) & 31;
  const old = r.scratch(I32);
  code.get(r.flags);
  if (csr !== FFLAGS) {
    code.i32Const(0);
    code.memory(0x28, HART + HART_FRM);
    if (csr === FCSR) {
      code.i32Const(5);
      code.op(0x74);
      code.op(OR);
    } else {
      code.set(old);
      code.op(0x1a);
      code.get(old);
    }
  }
  code.set(old);
  const immediate = op.endsWith('i');
  const replaces = op.startsWith('csrrw');
  if (csr === FFLAGS && (replaces || operand !== 0)) {
    if (!replaces) code.get(old);
    if (immediate) code.i32Const(operand);
    else {
      r.getX(operand);
      code.op(0xa7);
    }
    if (op.startsWith('csrrc')) {
      code.i32Const(-1);
      code.op(0x73);
      code.op(AND);
    } else if (!replaces) code.op(OR);
    code.i32Const(31);
    code.op(AND);
    code.set(r.flags);
  }
  code.get(old);
  code.op(0xad);
  r.setX(rd);
  r.release(I32, old);
}
