/**
 * Where guest instructions are executed: the call stack of whoever runs, every so many instructions. Compiled code stops at exactly that
 * instruction as the interpreter does, so samples are the same whatever executes the program.
 */
import * as L from '../../assembly/shared/layout.js';
import { STATE_FRAME_SHIFT, STATE_PRESENT } from '../../assembly/shared/stat.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Process } from '../kernel/process.js';
import type { Thread } from '../kernel/thread.js';
import { Functions, type ProfiledFunction } from './functions.js';
import { fileAddress, type ProgramFile } from './programs.js';
import { prologueRules } from './prologue.js';
import { mappedPlace } from './symbolize.js';
import { callerOf, type Frame, type Rules } from './unwind.js';

/** Instructions between samples at first, a prime: loops do not keep step with it. */
const INTERVAL = 997;
/** With so many samples every second one is dropped and the interval doubled: the profile of a long run is as large as a short one's. */
const SAMPLES_MAX = 20_000;
const DEPTH_MAX = 500;
const PAGE = 4096;
const RA = 1;
const ADDRESS_MAX = 2 ** 38;

/** A function as it was called from a chain of callers. */
export interface ProfileNode {
  readonly id: number;
  readonly called: ProfiledFunction;
  readonly children: Map<ProfiledFunction, ProfileNode>;
  /** Samples in the function itself. */
  self: number;
}

/** Which functions a program's instructions were executed in. */
export interface Profile {
  readonly root: ProfileNode;
  /** Node of each sample, in time. */
  readonly samples: readonly ProfileNode[];
  /** Instructions between samples. */
  readonly interval: number;
  /** Executed in all. */
  readonly instructions: number;
}

/** A function without frame information, if it calls nobody, has its caller in ra. */
function callerOfLeaf({ x }: Frame): Frame | undefined {
  return x[RA] > 0 ? { pc: x[RA], x } : undefined;
}

/** Watches from now on. One at a time for a kernel. */
export class Profiler {
  readonly #functions: Functions;
  readonly #rulesByFile = new Map<ProgramFile, Map<number, Rules | undefined>>();
  #nodes = 0;
  readonly #root: ProfileNode;
  #samples: ProfileNode[] = [];
  #interval = INTERVAL;
  #due: number;
  readonly #before: Kernel['hooks']['beforeRun'];

  constructor(private readonly kernel: Kernel) {
    this.#functions = new Functions(kernel);
    this.#root = this.#node(this.#functions.named('(root)', '', 0));
    this.#due = kernel.core.counter(L.COUNT_INSTRUCTIONS) + this.#interval;
    this.#before = kernel.hooks.beforeRun;
    kernel.hooks.beforeRun = (t) => Math.min(this.#beforeRun(t), this.#before?.(t) ?? Number.POSITIVE_INFINITY);
  }

  /** What was seen. */
  finish(): Profile {
    this.kernel.hooks.beforeRun = this.#before;
    for (const node of this.#samples) node.self++;
    const instructions = this.kernel.core.counter(L.COUNT_INSTRUCTIONS);
    return { root: this.#root, samples: this.#samples, interval: this.#interval, instructions };
  }

  #beforeRun(t: Thread): number {
    const now = this.kernel.core.counter(L.COUNT_INSTRUCTIONS);
    if (now >= this.#due) {
      this.#samples.push(this.#sample(t));
      this.#due = now + this.#interval;
      if (this.#samples.length >= SAMPLES_MAX) this.#thin();
    }
    return this.#due - now;
  }

  #thin(): void {
    this.#samples = this.#samples.filter((_, i) => i % 2 === 1);
    this.#interval *= 2;
    this.#due += this.#interval / 2;
  }

  #node(called: ProfiledFunction): ProfileNode {
    return { id: ++this.#nodes, called, children: new Map(), self: 0 };
  }

  #sample(t: Thread): ProfileNode {
    const { process } = t;
    const who = t.tid === process.pid ? `${process.comm} (${process.pid})` : `${process.comm} (${process.pid}, thread ${t.tid})`;
    let node = this.#child(this.#root, this.#functions.named(who, '', 0));
    for (const called of this.#stack(process).reverse()) node = this.#child(node, called);
    return node;
  }

  #child(node: ProfileNode, called: ProfiledFunction): ProfileNode {
    let child = node.children.get(called);
    if (child === undefined) node.children.set(called, (child = this.#node(called)));
    return child;
  }

  /** Functions from the innermost out. Nothing of the guest is changed, no page faulted in. */
  #stack(process: Process): ProfiledFunction[] {
    const { core } = this.kernel;
    let frame: Frame | undefined = { pc: core.pc, x: Array.from({ length: 32 }, (_, n) => core.reg(n)) };
    const read = (address: number): number | undefined => this.#read(process, address);
    const functions: ProfiledFunction[] = [];
    while (frame !== undefined && functions.length < DEPTH_MAX) {
      // Callers are at their calls, whose next instruction may be another function's.
      const pc: number = functions.length === 0 ? frame.pc : frame.pc - 1;
      const place = mappedPlace(this.kernel, process, pc);
      if (place === undefined) {
        if (functions.length > 0) break;
        functions.push(this.#functions.elsewhere(process, pc));
        frame = callerOfLeaf(frame);
        continue;
      }
      const file = this.#functions.files.get(place.inode);
      const address = file === undefined ? undefined : fileAddress(file.elf, place.offset);
      functions.push(this.#functions.inFile(place.inode, file, address ?? place.offset));
      if (file === undefined || address === undefined) break;
      const rules: Rules | undefined = this.#rules(process, file, address, pc);
      if (rules !== undefined && (functions.length === 1 || rules.saved.has(RA))) frame = callerOf(frame, rules, read);
      else frame = functions.length === 1 ? callerOfLeaf(frame) : undefined;
    }
    if (frame !== undefined && functions.length >= DEPTH_MAX) functions.push(this.#functions.named('(more callers)', '', 0));
    return functions;
  }

  #rules(process: Process, file: ProgramFile, address: number, pc: number): Rules | undefined {
    let all = this.#rulesByFile.get(file);
    if (all === undefined) this.#rulesByFile.set(file, (all = new Map()));
    if (all.has(address)) return all.get(address);
    let rules = file.frames?.rules(address);
    if (rules === undefined && file.frames?.find(address) === undefined) {
      const symbol = file.symbols.covering(address);
      if (symbol !== undefined) rules = prologueRules(pc - (address - symbol.address), pc, (at) => this.#word(process, at));
    }
    all.set(address, rules);
    return rules;
  }

  /** An instruction's 4 bytes, or the 2 of a compressed one. */
  #word(process: Process, address: number): number | undefined {
    const low = this.#half(process, address);
    if (low === undefined || (low & 3) !== 3) return low;
    const high = this.#half(process, address + 2);
    return high === undefined ? undefined : (low | (high << 16)) >>> 0;
  }

  #half(process: Process, address: number): number | undefined {
    const at = this.#linear(process, address);
    return at === undefined ? undefined : this.kernel.core.view.getUint16(at, true);
  }

  #read(process: Process, address: number): number | undefined {
    const at = address % 8 === 0 ? this.#linear(process, address) : undefined;
    return at === undefined ? undefined : this.kernel.core.readU64(at);
  }

  /** Where a byte of a process is in linear memory; undefined: in no frame. */
  #linear(process: Process, address: number): number | undefined {
    if (!(address >= 0 && address < ADDRESS_MAX)) return undefined;
    const state = this.kernel.core.exports.pageState(process.space.handle, address - (address % PAGE));
    if ((state & STATE_PRESENT) === 0) return undefined;
    return (state >>> STATE_FRAME_SHIFT) * PAGE + (address % PAGE);
  }
}
