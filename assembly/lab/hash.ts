/**
 * A table of u64 keys (never 0) with a u32 each: open addressing, grown at two thirds. What it outgrows is not given back: it
 * doubles.
 */

@unmanaged
export class HashTable {
  /** { u64 key, u64 value } */
  slots: usize;
  mask: u32;
  count: u32;
}

const SLOT: usize = 16;
const FIRST: u32 = 1024;

/**
 * Nothing is ever given back (the runtime is asc's "stub"), so what is allocated was not used before and is zero: its pages stay
 * untouched.
 */
export function zeros(bytes: usize): usize {
  return heap.alloc(bytes);
}

export function tableNew(): HashTable {
  const table = changetype<HashTable>(zeros(offsetof<HashTable>()));
  table.slots = zeros(<usize>FIRST * SLOT);
  table.mask = FIRST - 1;
  return table;
}

// @ts-ignore: decorator
@inline
function home(key: u64, mask: u32): u32 {
  return <u32>((key * 0x9e3779b97f4a7c15) >> 32) & mask;
}

/** Address of the value of a key, 0: it is not there. */
export function tableFind(table: HashTable, key: u64): usize {
  const mask = table.mask;
  let at = table.slots + <usize>home(key, mask) * SLOT;
  const end = table.slots + (<usize>mask + 1) * SLOT;
  for (;;) {
    const found = load<u64>(at);
    if (found == key) return at + 8;
    if (found == 0) break;
    at += SLOT;
    if (at == end) at = table.slots;
  }
  return 0;
}

/** The same for a key that is not there yet. */
export function tableInsert(table: HashTable, key: u64, value: u64): usize {
  if (table.count * 3 >= table.mask * 2) grow(table);
  table.count++;
  return place(table, key, value);
}

function place(table: HashTable, key: u64, value: u64): usize {
  const mask = table.mask;
  let at = table.slots + <usize>home(key, mask) * SLOT;
  const end = table.slots + (<usize>mask + 1) * SLOT;
  while (load<u64>(at) != 0) {
    at += SLOT;
    if (at == end) at = table.slots;
  }
  store<u64>(at, key);
  store<u64>(at, value, 8);
  return at + 8;
}

function grow(table: HashTable): void {
  const old = table.slots;
  const end = old + ((<usize>table.mask + 1) * SLOT);
  table.mask = table.mask * 2 + 1;
  table.slots = zeros((<usize>table.mask + 1) * SLOT);
  for (let at = old; at < end; at += SLOT) if (load<u64>(at) != 0) place(table, load<u64>(at), load<u64>(at, 8));
}

/**
 * For what goes through all of them: the addresses of the first slot and behind the last. Keys of 0 are empty slots, values come 8
 * bytes later.
 */
export function tableEnd(table: HashTable): usize {
  return table.slots + (<usize>table.mask + 1) * SLOT;
}
export const TABLE_SLOT: usize = SLOT;
