/** A running program's own places, for regions of interest: its markers, and its functions by their names. */
import { Functions } from '../../debug/functions.js';
import type { Kernel } from '../../kernel/kernel.js';
import type { Recorder } from '../recorder.js';
import { MARK_PRCTL } from '../region.js';

/** From now on the program's markers are recorded. */
export function watchMarks(kernel: Kernel, recorder: Recorder): void {
  const next = kernel.observer;
  kernel.observer = {
    onSyscallEnter: (t, call, args) => {
      next?.onSyscallEnter(t, call, args);
      if (call.name === 'prctl' && args[0] === MARK_PRCTL) recorder.mark(args[1] >>> 0);
    },
    onSyscallExit: (t, call, args, result) => next?.onSyscallExit(t, call, args, result),
    onSignal: (t, info) => next?.onSignal(t, info),
    onThreadExit: (t) => next?.onThreadExit(t),
    onProcessExit: (process) => next?.onProcessExit(process),
  };
}

/** The function of an instruction of the process that runs. */
export function functionNames(kernel: Kernel): (pc: number) => string | undefined {
  const functions = new Functions(kernel);
  /** A space's mappings may change, but not so that a function takes another's place while somebody looks for it by name. */
  const known = new WeakMap<object, Map<number, string>>();
  return (pc) => {
    const process = kernel.cpu.loaded?.process;
    if (process === undefined || process.exiting) return undefined;
    let names = known.get(process.space);
    if (names === undefined) known.set(process.space, (names = new Map()));
    let name = names.get(pc);
    if (name === undefined) names.set(pc, (name = functions.at(process, pc).name));
    return name;
  };
}
