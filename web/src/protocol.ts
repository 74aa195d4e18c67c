/** What page and worker say to each other. The worker has the machine; the page draws. */
import type { FeedUpdate } from '../../host/debug/inspect/feed.js';
import type { TableSnapshot, WalkSnapshot } from '../../host/debug/inspect/snapshot.js';
import type { TlbEntry, WindowContents } from '../../host/debug/inspect/translation.js';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface ScreenSize {
  readonly width: number;
  readonly height: number;
}

/** How the machine's time goes: 'exact' has a clock of its own, so a run can be repeated; 'live' has the host's. */
export type TimeMode = 'exact' | 'live';

export interface Launch {
  readonly path: string;
  readonly args: readonly string[];
  /** Absolute path and contents; mode 0755. */
  readonly files: readonly (readonly [path: string, bytes: Uint8Array])[];
  /** A tar archive as '/', gzip or not. */
  readonly root: Uint8Array | undefined;
  readonly cwd: string;
  readonly memory: string;
  readonly time: TimeMode;
  /** Looks at every instruction, so that each fault is known: some five million instructions a second, nothing compiled. */
  readonly watch: boolean;
  readonly terminal: TerminalSize;
  readonly screen: ScreenSize | undefined;
  /** Stops before the first instruction. */
  readonly paused: boolean;
  /** Shows /keep: files in the browser's own storage. */
  readonly keep: boolean;
  readonly seed: number;
}

/** When to stop next. */
export type Goal =
  | { readonly kind: 'never' }
  | { readonly kind: 'steps'; readonly count: number }
  | { readonly kind: 'fault' }
  /** After the next system call. */
  | { readonly kind: 'call' }
  /** After the count-th call of that name since the start. */
  | { readonly kind: 'calls'; readonly name: string; readonly count: number }
  /** When so many instructions of the machine have been executed. */
  | { readonly kind: 'position'; readonly at: number };

/** What the page wants to see now. */
export interface Wanted {
  /** Pid of the walk, and its address. */
  readonly walk: { readonly pid: number; readonly address: number } | undefined;
  readonly tables: number | undefined;
  readonly translation: number | undefined;
  readonly screen: boolean;
}

export type ToWorker =
  | { readonly type: 'launch'; readonly launch: Launch }
  | { readonly type: 'keys'; readonly bytes: Uint8Array }
  | { readonly type: 'resize'; readonly size: TerminalSize }
  | { readonly type: 'go'; readonly goal: Goal }
  /** Replays up to so many instructions; the history after that is forgotten. */
  | { readonly type: 'rewind'; readonly at: number }
  | { readonly type: 'pause' }
  | { readonly type: 'stop' }
  | { readonly type: 'look'; readonly wanted: Wanted };

export type EventKind = 'zero' | 'minor' | 'major' | 'cow' | 'call' | 'signal' | 'process';

export interface TimelineEvent {
  /** Counts from 0 in every run. */
  readonly number: number;
  /** Instructions of the machine that were executed before. */
  readonly at: number;
  readonly pid: number;
  readonly kind: EventKind;
  readonly text: string;
  /** Of a fault: the address that was touched. */
  readonly address: number | undefined;
}

export type Phase = 'none' | 'starting' | 'running' | 'replaying' | 'paused' | 'ended';

export interface RegisterState {
  readonly pid: number;
  readonly pc: number;
  /** The instruction there, disassembled, and its place in a function. */
  readonly text: string;
  readonly symbol: string | undefined;
  /** x0..x31 as 16 hexadecimal digits. */
  readonly x: readonly string[];
}

export interface Status {
  readonly phase: Phase;
  readonly instructions: number;
  /** Whether earlier states can be had back. */
  readonly canRewind: boolean;
  readonly processes: readonly ProcessInfo[];
  readonly framesInUse: number;
  readonly framesLimit: number;
  readonly faults: { readonly minor: number; readonly major: number; readonly cow: number };
  /** When nothing runs. */
  readonly cpu: RegisterState | undefined;
}

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  /** Its memory is no more: what is shown was there when it ended. */
  readonly ended: boolean;
}

export interface TranslationView {
  readonly pid: number;
  /** Of the space that runs. */
  readonly tlb: readonly TlbEntry[];
  readonly running: boolean;
  readonly window: WindowContents;
}

export interface Picture {
  readonly size: ScreenSize;
  readonly top: number;
  /** Lines from `top` on, RGBA. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

export interface View {
  readonly status: Status;
  /** What has changed of each process. */
  readonly feeds: readonly (readonly [pid: number, update: FeedUpdate])[];
  /** Since the last view. */
  readonly events: readonly TimelineEvent[];
  readonly walk: { readonly pid: number; readonly walk: WalkSnapshot } | undefined;
  readonly tables: { readonly pid: number; readonly tables: TableSnapshot } | undefined;
  readonly translation: TranslationView | undefined;
  readonly picture: Picture | undefined;
}

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'output'; readonly bytes: Uint8Array }
  /** A run begins anew, or again from some instruction up to another: what was shown of the last one is no more. */
  | { readonly type: 'reset'; readonly replayTo: number | undefined; readonly from: number }
  | { readonly type: 'phase'; readonly phase: Phase; readonly text: string }
  /** The answer to every look; undefined: there is no machine, or it is being replaced. */
  | { readonly type: 'view'; readonly view: View | undefined }
  /** Something can't be done: a sentence for the user. */
  | { readonly type: 'error'; readonly text: string };
