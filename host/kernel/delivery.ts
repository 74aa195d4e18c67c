import { EINTR, ENOMEM } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import {
  SA_NODEFER,
  SA_RESETHAND,
  SA_RESTART,
  SI_KERNEL,
  SIG_DFL,
  SIG_IGN,
  SIGCONT,
  SIGSEGV,
  SIGSTOP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
} from '../linux/signal.js';
import { dumpCore } from './coredump.js';
import { DEFAULT_ACTION, ignoredByDefault, type SignalAction } from './handlers.js';
import { isOrphanedGroup } from './jobs.js';
import { killForMemory } from './oom.js';
import { type SigInfo, signalBit } from './pending.js';
import { pushSignalFrame } from './sigframe.js';
import { dequeueSignal, endProcess, forceSignal, stopProcess } from './signal.js';
import { RESTART_BLOCK, RESTART_NEVER, RESTART_NOINTR, RESTART_SYS, type Thread } from './thread.js';

const INSTRUCTION_BYTES = 4;
/** In a wait status: WCOREDUMP. */
const CORE_DUMPED = 0x80;
const A0 = 10;

/**
 * Acts on every signal that waits for the loaded thread, before it goes back to user mode: enters handlers (the last one found is
 * the first to run), stops or ends the process. Settles an interrupted system call (`t.interrupted`). The caller looks at
 * `process.exiting` and `process.stopped` afterwards. May throw Suspend with nothing lost.
 */
export function deliverSignals(t: Thread): void {
  const { process } = t;
  while (!process.exiting && !process.stopped) {
    const info = dequeueSignal(t, ~t.mask);
    if (info === undefined) {
      t.signalFlag = false;
      break;
    }
    t.kernel.observer?.onSignal(t, info);
    const action = process.handlers.get(info.signo);
    if (action.handler === SIG_IGN) continue;
    if (action.handler === SIG_DFL) defaultAction(t, info);
    else enterHandler(t, info, action);
  }
  if (process.exiting || process.stopped) return;
  // No handler ran for the interrupted call: it runs again, a timed sleep with what is left of its time.
  if (t.interrupted !== 0) {
    if (t.interrupted !== RESTART_BLOCK) t.endCall();
    if (t.interrupted === RESTART_NEVER) failCall(t);
    t.interrupted = 0;
  }
  t.restoreMask();
}

function defaultAction(t: Thread, info: SigInfo): void {
  const { signo } = info;
  if (ignoredByDefault(signo) || signo === SIGCONT) return;
  if (signo === SIGSTOP || signo === SIGTSTP || signo === SIGTTIN || signo === SIGTTOU) {
    // Nobody could continue a group without a parent in its session: only SIGSTOP stops it.
    if (signo === SIGSTOP || !isOrphanedGroup(t.kernel, t.process.pgid, t.process.sid)) stopProcess(t.process, signo);
    return;
  }
  t.kernel.hooks.onFatalSignal?.(t, info);
  endProcess(t.process, dumpCore(t, info) ? signo | CORE_DUMPED : signo, info);
}

function enterHandler(t: Thread, info: SigInfo, action: SignalAction): void {
  const { signo } = info;
  settleCall(t, action);
  try {
    pushSignalFrame(t, info, action);
  } catch (error) {
    if (!(error instanceof SysError)) {
      t.pending.putBack(info, t.cred.ruid);
      throw error;
    }
    if (error.errno === ENOMEM) {
      // The stack is there, memory for it is not: that is for the out-of-memory rule, and then the same again.
      t.pending.putBack(info, t.cred.ruid);
      const { pages } = t.kernel.env;
      if (pages.reclaim() > 0) return;
      if (pages.reclaimer.waiting !== undefined) throw pages.reclaimer.waiting;
      killForMemory(t);
      return;
    }
    if (signo === SIGSEGV) t.process.handlers.set(SIGSEGV, DEFAULT_ACTION);
    forceSignal(t, { signo: SIGSEGV, code: SI_KERNEL });
    return;
  }
  if ((action.flags & SA_RESETHAND) !== 0) t.process.handlers.set(signo, { ...DEFAULT_ACTION, flags: action.flags });
  const self = (action.flags & SA_NODEFER) !== 0 ? 0n : signalBit(signo);
  t.savedMask = undefined;
  t.setMask(t.mask | action.mask | self);
}

/** The call that this signal interrupted: EINTR, or the ecall again after the handler. The pc is still at the ecall. */
function settleCall(t: Thread, action: SignalAction): void {
  const code = t.interrupted;
  if (code === 0) return;
  t.interrupted = 0;
  t.endCall();
  if (code === RESTART_NOINTR || (code === RESTART_SYS && (action.flags & SA_RESTART) !== 0)) return;
  failCall(t);
}

function failCall(t: Thread): void {
  const { core } = t.kernel;
  core.setReg(A0, -EINTR);
  core.pc += INSTRUCTION_BYTES;
}
