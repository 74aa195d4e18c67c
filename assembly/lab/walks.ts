/**
 * Walks made ready for all walkers of a level whose pages keep one size in trees: which entries each would read. And caches of pointers
 * to tables that differ in nothing but their ways, as one: of least recently used keys a set of n ways has those that
 * a larger one has in its first n places (Mattson et al., 1970).
 */
import { arrayClear, arrayNew, arrayPosition, CacheArray, LRU } from './array';
import { Policy, leafOf } from './policy';
import { MISS_BYTES, MISS_KEY, MISS_KIND } from './prepared';
import { FLUSH, STORE, SWITCH } from './stream';

/** Of a walk: u32[levels that remain after its entry + 1]: table << 9 | index of the entry in it. */
const WALK_SHIFT: usize = 5;
export const WALK_BYTES: usize = 1 << WALK_SHIFT;

/** Walk caches of one reach and one number of sets. */
class Family {
  /** u32[walk]: the place of its table in its set before the walk. */
  places: usize = 0;
  constructor(
    public level: u32,
    /** Of as many ways as the largest. */
    public largest: CacheArray,
  ) {}
}

export class Walks {
  private leaf: u32;
  private entries: usize = 0;
  private families: Array<Family> = new Array<Family>();

  constructor(
    private policy: Policy,
    private flushOnSwitch: bool,
    /** Walks and events at once, at most. */
    private room: usize,
  ) {
    this.leaf = leafOf(policy.size);
    this.entries = heap.alloc(room << WALK_SHIFT);
  }

  /** A walk cache whose use the walks' places tell: the family's number. */
  join(level: u32, cache: CacheArray): u32 {
    for (let i = 0; i < this.families.length; i++) {
      const family = this.families[i];
      if (family.level != level || family.largest.sets != cache.sets) continue;
      if (family.largest.ways < cache.ways) family.largest = likeOf(cache);
      return <u32>i;
    }
    const family = new Family(level, likeOf(cache));
    family.places = heap.alloc(this.room << 2);
    this.families.push(family);
    return <u32>this.families.length - 1;
  }

  placesOf(family: u32): usize {
    return this.families[family].places;
  }
  entriesOf(walk: usize): usize {
    return this.entries + (walk << WALK_SHIFT);
  }

  prepare(from: usize, end: usize): void {
    const policy = this.policy;
    const leaf = this.leaf;
    const depth = policy.depth;
    let out = this.entries;
    for (let at = from; at < end; at += MISS_BYTES, out += WALK_BYTES) {
      if (load<u32>(at, MISS_KIND) > STORE) continue;
      const va = load<u64>(at);
      let table = policy.tableOf(load<u32>(at, MISS_KEY));
      let index = va >> (12 + 9 * (leaf - 1));
      for (let level = leaf; level <= depth; level++) {
        store<u32>(out + (<usize>level << 2), (table << 9) | (<u32>index & 511));
        table = policy.parent(table);
        index >>= 9;
      }
    }
    for (let i = 0; i < this.families.length; i++) this.place(this.families[i], from, end);
  }

  private place(family: Family, from: usize, end: usize): void {
    const cache = family.largest;
    const level = family.level;
    let out = family.places;
    let walk = this.entries + (<usize>level << 2);
    for (let at = from; at < end; at += MISS_BYTES, out += 4, walk += WALK_BYTES) {
      const kind = load<u32>(at, MISS_KIND);
      const va = load<u64>(at);
      if (kind <= STORE) store<u32>(out, arrayPosition(cache, va >> (12 + 9 * level), load<u32>(walk) >> 9));
      else if (isFlush(kind, va, this.flushOnSwitch)) arrayClear(cache);
    }
  }
}

/** One of its own, since walkers empty theirs when they come to it. */
function likeOf(cache: CacheArray): CacheArray {
  return arrayNew(cache.sets, cache.ways, LRU, 1);
}

/** Does the event make walk caches forget what they know? What one space's translations forget leaves its tables known. */
export function isFlush(kind: u32, address: u64, flushOnSwitch: bool): bool {
  return (kind == FLUSH && address == 0) || (kind == SWITCH && flushOnSwitch);
}
