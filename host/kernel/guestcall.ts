/**
 * Functions of a guest that the embedder calls, as a debugger does it: a thread of the guest's is led away between two of its instructions,
 * and afterwards has its registers back. A sleep in a system call is interrupted as by a signal without a handler: it goes on afterwards.
 */
import { CONTEXT_BYTES, HART, HART_F, HART_PC, HART_RESERVATION, HART_X } from '../../assembly/shared/layout.js';
import { Suspend, SysError } from '../linux/error.js';
import { SS_ONSTACK, signalName } from '../linux/signal.js';
import { releaseFile } from '../vfs/openfile.js';
import { OpenFile } from '../vfs/types.js';
import type { SigInfo } from './pending.js';
import { altStackState } from './sigframe.js';
import type { Thread } from './thread.js';

/** Where a called function returns to: no memory of a program's can lie there, so it faults, and nothing else looks like it. */
export const CALL_RETURN = 2 ** 38;

const RA = 1;
const SP = 2;
const A0 = 10;
const WORD_BYTES = 8;
const STACK_ALIGNMENT = 16;

/** What is called, by the calling convention LP64D (RISC-V ELF psABI): images of registers, and of words on the stack. */
export interface CallRequest {
  readonly address: number;
  /** a0..a7 */
  readonly integers: BigUint64Array;
  /** fa0..fa7 */
  readonly floats: BigUint64Array;
  readonly stack: BigUint64Array;
  /** It has returned; its results are in the loaded registers. May throw Suspend, and is asked again then. */
  returned(t: Thread): void;
  failed(error: unknown): void;
}

/** Why a called function never returned: a fault of its own, after which the process goes on; or the process, or its program, has ended. */
export class GuestCallError extends Error {
  override readonly name = 'GuestCallError';

  constructor(
    message: string,
    readonly reason: 'signal' | 'exit' | 'exec',
    /** 'SIGSEGV' */
    readonly signal?: string,
    /** Of the fault. */
    readonly address?: number | bigint,
  ) {
    super(message);
  }
}

/** A system call of the embedder's waits for a promise of its own: the thread may be led away meanwhile. */
export class HandlerWait extends Suspend {}

/** What the thread was doing. */
interface Frame {
  readonly request: CallRequest;
  readonly registers: Uint8Array;
  /** Stack pointer at the function's entry. */
  readonly sp: number;
  readonly call: ReturnType<Thread['takeCall']>;
  readonly mask: bigint;
  readonly savedMask: bigint | undefined;
  readonly altStack: Thread['altStack'];
  abandoned?: { readonly error: unknown };
}

/** Of one thread: what it has been led away for, and what waits. */
export class GuestCalls {
  private readonly _waiting: CallRequest[] = [];
  private readonly _frames: Frame[] = [];
  /** Woken from the wait for an embedder's handler. */
  private _fromHandler = false;

  constructor(private readonly thread: Thread) {}

  /** The thread's registers are those of a called function. */
  get active(): boolean {
    return this._frames.length > 0;
  }

  /** An interruptible sleep is to end. */
  get interrupts(): boolean {
    return this._frames.length === 0 ? this._waiting.length > 0 : this._frames[this._frames.length - 1].abandoned !== undefined;
  }

  post(request: CallRequest): void {
    this._waiting.push(request);
    this.nudge();
  }

  /** The call is taken back, at the next place where it can be. */
  abandon(request: CallRequest, error: unknown): void {
    const at = this._waiting.indexOf(request);
    if (at >= 0) {
      this._waiting.splice(at, 1);
      request.failed(error);
      this._rest();
      return;
    }
    const frame = this._frames.find((one) => one.request === request);
    if (frame === undefined) return;
    frame.abandoned ??= { error };
    this.nudge();
  }

  /** Wakes the thread when it has something to do. */
  nudge(): void {
    const { thread } = this;
    const wanted = this.interrupts || (thread.inHandler && this._waiting.length > 0);
    if (!wanted) return;
    thread.signalWake(false);
    if (!thread.inHandler) return;
    this._fromHandler = true;
    thread.wake();
  }

  /** No handler of a system call is in the middle of its work. */
  isSettled(): boolean {
    const { thread } = this;
    return thread.syscall < 0 || thread.interrupted !== 0 || this._fromHandler;
  }

  /** Takes back what was abandoned; the thread is loaded and settled. */
  unwind(): void {
    for (let frame = this._frames.at(-1); frame?.abandoned !== undefined; frame = this._frames.at(-1)) {
      this._frames.pop();
      const { thread } = this;
      if (thread.syscall >= 0) releaseScratch(thread.scratch);
      thread.endCall();
      thread.interrupted = 0;
      // It has left by longjmp: there is no way back any more.
      const sp = thread.kernel.core.reg(SP);
      if (sp <= frame.sp || altStackState(thread, sp) === SS_ONSTACK) this._restore(frame);
      frame.request.failed(frame.abandoned.error);
    }
    this._rest();
  }

  /** Leads the thread away, if somebody waits for it; it is loaded and settled. Throws Suspend with nothing changed. */
  begin(): void {
    const mayNest = this._fromHandler;
    this._fromHandler = false;
    const request = this._waiting[0];
    if (request === undefined || (this._frames.length > 0 && !mayNest)) return;
    const { thread } = this;
    const { core } = thread.kernel;
    const sp = Math.floor((core.reg(SP) - request.stack.length * WORD_BYTES) / STACK_ALIGNMENT) * STACK_ALIGNMENT;
    try {
      const { buffer, byteOffset, byteLength } = request.stack;
      thread.user.write(sp, new Uint8Array(buffer, byteOffset, byteLength));
    } catch (error) {
      this._fromHandler = mayNest;
      if (!(error instanceof SysError)) throw error;
      this._waiting.shift();
      request.failed(new GuestCallError('the stack has no room for its arguments', 'signal', 'SIGSEGV', sp));
      this._rest();
      return;
    }
    this._waiting.shift();
    const { mask, savedMask, altStack } = thread;
    const registers = core.u8.slice(HART, HART + CONTEXT_BYTES);
    this._frames.push({ request, registers, sp, call: thread.takeCall(), mask, savedMask, altStack });
    thread.savedMask = undefined;
    thread.setMask(savedMask ?? mask);
    core.setReg(RA, CALL_RETURN);
    core.setReg(SP, sp);
    request.integers.forEach((word, i) => {
      core.view.setBigUint64(HART + HART_X + (A0 + i) * 8, word, true);
    });
    request.floats.forEach((word, i) => {
      core.view.setBigUint64(HART + HART_F + (A0 + i) * 8, word, true);
    });
    core.pc = request.address;
  }

  /** The thread, loaded, has come to CALL_RETURN. False: from nowhere. Throws Suspend with nothing changed. */
  finish(): boolean {
    const { thread } = this;
    const sp = thread.kernel.core.reg(SP);
    const frame = this._frames.at(-1);
    if (frame === undefined || frame.sp !== sp) return false;
    frame.request.returned(thread);
    this._frames.pop();
    // What the function has made of the signal mask stays.
    const mask = frame.savedMask === undefined ? thread.mask : frame.mask;
    const savedMask = frame.savedMask === undefined ? undefined : thread.mask;
    this._restore({ ...frame, mask, savedMask, altStack: thread.altStack });
    this._rest();
    return true;
  }

  /** A fault that the program has no handler for ends the call, not the process. */
  fail({ signo, address }: SigInfo): void {
    const frame = this._frames[this._frames.length - 1];
    const where = address === undefined ? '' : ` at 0x${address.toString(16)}`;
    frame.abandoned ??= {
      error: new GuestCallError(`${signalName(signo)}${where} in the called function`, 'signal', signalName(signo), address),
    };
    this.thread.signalFlag = true;
  }

  /** Nobody returns any more: the thread is over, or its program. */
  close(reason: 'exit' | 'exec', message: string): void {
    this.failAll(new GuestCallError(message, reason));
  }

  failAll(error: unknown): void {
    for (const { call } of this._frames) releaseScratch(call.scratch);
    const requests = [...this._frames.map(({ request }) => request), ...this._waiting];
    this._frames.length = 0;
    this._waiting.length = 0;
    for (const request of requests) request.failed(error);
    this._rest();
  }

  /** With nothing to do there is none: a snapshot has nothing of the embedder's to carry. */
  private _rest(): void {
    if (this._frames.length === 0 && this._waiting.length === 0) this.thread.calls = undefined;
  }

  private _restore({ registers, call, mask, savedMask, altStack }: Frame): void {
    const { thread } = this;
    const { core } = thread.kernel;
    core.u8.set(registers, HART);
    core.writeU64(HART + HART_RESERVATION, -1);
    thread.altStack = altStack;
    thread.savedMask = savedMask;
    thread.setMask(mask);
    thread.resumeCall(call);
  }
}

/** What an open call has opened, and nobody will ever see: of a FIFO, waiting for the other end. */
export function releaseScratch(scratch: unknown): void {
  if (!(scratch instanceof OpenFile)) return;
  try {
    releaseFile(scratch);
  } catch (error) {
    // There is nobody to tell.
    if (!(error instanceof SysError || error instanceof Suspend)) throw error;
  }
}

/** The core has come back from a jump to CALL_RETURN. */
export function atCallReturn(t: Thread): boolean {
  return t.calls?.active === true && t.kernel.core.readU64(HART + HART_PC) === CALL_RETURN;
}
