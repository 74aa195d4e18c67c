/** What the page sees of a machine: compact, and only what is new. */
import { COUNT_INSTRUCTIONS, HART, HART_X } from '../../../assembly/shared/layout.js';
import { captureTables, viewSpace } from '../../../host/debug/inspect/capture.js';
import { type FeedUpdate, PageFeed } from '../../../host/debug/inspect/feed.js';
import { Symbols } from '../../../host/debug/inspect/symbols.js';
import { captureTlb, captureWindow } from '../../../host/debug/inspect/translation.js';
import { captureWalk } from '../../../host/debug/inspect/walk.js';
import { disassemble, type Machine, type Process } from '../../../host/index.js';
import type { Phase, Picture, ProcessInfo, RegisterState, Status, View, Wanted } from '../protocol.js';
import { type Crash, crashText } from './endings.js';
import type { Watcher } from './watcher.js';

interface Watched {
  readonly process: Process;
  readonly feed: PageFeed;
  info: ProcessInfo;
  /** Taken when it ended. */
  final: FeedUpdate[];
}

const X_AT = HART + HART_X;
/** For a machine that goes on from a snapshot. */
export interface EndedProcess {
  readonly info: ProcessInfo;
  readonly update: FeedUpdate;
}

/** So many processes are drawn. */
const PROCESSES_MAX = 8;

export class Observatory {
  main = 0;
  readonly #watched = new Map<Process, Watched>();
  readonly #symbols = new Symbols();
  /** Processes that have ended, whole as they were then. */
  readonly #ended: EndedProcess[] = [];
  readonly #before: readonly ProcessInfo[];
  readonly #untold: EndedProcess[] = [];
  #seenAt = -1;

  constructor(
    private readonly machine: Machine,
    private readonly watcher: Watcher,
    /** Of processes that ended before the machine was as it is: their last pictures. */
    ended: readonly EndedProcess[] = [],
  ) {
    this.#ended.push(...ended);
    this.#before = ended.map(({ info }) => info);
    this.#untold.push(...ended);
    const { hooks } = machine.bare.kernel;
    const before = hooks.onProcessExit;
    hooks.onProcessExit = (process) => {
      this.#last(process);
      before?.(process);
    };
  }

  /** Its memory is still there. */
  #last(process: Process): void {
    this.#find();
    const watched = this.#watched.get(process);
    if (watched === undefined) return;
    const update = watched.feed.take();
    if (update !== undefined) watched.final.push(update);
    watched.info = { ...watched.info, ended: true };
    const whole = new PageFeed(process).take();
    if (whole === undefined) return;
    this.#ended.push({ info: watched.info, update: whole });
    if (this.#ended.length > PROCESSES_MAX) this.#ended.shift();
  }

  get ended(): readonly EndedProcess[] {
    return [...this.#ended];
  }

  #find(): void {
    for (const process of this.machine.bare.kernel.processes.values()) {
      if (process.state !== 'running') continue;
      const known = this.#watched.get(process);
      const info = { pid: process.pid, parent: process.parent?.pid ?? 0, name: process.executable.path, ended: false };
      if (known !== undefined) known.info = info;
      else {
        if (this.#watched.size >= PROCESSES_MAX) this.#forget();
        if (this.#watched.size < PROCESSES_MAX) this.#watched.set(process, { process, feed: new PageFeed(process), info, final: [] });
      }
    }
  }

  /** The oldest that has ended makes room. */
  #forget(): void {
    for (const [process, { info }] of this.#watched) {
      if (info.ended && process.pid !== this.main) {
        this.#watched.delete(process);
        return;
      }
    }
  }

  crashText(report: Crash): string {
    return crashText(report);
  }

  view(wanted: Wanted, more: Pick<Status, 'canRewind' | 'faults'> & { readonly phase: Phase }): View {
    this.#find();
    const { core } = this.machine.bare;
    // What is sent is gone: typed arrays are handed over.
    const feeds: [number, FeedUpdate][] = this.#untold.splice(0).map(({ info, update }) => [info.pid, structuredClone(update)]);
    for (const { process, feed, final } of this.#watched.values()) {
      for (const update of final.splice(0)) feeds.push([process.pid, update]);
      const update = process.state === 'running' ? feed.take() : undefined;
      if (update !== undefined) feeds.push([process.pid, update]);
    }
    const still = more.phase === 'paused' || more.phase === 'ended';
    const status: Status = {
      ...more,
      instructions: core.counter(COUNT_INSTRUCTIONS),
      processes: this.#infos(),
      framesInUse: core.exports.framesInUse(),
      framesLimit: core.exports.frameLimit(),
      cpu: still ? this.#cpu() : undefined,
    };
    const walked = wanted.walk === undefined ? undefined : this.#running(wanted.walk.pid);
    const tabled = wanted.tables === undefined ? undefined : this.#running(wanted.tables);
    const translated = wanted.translation === undefined ? undefined : this.#running(wanted.translation);
    return {
      status,
      feeds,
      events: this.watcher.take(),
      walk:
        wanted.walk === undefined || walked === undefined
          ? undefined
          : { pid: wanted.walk.pid, walk: this.#walk(walked, wanted.walk.address) },
      tables: tabled === undefined ? undefined : { pid: tabled.pid, tables: captureTables(viewSpace(tabled)) },
      translation:
        translated === undefined
          ? undefined
          : {
              pid: translated.pid,
              running: this.machine.bare.kernel.cpu.loaded?.process === translated,
              tlb: captureTlb(core),
              window: captureWindow(viewSpace(translated)),
            },
      picture: wanted.screen ? this.#picture() : undefined,
    };
  }

  /** In the order of their numbers, which is that in which they came to be. */
  #infos(): ProcessInfo[] {
    const all = [...this.#before, ...[...this.#watched.values()].map(({ info }) => info)];
    return all.sort((a, b) => a.pid - b.pid).slice(-PROCESSES_MAX);
  }

  #running(pid: number): Process | undefined {
    const process = this.machine.bare.kernel.processes.get(pid);
    return process?.state === 'running' ? process : undefined;
  }

  #walk(process: Process, address: number): ReturnType<typeof captureWalk> {
    return captureWalk(viewSpace(process), `0x${address.toString(16)}`, address, this.#symbols.name(process, address));
  }

  #cpu(): RegisterState | undefined {
    const { core, kernel } = this.machine.bare;
    const process = kernel.cpu.loaded?.process;
    if (process === undefined || process.state !== 'running') return undefined;
    const { pc } = core;
    const x = Array.from({ length: 32 }, (_, n) => {
      const value = core.view.getBigUint64(X_AT + n * 8, true);
      return value.toString(16).padStart(16, '0');
    });
    return { pid: process.pid, pc, text: this.#instruction(process, pc), symbol: this.#symbols.name(process, pc), x };
  }

  /** Read from the frame, so that looking brings no page in. */
  #instruction(process: Process, pc: number): string {
    const half = (at: number): number | undefined => {
      const { frame } = captureWalk(viewSpace(process), '', at, undefined);
      if (frame === undefined) return undefined;
      return this.machine.bare.core.view.getUint16(frame.number * 4096 + (at % 4096), true);
    };
    const low = half(pc);
    if (low === undefined) return '(the page of the instruction is not there yet)';
    const high = (low & 3) === 3 ? half(pc + 2) : 0;
    return high === undefined ? '(its second half is not there yet)' : disassemble(low + high * 65536, pc);
  }

  #picture(): Picture | undefined {
    const { framebuffer } = this.machine;
    if (framebuffer === undefined) return undefined;
    const lines = framebuffer.takeDirty();
    const { width, height } = framebuffer;
    const isNew = this.#seenAt < 0;
    if (lines === undefined && !isNew) return undefined;
    this.#seenAt = 0;
    const { top, bottom } = isNew || lines === undefined ? { top: 0, bottom: height } : lines;
    const all = framebuffer.toRgba();
    return { size: { width, height }, top, pixels: all.slice(top * width * 4, bottom * width * 4) as Uint8ClampedArray<ArrayBuffer> };
  }
}
