/**
 * Second levels of one shape behind first levels that differ: what a set of one holds is the keys that were asked for last, and that is
 * mostly the same for many of them. So a set is kept once for all whose sets are the same, and split and merged as they come apart and
 * together again. Where they are mostly different each goes on alone.
 */
import { arrayNew, CacheArray, LRU, plainSetNumber } from './array';
import { tlbEvent } from './forget';
import { zeros } from './hash';
import { Four, Many, One, Three, Two, use } from './lru';
import { Policy, sizeShift } from './policy';
import { ASK_BYTES, ASK_KEY, ASK_RUN, MISS_BYTES, MISS_KEY, MISS_KIND, MISS_PAGE, Prepared } from './prepared';
import { Stage } from './stage';
import { DROP } from './stream';

export const MEMBERS_MAX: i32 = 64;
/** Fewer are not worth it. */
export const MEMBERS_MIN: i32 = 8;
/** After so many questions it is looked at what they came to. */
const TRIAL: u64 = 1 << 14;
/** So many members must have been asked together, on average. */
const WORTH: u64 = 3;

/** The members' sets that are the same: { u64 members, usize the next group of the set, pad, then the set's keys } */
const GROUP_NEXT: usize = 8;
const GROUP_KEYS: usize = 16;

/** u64[64]: members' runs, then runs' members. */
const matrix: usize = heap.alloc(64 << 3);

/** Bit i of word n becomes bit n of word i. */
function transpose(at: usize): void {
  let mask: u64 = 0xffffffff;
  for (let j: usize = 32; j != 0; j >>= 1, mask ^= mask << (<u64>j)) {
    for (let k: usize = 0; k < 64; k = ((k | j) + 1) & ~j) {
      const a = at + (k << 3);
      const b = at + ((k | j) << 3);
      const t = ((load<u64>(a) >> (<u64>j)) ^ load<u64>(b)) & mask;
      store<u64>(a, load<u64>(a) ^ (t << (<u64>j)));
      store<u64>(b, load<u64>(b) ^ t);
    }
  }
}

export class Grouped {
  private members: Array<Stage> = new Array<Stage>();
  /** u32[set]: its first group. */
  private sets: usize;
  private setCount: u32;
  private inverse: u64;
  private vectors: u32;
  private last: u32;
  private free: usize = 0;
  /** One set, for events. */
  private view: CacheArray;
  /** Questions of members, and groups that were looked at for them. */
  private asked: u64 = 0;
  private looked: u64 = 0;
  isOver: bool = false;

  constructor(
    public prepared: Prepared,
    private policy: Policy,
    private flushOnSwitch: bool,
    private like: CacheArray,
  ) {
    this.setCount = like.sets;
    this.inverse = like.inverse;
    this.vectors = like.vectors;
    this.last = like.last;
    this.view = arrayNew(1, like.ways, LRU, 1);
    this.sets = zeros(<usize>like.sets << 2);
  }

  /** Another one, if it is alike and there is room. */
  join(stage: Stage, prepared: Prepared, tlb: CacheArray): bool {
    const isAlike = prepared == this.prepared && tlb.sets == this.setCount && tlb.ways == this.like.ways;
    if (!isAlike || stage.flushOnSwitch != this.flushOnSwitch || this.members.length == MEMBERS_MAX) return false;
    this.members.push(stage);
    return true;
  }

  get count(): i32 {
    return this.members.length;
  }

  /** All have joined: they begin with the same sets. */
  begin(): void {
    const all = this.count == 64 ? u64.MAX_VALUE : ((<u64>1) << (<u64>this.count)) - 1;
    for (let set: u32 = 0; set < this.setCount; set++) {
      const group = this.newGroup();
      store<u64>(group, all);
      store<usize>(this.sets + (<usize>set << 2), group);
    }
    for (let i = 0; i < this.count; i++) this.members[i].grouped = this;
  }

  private newGroup(): usize {
    const group = this.free;
    if (group == 0) return zeros(GROUP_KEYS + (<usize>this.vectors << 4));
    this.free = load<usize>(group, GROUP_NEXT);
    store<usize>(group, 0, GROUP_NEXT);
    return group;
  }

  private first(set: u32): usize {
    return load<usize>(this.sets + (<usize>set << 2));
  }

  /** What the members' first levels missed of a block. */
  feed(): void {
    if (this.vectors == 1) this.feedWords<One>();
    else if (this.vectors == 2) this.feedWords<Two>();
    else if (this.vectors == 3) this.feedWords<Three>();
    else if (this.vectors == 4) this.feedWords<Four>();
    else this.feedWords<Many>();
    for (let i = 0; i < this.count; i++) unchecked(this.members[i]).drain();
    if (this.asked < TRIAL) return;
    if (this.asked < WORTH * this.looked) this.end();
    this.asked = 0;
    this.looked = 0;
  }

  // @ts-ignore: decorator
  @inline
  private feedWords<N>(): void {
    const prepared = this.prepared;
    const members = this.members;
    const count = members.length;
    const end = (prepared.count + 63) >> 6 << 3;
    for (let word: usize = 0, asks = prepared.asks[2]; word < end; word += 8, asks += 64 * ASK_BYTES) {
      let any = load<u64>(prepared.events + word);
      memory.fill(matrix, 0, 64 << 3);
      for (let i = 0; i < count; i++) {
        const missed = load<u64>(unchecked(members[i]).asked + word);
        any |= missed;
        store<u64>(matrix + (<usize>i << 3), missed);
      }
      if (any == 0) continue;
      transpose(matrix);
      for (let bits = any; bits != 0; bits &= bits - 1) {
        const n = <usize>ctz(bits);
        const at = asks + n * ASK_BYTES;
        const key = load<u32>(at, ASK_KEY);
        if (key == 0) this.event(prepared.all + <usize>load<u32>(at, ASK_RUN) * MISS_BYTES);
        else {
          const set = plainSetNumber(this.setCount, this.inverse, load<u64>(at));
          store<u64>(matrix + (n << 3), this.ask<N>(set, key, load<u64>(matrix + (n << 3))));
        }
      }
      transpose(matrix);
      for (let i = 0; i < count; i++) unchecked(members[i]).countWord(prepared, word, load<u64>(matrix + (<usize>i << 3)));
    }
  }

  /** Members ask for a key: those that miss it. */
  // @ts-ignore: decorator
  @inline
  private ask<N>(set: u32, key: u32, who: u64): u64 {
    const first = this.first(set);
    let misses: u64 = 0;
    this.asked += popcnt(who);
    for (let group = first; group != 0; group = load<usize>(group, GROUP_NEXT)) {
      const members = load<u64>(group);
      const some = members & who;
      if (some == 0) continue;
      this.looked++;
      if (some != members) this.split(group, members & ~some);
      if (!use<N>(group + GROUP_KEYS, this.vectors, this.last, key)) misses |= some;
    }
    if (load<usize>(first, GROUP_NEXT) != 0) this.merge(first);
    return misses;
  }

  /** The others keep the group's set as it is, in a group of their own behind it: it is not asked any more. */
  private split(group: usize, others: u64): void {
    const other = this.newGroup();
    memory.copy(other, group, GROUP_KEYS + (<usize>this.vectors << 4));
    store<u64>(other, others);
    store<u64>(group, load<u64>(group) & ~others);
    store<usize>(group, other, GROUP_NEXT);
  }

  /** Groups whose sets are the same by now are one again. */
  private merge(first: usize): void {
    for (let group = first; group != 0; group = load<usize>(group, GROUP_NEXT)) {
      let before = group;
      for (let other = load<usize>(group, GROUP_NEXT); other != 0; other = load<usize>(before, GROUP_NEXT)) {
        if (!this.isSame(group + GROUP_KEYS, other + GROUP_KEYS)) {
          before = other;
          continue;
        }
        store<u64>(group, load<u64>(group) | load<u64>(other));
        store<usize>(before, load<usize>(other, GROUP_NEXT), GROUP_NEXT);
        store<usize>(other, this.free, GROUP_NEXT);
        this.free = other;
      }
    }
  }

  private isSame(a: usize, b: usize): bool {
    for (let end = a + (<usize>this.vectors << 4); a < end; a += 16, b += 16)
      if (v128.any_true(v128.xor(load<v128>(a), load<v128>(b)))) return false;
    return true;
  }

  private event(event: usize): void {
    const kind = load<u32>(event, MISS_KIND);
    const address = load<u64>(event);
    const order = load<u32>(event, MISS_KEY);
    const space = load<u32>(event, MISS_PAGE);
    if (kind == DROP && order == 0) {
      const set = plainSetNumber(this.setCount, this.inverse, address >> sizeShift(this.policy.size));
      this.forget(set, kind, address, space, order);
    } else for (let set: u32 = 0; set < this.setCount; set++) this.forget(set, kind, address, space, order);
  }

  private forget(set: u32, kind: u32, address: u64, space: u32, order: u32): void {
    const first = this.first(set);
    for (let group = first; group != 0; group = load<usize>(group, GROUP_NEXT)) {
      this.view.keys = group + GROUP_KEYS;
      tlbEvent(this.view, this.policy, this.flushOnSwitch, kind, address, space, order);
    }
    this.merge(first);
  }

  /** Each member has its sets for itself from now on. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    const bytes = <usize>this.vectors << 4;
    for (let i = 0; i < this.count; i++) {
      const member = this.members[i];
      const tlb = member.all[0];
      for (let set: u32 = 0; set < this.setCount; set++) {
        let group = this.first(set);
        while (((load<u64>(group) >> (<u64>i)) & 1) == 0) group = load<usize>(group, GROUP_NEXT);
        memory.copy(tlb.keys + <usize>set * bytes, group + GROUP_KEYS, bytes);
      }
      member.grouped = null;
    }
  }
}
