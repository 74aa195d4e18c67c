import type { SyscallObserver, TracedCall } from '../../kernel/observer.js';
import type { SigInfo } from '../../kernel/pending.js';
import type { Process } from '../../kernel/process.js';
import { encodeSigInfo } from '../../kernel/siginfo.js';
import type { Thread } from '../../kernel/thread.js';
import { signalName } from '../../linux/signal.js';
import { isBoth, isOutput, showerOf } from './arguments.js';
import type { CallView } from './call.js';
import { showClone } from './clone.js';
import { siginfo, signalSet } from './kernel-structs.js';
import { TracedMemory } from './memory.js';
import { refineKinds } from './refine.js';
import { showResult } from './results.js';
import { address } from './text.js';

/** Results line up here (strace -a). */
const RESULT_COLUMN = 40;
const RESTART_BLOCK = -516;
const EXIT = 93;
const SP = 2;
/** Where rt_sigreturn finds the mask: siginfo, then 40 bytes of the ucontext. */
const FRAME_MASK = 128 + 40;

interface Pending {
  readonly call: TracedCall;
  readonly args: readonly number[];
  readonly kinds: readonly string[];
  /** Texts of the arguments; outputs are undefined until the call has ended. */
  readonly parts: (string | undefined)[];
}

/**
 * Writes system calls, signals and exits as strace(1) does, one line at a time. A call is one line when nothing else happens
 * meanwhile; otherwise "<unfinished ...>" and "<... resumed>". `[pid N]` stands before it while there are several tasks.
 */
export class Strace implements SyscallObserver {
  readonly #pending = new Map<Thread, Pending>();
  /** Signals that came during a call. */
  readonly #signals = new Map<Thread, SigInfo[]>();
  /** The thread whose call has begun and is in no line yet. */
  #open: Thread | undefined;

  constructor(private readonly write: (line: string) => void) {}

  onSyscallEnter(t: Thread, call: TracedCall, args: readonly number[]): void {
    this.#finishOpen(t);
    const kinds = refineKinds(call.name, call.args, args);
    const view: CallView = { call, args, memory: new TracedMemory(t.user), result: undefined };
    const parts = kinds.map((kind, i) => (isOutput(kind) ? undefined : showerOf(kind)(args[i], view, i)));
    this.#pending.set(t, { call, args, kinds, parts: special(t, view) ?? parts });
    this.#open = t;
  }

  onSyscallExit(t: Thread, call: TracedCall, args: readonly number[], result: number): void {
    const pending = this.#pending.get(t);
    // A process that is to end never sees the result: onThreadExit writes the line.
    if (pending === undefined || t.process.exiting) return;
    this.#pending.delete(t);
    const view: CallView = { call, args, memory: new TracedMemory(t.user), result };
    const before = shownBefore(pending);
    const texts = pending.parts.map((part, i) => part ?? showOutput(pending.kinds[i], view, i));
    const full = texts.map((part, i) => (isBoth(pending.kinds[i] ?? '') ? part + changed(pending.kinds[i], view, i) : part)).join(', ');
    // What went into an unfinished line must not be written again.
    const start = this.#open === t ? `${call.name}(${full}` : `<... ${call.name} resumed>${full.slice(before.length)}`;
    if (this.#open !== t) this.#finishOpen(t);
    this.#open = undefined;
    this.#line(t, `${start})`, showResult(view, result));
    const signals = this.#signals.get(t) ?? [];
    this.#signals.delete(t);
    for (const info of signals) this.onSignal(t, info);
  }

  /** A signal that is ignored may be sent in the middle of a call: it comes after it. */
  onSignal(t: Thread, info: SigInfo): void {
    if (this.#pending.has(t)) {
      const waiting = this.#signals.get(t);
      if (waiting === undefined) this.#signals.set(t, [info]);
      else waiting.push(info);
      return;
    }
    this.#finishOpen(t);
    const bytes = encodeSigInfo(info);
    this.#put(t, `--- ${signalName(info.signo)} ${siginfo(new DataView(bytes.buffer, bytes.byteOffset))} ---`);
  }

  onThreadExit(t: Thread): void {
    this.#finishOpen(t);
    const pending = this.#pending.get(t);
    this.#pending.delete(t);
    this.#signals.delete(t);
    if (pending !== undefined) {
      const open = this.#open === t;
      this.#open = undefined;
      const before = shownBefore(pending);
      const complete = !pending.parts.includes(undefined);
      if (open) this.#line(t, `${pending.call.name}(${complete ? pending.parts.join(', ') : `${before} <unfinished ...>`})`, '?');
      else this.#line(t, `<... ${pending.call.name} resumed>${complete ? '' : ' <unfinished ...>'})`, '?');
    }
    const alone = pending?.call.number === EXIT;
    this.#put(t, `+++ ${describeEnd(alone ? ((pending?.args[0] ?? 0) & 0xff) << 8 : t.process.status)} +++`);
  }

  onProcessExit(_process: Process): void {
    // Its last thread has said so.
  }

  /** Another thread does something: the call that is open becomes an unfinished line. */
  #finishOpen(t: Thread): void {
    const open = this.#open;
    if (open === undefined || open === t) return;
    this.#open = undefined;
    const pending = this.#pending.get(open);
    if (pending !== undefined) this.#put(open, `${pending.call.name}(${shownBefore(pending)} <unfinished ...>`);
  }

  #prefix(t: Thread): string {
    for (const other of t.kernel.threads.values()) if (other !== t && other.state !== 'dead') return `[pid ${String(t.tid).padStart(5)}] `;
    return '';
  }

  #put(t: Thread, text: string): void {
    this.write(this.#prefix(t) + text);
  }

  #line(t: Thread, text: string, result: string): void {
    this.write(`${`${this.#prefix(t)}${text} `.padEnd(RESULT_COLUMN)}= ${result}`);
  }
}

/** The arguments up to the first that the call writes: what an unfinished line can show. */
function shownBefore(pending: Pending): string {
  const texts: string[] = [];
  for (const [i, part] of pending.parts.entries()) {
    if (part === undefined) return `${texts.join(', ')}${texts.length > 0 ? ', ' : ''}`;
    texts.push(part);
    if (isBoth(pending.kinds[i] ?? '')) break;
  }
  return texts.join(', ');
}

/** Calls whose arguments depend on each other too much for kinds. */
function special(t: Thread, view: CallView): string[] | undefined {
  if (view.call.name === 'clone') return showClone(view.args);
  if (view.call.name !== 'rt_sigreturn') return undefined;
  const mask = view.memory.view(t.kernel.core.reg(SP) + FRAME_MASK, 8);
  return mask === undefined ? [] : [`{mask=${signalSet(mask.getBigUint64(0, true))}}`];
}

/** An argument that the call writes: its contents when it has been written, else its address. */
function showOutput(kind: string, view: CallView, i: number): string {
  const value = view.args[i];
  const result = view.result ?? 0;
  const rest = kind.startsWith('outrest:');
  const written = rest ? result === RESTART_BLOCK : result >= 0 && !(view.call.name === 'wait4' && result === 0);
  return written ? showerOf(kind)(value, view, i) : address(value);
}

/** ` => [5]` behind an argument that the call has changed. */
function changed(kind: string, view: CallView, i: number): string {
  if ((view.result ?? -1) < 0 || view.args[i] === 0) return '';
  return ` => ${showerOf(kind)(view.args[i], view, i)}`;
}

/** A wait status in words. */
function describeEnd(status: number): string {
  const signal = status & 0x7f;
  if (signal === 0) return `exited with ${(status >> 8) & 0xff}`;
  return `killed by ${signalName(signal)}${(status & 0x80) !== 0 ? ' (core dumped)' : ''}`;
}
