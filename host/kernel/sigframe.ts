import * as L from '../../assembly/shared/layout.js';
import { SA_ONSTACK, SS_AUTODISARM, SS_DISABLE, SS_ONSTACK } from '../linux/signal.js';
import type { SignalAction } from './handlers.js';
import type { SigInfo } from './pending.js';
import { encodeSigInfo, SIGINFO_BYTES } from './siginfo.js';
import { type Thread, UNBLOCKABLE } from './thread.js';

/**
 * struct rt_sigframe of riscv64 (arch/riscv/kernel/signal.c), from the new stack pointer upwards:
 *
 *      0  siginfo_t                      128
 *    128  ucontext: uc_flags, uc_link      8 + 8
 *    144  uc_stack: ss_sp, ss_flags, pad, ss_size   24
 *    168  uc_sigmask, padded to 1024 bits  128
 *    296  padding to a multiple of 16        8
 *    304  pc, x1..x31                      256
 *    560  f0..f31, fcsr                    260
 *    824  rest of the union; its last 12 bytes are `reserved` and the END header {magic 0, size 0}   264
 *   1088  = old stack pointer, rounded down to 16
 */
const UCONTEXT = SIGINFO_BYTES;
const STACK = UCONTEXT + 16;
const MASK = UCONTEXT + 40;
const REGISTERS = UCONTEXT + 176;
const FLOATS = REGISTERS + 256;
const FCSR = FLOATS + 256;
const EXTENSION = FLOATS + 516;
const FRAME_BYTES = FLOATS + 528;

const RA = 1;
const SP = 2;
const A0 = 10;

/** Where the alternate stack of sigaltstack(2) stands: SS_DISABLE, SS_ONSTACK or 0 (armed, not in use). */
export function altStackState(t: Thread, sp: number): number {
  const { address, size, flags } = t.altStack;
  if (size === 0) return SS_DISABLE;
  return isOnAltStack(address, size, flags, sp) ? SS_ONSTACK : 0;
}

function isOnAltStack(address: number, size: number, flags: number, sp: number): boolean {
  return (flags & SS_AUTODISARM) === 0 && sp > address && sp - address <= size;
}

/** Makes the thread enter its handler. Throws SysError(EFAULT) when the stack can't take the frame; then nothing has changed. */
export function pushSignalFrame(t: Thread, info: SigInfo, action: SignalAction): void {
  const { core } = t.kernel;
  const { address, size, flags } = t.altStack;
  const sp = core.reg(SP);
  const was = altStackState(t, sp);
  const entering = (action.flags & SA_ONSTACK) !== 0 && was === 0;
  const top = entering ? address + size : sp;
  const frame = Math.floor((top - FRAME_BYTES) / 16) * 16;
  // An overflow of the alternate stack must not run into what lies below it.
  const overflows = was === SS_ONSTACK && !isOnAltStack(address, size, flags, frame);

  const bytes = new Uint8Array(FRAME_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(encodeSigInfo(info));
  view.setBigUint64(STACK, BigInt(address), true);
  view.setUint32(STACK + 8, (was | (flags & SS_AUTODISARM)) >>> 0, true);
  view.setBigUint64(STACK + 16, BigInt(size), true);
  view.setBigUint64(MASK, t.savedMask ?? t.mask, true);
  const hart = core.u8.subarray(L.HART, L.HART + L.CONTEXT_BYTES);
  bytes.set(hart.subarray(L.HART_PC, L.HART_PC + 8), REGISTERS);
  bytes.set(hart.subarray(L.HART_X + 8, L.HART_X + 256), REGISTERS + 8);
  bytes.set(hart.subarray(L.HART_F, L.HART_F + 256), FLOATS);
  view.setUint32(FCSR, readFcsr(t), true);
  t.user.write(overflows ? -1 : frame, bytes);

  if ((flags & SS_AUTODISARM) !== 0) t.altStack = { address: 0, size: 0, flags: SS_DISABLE };
  core.setReg(RA, t.process.space.layout.trampoline);
  core.setReg(SP, frame);
  core.setReg(A0, info.signo);
  core.setReg(A0 + 1, frame);
  core.setReg(A0 + 2, frame + UCONTEXT);
  core.pc = action.handler;
}

function readFcsr(t: Thread): number {
  const words = t.kernel.core.u32;
  return (words[(L.HART + L.HART_FFLAGS) >>> 2] & 31) | ((words[(L.HART + L.HART_FRM) >>> 2] & 7) << 5);
}

/** rt_sigreturn: all registers, the mask and the alternate stack from the frame at sp. False: not a frame. Throws EFAULT. */
export function popSignalFrame(t: Thread): boolean {
  const { core } = t.kernel;
  const bytes = t.user.read(core.reg(SP), FRAME_BYTES);
  const view = new DataView(bytes.buffer);
  if (view.getUint32(EXTENSION, true) !== 0 || view.getUint32(EXTENSION + 4, true) !== 0 || view.getUint32(EXTENSION + 8, true) !== 0) {
    return false;
  }
  const hart = core.u8.subarray(L.HART, L.HART + L.CONTEXT_BYTES);
  hart.set(bytes.subarray(REGISTERS, REGISTERS + 8), L.HART_PC);
  hart.set(bytes.subarray(REGISTERS + 8, REGISTERS + 256), L.HART_X + 8);
  hart.set(bytes.subarray(FLOATS, FLOATS + 256), L.HART_F);
  const fcsr = view.getUint32(FCSR, true);
  core.u32[(L.HART + L.HART_FFLAGS) >>> 2] = fcsr & 31;
  core.u32[(L.HART + L.HART_FRM) >>> 2] = (fcsr >>> 5) & 7;
  t.savedMask = undefined;
  t.setMask(view.getBigUint64(MASK, true) & ~UNBLOCKABLE);
  t.altStack = restoredStack(t, view);
  return true;
}

/** The frame's uc_stack, if sigaltstack(2) would accept it; else the stack stays as it is. */
function restoredStack(t: Thread, view: DataView): Thread['altStack'] {
  const flags = view.getUint32(STACK + 8, true);
  const mode = (flags & ~SS_AUTODISARM) >>> 0;
  if (mode === SS_DISABLE) return { address: 0, size: 0, flags: SS_DISABLE };
  if (mode !== 0 && mode !== SS_ONSTACK) return t.altStack;
  const size = Number(view.getBigUint64(STACK + 16, true));
  const address = Number(view.getBigUint64(STACK, true));
  return altStackState(t, t.kernel.core.reg(SP)) === SS_ONSTACK ? t.altStack : { address, size, flags: (flags & SS_AUTODISARM) >>> 0 };
}
