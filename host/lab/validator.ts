/**
 * What modelled TLBs hold, compared with the page tables: a stream with RECORD_ENTRY tells the entry by which each access was made. When a
 * page's entry has lost something since the page was accessed last (its frame, a permission), whoever still holds its translation holds one
 * that was filled before: the invalidation that should have taken it away is missing.
 */
import * as T from '../../assembly/shared/trace.js';
import type { Pass } from './pass.js';
import type { TakeRecords } from './recorder.js';

const TWO32 = 2 ** 32;
/** Bits of an entry that say what may be done: V, R, W, X, U. */
const PERMISSIONS = 0x1f;
const FRAME_SHIFT = 2 ** 10;

/** What a page's entry was when it was accessed last. */
interface Seen {
  readonly entry: number;
  /** Instructions before that access. */
  readonly at: number;
}

export interface StalePlace {
  /** Number of the address space in the records. */
  readonly space: number;
  readonly address: number;
  /** Instructions before the page was seen with its old entry last, and before the access that found the new one. */
  readonly from: number;
  readonly to: number;
}

/** A stale translation: the message names where it is, what changed, and the invalidation that is missing. */
export class StaleEntryError extends Error {
  constructor(
    message: string,
    readonly place: StalePlace,
  ) {
    super(message);
  }
}

/** The stream tells no entries, so there is nothing to compare with. */
export class NoEntriesError extends Error {}

const shown = (entry: number): string => {
  const bits = entry % FRAME_SHIFT;
  if ((bits & 1) === 0) return 'no page';
  const flags = [...'rwx'].map((name, i) => (bits & (2 << i) ? name : '-')).join('');
  return `frame 0x${Math.floor(entry / FRAME_SHIFT).toString(16)} ${flags}`;
};

/** Has the entry lost anything that a TLB could still allow? */
function lost(before: number, now: number): boolean {
  if (Math.floor(before / FRAME_SHIFT) !== Math.floor(now / FRAME_SHIFT)) return true;
  return (before & ~now & PERMISSIONS) !== 0;
}

/** Stands before a pass. Systems with `validate` are checked; throws StaleEntryError at the first stale translation. */
export class Validator {
  readonly #seen = new Map<number, Seen>();
  readonly #systems: readonly number[];
  #space = 0;
  #instructions = 0;
  #entry: number | undefined;
  #told = false;

  /** cause: what the kernel did meanwhile, if anybody knows. next: who takes the records behind it. */
  constructor(
    private readonly pass: Pass,
    private readonly next: TakeRecords = pass.take,
    private readonly cause?: (place: StalePlace) => string | undefined,
  ) {
    this.#systems = pass.systems.flatMap(({ validate }, i) => (validate ? [i] : []));
  }

  readonly take: TakeRecords = (words, count) => {
    let from = 0;
    for (let i = 0; i < count; i++) {
      const high = words[2 * i + 1];
      const kind = (high >>> 16) & T.RECORD_KIND_MASK;
      const value = words[2 * i] + (high & 0xffff) * TWO32;
      this.#instructions += (high >>> 20) + (kind === T.RECORD_PASSED ? value : 0);
      if (kind === T.RECORD_ENTRY) this.#entry = value;
      else if (kind === T.RECORD_SPACE) this.#space = value;
      else if (kind === T.RECORD_CODE || kind === T.RECORD_LOAD || kind === T.RECORD_STORE) {
        if (this.#entry === undefined && !this.#told) throw new NoEntriesError('it tells no page-table entries to validate by');
        this.#told = true;
        const changed = this.#look(value);
        if (changed === undefined) continue;
        this.next(words.subarray(2 * from, 2 * i), i - from);
        from = i;
        this.#check(value, changed);
      }
    }
    if (from < count) this.next(words.subarray(2 * from, 2 * count), count - from);
  };

  /** The page is accessed: what its entry was before, if it has lost something since. */
  #look(address: number): { before: Seen; entry: number } | undefined {
    const key = Math.floor(address / 4096) * T.RECORD_SPACES + this.#space;
    const before = this.#seen.get(key);
    const entry = this.#entry ?? before?.entry;
    this.#entry = undefined;
    if (entry === undefined) return undefined;
    this.#seen.set(key, { entry, at: this.#instructions });
    return before !== undefined && lost(before.entry, entry) ? { before, entry } : undefined;
  }

  #check(address: number, { before, entry }: { before: Seen; entry: number }): void {
    for (const system of this.#systems) {
      const holders = this.pass.engine.holders(system, this.#space, address);
      if (holders.length === 0) continue;
      const page = address - (address % 4096);
      const at = `0x${page.toString(16)}`;
      const place = { space: this.#space, address: page, from: before.at, to: this.#instructions };
      const cause = this.cause?.(place);
      throw new StaleEntryError(
        [
          `stale translation in ${this.pass.systems[system].name}, ${holders.join(' and ')}: page ${at} of address space ${this.#space}`,
          `  held: ${shown(before.entry)}; the page tables say: ${shown(entry)}`,
          `  missing: an invalidation of that page (sfence.vma ${at}, ${this.#space})`,
          `  between instructions ${before.at} and ${this.#instructions}`,
          ...(cause === undefined ? [] : [`  ${cause}`]),
        ].join('\n'),
        place,
      );
    }
  }
}
