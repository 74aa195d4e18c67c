/** What the kernel did in a stretch of instructions: for who finds that something is missing there. */
import type { Kernel } from '../../kernel/kernel.js';

/** Calls that are remembered. */
const CALLS_MAX = 256;
const CALLS_SHOWN = 4;

interface Call {
  readonly from: number;
  to: number;
  readonly text: string;
}

/** Remembers the latest system calls. instructions: how many have been told of so far, after everything recorded was handed over. */
export class Causes {
  readonly #calls: Call[] = [];

  constructor(kernel: Kernel, instructions: () => number) {
    const next = kernel.observer;
    const open = new Map<object, Call>();
    kernel.observer = {
      onSyscallEnter: (t, call, args) => {
        next?.onSyscallEnter(t, call, args);
        const shown = args.map((arg) => (arg >= 4096 ? `0x${arg.toString(16)}` : String(arg))).join(', ');
        const from = instructions();
        const one = { from, to: Number.POSITIVE_INFINITY, text: `${call.name}(${shown}) by process ${t.process.pid}` };
        open.set(t, one);
        if (this.#calls.push(one) > CALLS_MAX) this.#calls.shift();
      },
      onSyscallExit: (t, call, args, result) => {
        const one = open.get(t);
        if (one !== undefined) one.to = instructions();
        open.delete(t);
        next?.onSyscallExit(t, call, args, result);
      },
      onSignal: (t, info) => next?.onSignal(t, info),
      onThreadExit: (t) => {
        open.delete(t);
        next?.onThreadExit(t);
      },
      onProcessExit: (process) => next?.onProcessExit(process),
    };
  }

  /** The calls in progress between two places, as a line. */
  between(from: number, to: number): string {
    const calls = this.#calls.filter((call) => call.to >= from && call.from <= to);
    if (calls.length === 0) return 'the kernel did that in a page fault or by itself: no system call was made meanwhile';
    const shown = calls.slice(-CALLS_SHOWN).map(({ text }) => text);
    return `system calls meanwhile: ${calls.length > shown.length ? '..., ' : ''}${shown.join(', ')}`;
  }
}
