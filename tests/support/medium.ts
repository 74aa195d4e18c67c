/** A medium that writes down what it is told, may refuse it, and of which something is left when the power goes. */
import type { Random } from './random.js';

export const SECTOR_BYTES = 512;
/** Id of the root directory. */
export const ROOT = 0;

export type MediumOp =
  | { readonly kind: 'make'; readonly directory: number; readonly name: string; readonly id: number; readonly isDirectory: boolean }
  | { readonly kind: 'unlink'; readonly directory: number; readonly name: string; readonly id: number }
  | {
      readonly kind: 'rename';
      readonly directory: number;
      readonly name: string;
      readonly newDirectory: number;
      readonly newName: string;
      readonly id: number;
    }
  | { readonly kind: 'write'; readonly id: number; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'resize'; readonly id: number; readonly size: number }
  | { readonly kind: 'sync'; readonly id: number }
  | { readonly kind: 'syncEntries'; readonly directory: number };

export type MediumCall = MediumOp['kind'] | 'read';

/** What is on a medium: names of directories, bytes of files. */
export interface Image {
  readonly directories: Map<number, Map<string, number>>;
  readonly files: Map<number, Uint8Array>;
}

export class Medium {
  readonly ops: MediumOp[] = [];
  /** What it says it does and does not: for checking that a test would notice. */
  readonly lies = new Set<MediumCall>();
  calls = 0;
  /** Asked before each call: throws what the medium answers instead. */
  refuse: ((call: MediumCall, number: number) => void) | undefined;
  #lastId = ROOT;

  newId(): number {
    return ++this.#lastId;
  }

  check(call: MediumCall): void {
    this.refuse?.(call, this.calls++);
  }

  note(op: MediumOp): void {
    if (!this.lies.has(op.kind)) this.ops.push(op);
  }
}

function apply(bytes: Uint8Array, offset: number, from: Uint8Array): Uint8Array {
  const end = offset + from.length;
  const next = end > bytes.length ? resized(bytes, end) : bytes;
  next.set(from, offset);
  return next;
}

function resized(bytes: Uint8Array, size: number): Uint8Array {
  const next = new Uint8Array(size);
  next.set(bytes.subarray(0, size));
  return next;
}

/** How much of what was not made safe survives. */
type Luck = 'nothing' | 'everything' | 'some';

/**
 * What may be left when the power goes after `ops`. All that was synced is there. Of later writes any subset of sectors is, whatever their
 * order; of later changes of length any; of names either what came before some moment (a journal) or any subset (none).
 */
export function crash(ops: readonly MediumOp[], random: Random): Image {
  const luck: Luck = random.pick(['nothing', 'everything', 'some', 'some', 'some']);
  return { directories: crashedNames(ops, random, luck), files: crashedFiles(ops, random, luck) };
}

function crashedFiles(ops: readonly MediumOp[], random: Random, luck: Luck): Map<number, Uint8Array> {
  const synced = new Map<number, number>();
  for (const [i, op] of ops.entries()) if (op.kind === 'sync') synced.set(op.id, i);
  const files = new Map<number, Uint8Array>();
  for (const [i, op] of ops.entries()) {
    if (op.kind === 'make' && !op.isDirectory) files.set(op.id, new Uint8Array(0));
    if (op.kind !== 'write' && op.kind !== 'resize') continue;
    const bytes = files.get(op.id) ?? new Uint8Array(0);
    const safe = i < (synced.get(op.id) ?? -1) || luck === 'everything';
    if (!safe && luck === 'nothing') continue;
    if (op.kind === 'resize') {
      if (safe || random.below(2) === 0) files.set(op.id, resized(bytes, op.size));
    } else files.set(op.id, safe ? apply(bytes, op.offset, op.bytes) : torn(bytes, op, random));
  }
  return files;
}

/** A write that was not made safe: each sector may be there or not, and so may the new length. */
function torn(bytes: Uint8Array, op: MediumOp & { readonly kind: 'write' }, random: Random): Uint8Array {
  const keep = random.pick([0, 0.5, 0.9, 1]);
  let next: Uint8Array = bytes.slice();
  for (let at = 0; at < op.bytes.length; ) {
    const sector = Math.min(op.bytes.length - at, SECTOR_BYTES - ((op.offset + at) % SECTOR_BYTES));
    if (random.below(1000) < keep * 1000) next = apply(next, op.offset + at, op.bytes.subarray(at, at + sector));
    at += sector;
  }
  return next.length > bytes.length && random.below(2) === 0 ? next.subarray(0, bytes.length) : next;
}

function directoriesOf(op: MediumOp): readonly number[] {
  if (op.kind === 'rename') return [op.directory, op.newDirectory];
  return op.kind === 'make' || op.kind === 'unlink' ? [op.directory] : [];
}

function crashedNames(ops: readonly MediumOp[], random: Random, luck: Luck): Map<number, Map<string, number>> {
  const synced = new Map<number, number>();
  for (const [i, op] of ops.entries()) if (op.kind === 'syncEntries') synced.set(op.directory, i);
  const isSafe = (op: MediumOp, i: number): boolean => directoriesOf(op).some((directory) => i < (synced.get(directory) ?? -1));
  const journal = random.below(2) === 0;
  const lastSafe = ops.reduce((last, op, i) => (isSafe(op, i) ? i : last), -1);
  const journalEnd = luck === 'nothing' ? lastSafe : lastSafe + random.below(ops.length - lastSafe);
  const directories = new Map([[ROOT, new Map<string, number>()]]);
  const entries = (directory: number): Map<string, number> => {
    let found = directories.get(directory);
    if (found === undefined) directories.set(directory, (found = new Map<string, number>()));
    return found;
  };
  for (const [i, op] of ops.entries()) {
    const lucky = luck === 'everything' || (journal ? i <= journalEnd : luck === 'some' && random.below(2) === 0);
    if (!isSafe(op, i) && !lucky) continue;
    if (op.kind === 'make') entries(op.directory).set(op.name, op.id);
    else if (op.kind === 'unlink') removeName(entries(op.directory), op.name, op.id);
    else if (op.kind === 'rename') {
      removeName(entries(op.directory), op.name, op.id);
      entries(op.newDirectory).set(op.newName, op.id);
    }
  }
  return directories;
}

function removeName(entries: Map<string, number>, name: string, id: number): void {
  if (entries.get(name) === id) entries.delete(name);
}
