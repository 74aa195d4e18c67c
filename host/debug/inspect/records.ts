/**
 * Where the core keeps what is drawn: bits of a PTE, fields of its records. The core's own files have the same constants in types that
 * TypeScript can't read (assembly/mm/{pagetable,space,frames}.ts); tests/unit/inspect-records.test.ts compares them.
 */
import * as L from '../../../assembly/shared/layout.js';
import type { Core } from '../../core/core.js';

export const PTE_V = 1;
export const PTE_R = 2;
export const PTE_W = 4;
export const PTE_X = 8;
export const PTE_U = 16;
export const PTE_G = 32;
export const PTE_A = 64;
export const PTE_D = 128;
export const PTE_SHARED = 256;
export const PTE_SOFT = 512;
/** The same bit in a leaf: a userfaultfd is asked before the next store. */
export const PTE_UFFD_WP = 256;
/** R, W or X: the entry maps memory; without them it points to a table, except in the last level. */
export const PTE_RWX = PTE_R | PTE_W | PTE_X;
/** An entry of a last table that is not 0 and has no V is a mark: kind in bits 12..10, value above. */
export const MARK_SWAP = 1;
export const MARK_POISON = 2;
export const MARK_GUARD = 3;
export const MARK_UFFD_WP = 4;

export const TASK_SIZE = 2 ** 38;
export const ENTRIES = 512;
export const LEAF_SPAN = 2 ** 21;
export const GIGA = 2 ** 30;

export const SPACE_SLOT = 8;
export const SPACE_WINDOW = 12;
export const SPACE_STACK_LIMIT = 40;

export const FRAME_REFERENCES = 0;
export const FRAME_FLAGS = 4;
export const FRAME_OBJECT = 8;
export const FRAME_INDEX = 12;
export const FRAME_DIRTY = 4;
const FRAME_SHARERS = 20;
export const FRAME_NAMES: readonly (readonly [bit: number, name: string])[] = [
  [FRAME_DIRTY, 'dirty'],
  [8, 'referenced'],
  [16, 'decoded code'],
  [32, 'compiled code'],
  [512, 'merged with others of the same contents'],
];

export const OBJECT_KIND = 0;
export const STACK_GUARD = 256 * 4096;

export const TLB_ENTRIES = 256;
export const TLB_ENTRY_BYTES = 32;

/** MARK_*; 0: a page, or nothing. */
export function markKind(pte: number): number {
  return pte % 2 === PTE_V ? 0 : Math.floor(pte / 1024) % 8;
}

export function markValue(pte: number): number {
  return Math.floor(pte / 8192);
}

/** A PTE as a number: its PPN never has more than 20 bits here. */
export interface Pte {
  readonly value: number;
  readonly bits: number;
  readonly frame: number;
}

export function readPte(core: Core, at: number): Pte {
  const value = core.readU64(at);
  return { value, bits: value % 1024, frame: Math.floor(value / 1024) };
}

export interface FrameRecord {
  readonly references: number;
  readonly flags: number;
  /** The object that owns it; 0: anonymous. */
  readonly object: number;
  readonly index: number;
}

export function readFrame(core: Core, frame: number): FrameRecord {
  const words = core.u32;
  const at = L.DESCRIPTORS + (frame << L.DESCRIPTOR_SHIFT);
  const word = (offset: number): number => words[(at + offset) >>> 2];
  return { references: word(FRAME_REFERENCES), flags: word(FRAME_FLAGS), object: word(FRAME_OBJECT), index: word(FRAME_INDEX) };
}

/** How many spaces have the megapage whose first frame this is. */
export function megapageSharers(core: Core, first: number): number {
  return core.u32[(L.DESCRIPTORS + (first << L.DESCRIPTOR_SHIFT) + FRAME_SHARERS) >>> 2];
}

/** What the TLB has of a page: whether its tags match, and the frame's address. */
export function readTlb(core: Core, vpn: number): { entry: number; read: boolean; write: boolean; address: number } {
  const entry = vpn % TLB_ENTRIES;
  const at = L.TLB_BASE + entry * TLB_ENTRY_BYTES;
  return {
    entry,
    read: core.readU64(at) === vpn + 1,
    write: core.readU64(at + 8) === vpn + 1,
    address: core.u32[(at + 16) >>> 2],
  };
}
