import * as L from '../../assembly/shared/layout.js';
import { SA_ONSTACK, SS_AUTODISARM, SS_DISABLE, SS_ONSTACK } from '../linux/signal.js';
import type { SignalAction } from './handlers.js';
import type { SigInfo } from './pending.js';
import { putSigInfo, SIGINFO_BYTES } from './siginfo.js';
import type { Thread } from './thread.js';

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

const NO_STACK = { address: 0, size: 0, flags: SS_DISABLE };
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

  const { u8, view } = core;
  u8.fill(0, L.STAGING, L.STAGING + FRAME_BYTES);
  putSigInfo(view, L.STAGING, info);
  core.writeU64(L.STAGING + STACK, address);
  view.setUint32(L.STAGING + STACK + 8, (was | (flags & SS_AUTODISARM)) >>> 0, true);
  core.writeU64(L.STAGING + STACK + 16, size);
  view.setBigUint64(L.STAGING + MASK, t.savedMask ?? t.mask, true);
  u8.copyWithin(L.STAGING + REGISTERS, L.HART + L.HART_PC, L.HART + L.HART_PC + 8);
  u8.copyWithin(L.STAGING + REGISTERS + 8, L.HART + L.HART_X + 8, L.HART + L.HART_X + 256);
  u8.copyWithin(L.STAGING + FLOATS, L.HART + L.HART_F, L.HART + L.HART_F + 256);
  view.setUint32(L.STAGING + FCSR, readFcsr(t), true);
  t.user.stageOut(overflows ? -1 : frame, FRAME_BYTES);

  if ((flags & SS_AUTODISARM) !== 0) t.altStack = NO_STACK;
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
  t.user.stageIn(core.reg(SP), FRAME_BYTES);
  const { u8, u32, view } = core;
  const end = (L.STAGING + EXTENSION) >>> 2;
  if (u32[end] !== 0 || u32[end + 1] !== 0 || u32[end + 2] !== 0) return false;
  u8.copyWithin(L.HART + L.HART_PC, L.STAGING + REGISTERS, L.STAGING + REGISTERS + 8);
  u8.copyWithin(L.HART + L.HART_X + 8, L.STAGING + REGISTERS + 8, L.STAGING + REGISTERS + 256);
  u8.copyWithin(L.HART + L.HART_F, L.STAGING + FLOATS, L.STAGING + FLOATS + 256);
  const fcsr = u32[(L.STAGING + FCSR) >>> 2];
  u32[(L.HART + L.HART_FFLAGS) >>> 2] = fcsr & 31;
  u32[(L.HART + L.HART_FRM) >>> 2] = (fcsr >>> 5) & 7;
  t.savedMask = undefined;
  t.setMask(view.getBigUint64(L.STAGING + MASK, true));
  t.altStack = restoredStack(t);
  return true;
}

/** uc_stack of the frame in STAGING, if sigaltstack(2) would accept it; else the stack stays as it is. */
function restoredStack(t: Thread): Thread['altStack'] {
  const { core } = t.kernel;
  const flags = core.u32[(L.STAGING + STACK + 8) >>> 2];
  const mode = (flags & ~SS_AUTODISARM) >>> 0;
  if (mode === SS_DISABLE) return NO_STACK;
  if (mode !== 0 && mode !== SS_ONSTACK) return t.altStack;
  const size = core.readU64(L.STAGING + STACK + 16);
  const address = core.readU64(L.STAGING + STACK);
  return altStackState(t, core.reg(SP)) === SS_ONSTACK ? t.altStack : { address, size, flags: (flags & SS_AUTODISARM) >>> 0 };
}
