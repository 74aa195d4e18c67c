/** An address space at one moment, as plain data: what texts and pictures are made of, and what --json writes. */

/** Pages that follow each other and are alike. `page` counts from the mapping's start; `bits` are PAGE_* of pages.ts. */
export interface PageRun {
  readonly page: number;
  readonly count: number;
  readonly bits: number;
}

export type MappingKind = 'anonymous' | 'file' | 'shared memory' | 'device';

export interface MappingSnapshot {
  readonly start: number;
  readonly end: number;
  /** rwxp, as /proc/PID/maps has them. */
  readonly permissions: string;
  /** Path, [heap], or ''. */
  readonly name: string;
  readonly kind: MappingKind;
  /** Byte of the object that `start` shows. */
  readonly offset: number;
  /** locked, grows down, not inherited... */
  readonly flags: readonly string[];
  /** All its pages, in order. */
  readonly runs: readonly PageRun[];
}

export interface TableSnapshot {
  /** 2: root, 0: last. */
  readonly level: number;
  /** Which entry of the table above points to it. */
  readonly index: number;
  /** First address that it translates. */
  readonly start: number;
  readonly frame: number;
  /** Entries that are not 0. */
  readonly entries: number;
  /** Address spaces that have it: more than 1 after a fork, until one of them changes an entry. */
  readonly sharers: number;
  readonly below: readonly TableSnapshot[];
}

export interface LevelSnapshot {
  readonly level: number;
  readonly index: number;
  /** Frame of the table, and where the entry lies in linear memory. */
  readonly table: number;
  readonly at: number;
  readonly pte: number;
}

export interface FrameSnapshot {
  readonly number: number;
  readonly references: number;
  readonly flags: readonly string[];
  /** The page of zeros, to which no PTE counts as a reference. */
  readonly zero: boolean;
  /** The object that owns it; undefined: anonymous memory. */
  readonly object: ObjectPlace | undefined;
}

export interface ObjectPlace {
  readonly handle: number;
  readonly kind: MappingKind;
  readonly page: number;
  readonly name: string;
}

export interface WindowSnapshot {
  /** undefined: all slots were taken when the space was made. */
  readonly slot: number | undefined;
  /** The frame that would lie at the page's place; undefined: beyond the window. */
  readonly home: number | undefined;
  /** PERM_READ, PERM_WRITE */
  readonly permission: number;
}

export interface TlbSnapshot {
  /** The TLB holds what the running space has. */
  readonly active: boolean;
  readonly entry: number;
  readonly read: boolean;
  readonly write: boolean;
  readonly address: number;
}

/** What a load, a store and a fetch of the address would come to now. */
export interface Outcomes {
  readonly load: string;
  readonly store: string;
  readonly fetch: string;
}

export interface WalkSnapshot {
  /** As it was asked for: a number or a symbol. */
  readonly asked: string;
  readonly address: number;
  /** main+0x12, where a file says so. */
  readonly symbol: string | undefined;
  readonly mapping: string | undefined;
  /** The byte of the mapping's object. */
  readonly place: ObjectPlace | undefined;
  readonly levels: readonly LevelSnapshot[];
  readonly frame: FrameSnapshot | undefined;
  readonly window: WindowSnapshot;
  readonly tlb: TlbSnapshot;
  readonly outcomes: Outcomes;
}

/** A process's address space as data. */
export interface ProcessSnapshot {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  /** Processes that have this memory, too (vfork, CLONE_VM). */
  readonly threads: number;
  /** Of the thread at the point; undefined: it is another process's. */
  readonly pc: number | undefined;
  readonly pcSymbol: string | undefined;
  readonly mappings: readonly MappingSnapshot[];
  readonly tables: TableSnapshot;
  readonly faults: { readonly minor: number; readonly major: number; readonly copyOnWrite: number };
  readonly residentPeak: number;
  readonly walks: readonly WalkSnapshot[];
}

/** The address spaces of a machine at a point, as data: what `pagewalk inspect --json` writes. */
export interface Snapshot {
  readonly schema: 1;
  readonly program: string;
  /** Where it was stopped, as a sentence. */
  readonly point: string;
  readonly instructions: number;
  readonly framesInUse: number;
  readonly framesLimit: number;
  readonly processes: readonly ProcessSnapshot[];
}
