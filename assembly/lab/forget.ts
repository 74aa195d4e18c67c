/** What events of a stream take out of one TLB. */
import { arrayClear, arrayRemoveSlot, arraySlot, arraySlots, CacheArray, tlbRemove } from './array';
import { addressOfKey, spaceOfKey } from './pages';
import { Policy, sizeShift } from './policy';
import { DROP, FLUSH, SWITCH } from './stream';

export function tlbEvent(
  tlb: CacheArray,
  policy: Policy,
  flushOnSwitch: bool,
  kind: u32,
  address: u64,
  space: u32,
  order: u32,
): void {
  if (kind == FLUSH && address != 0) dropSpan(tlb, address - 1, 0, 64);
  else if (kind == FLUSH || (kind == SWITCH && flushOnSwitch)) arrayClear(tlb);
  else if (kind == DROP && order != 0) dropSpan(tlb, space, address, 12 + order);
  else if (kind == DROP) {
    drop(tlb, address, policy.largeKeyAt(space, address));
    drop(tlb, address, policy.smallKeyAt(space, address));
  }
}

function drop(tlb: CacheArray, address: u64, key: u32): void {
  if (key != 0) tlbRemove(tlb, address >> sizeShift(key & 3), key);
}

/** Whatever has a part in 2^shift bytes; 64: all of the space. */
function dropSpan(tlb: CacheArray, space: u64, address: u64, shift: u32): void {
  for (let slot = arraySlots(tlb); slot-- > 0; ) {
    const key = arraySlot(tlb, slot);
    if (key == 0 || spaceOfKey(key) != space) continue;
    const larger = max(shift, sizeShift(key & 3) + ((key & 3) == 0 ? tlb.coalesce : 0));
    if (shift == 64 || addressOfKey(key) >> larger == address >> larger) arrayRemoveSlot(tlb, slot);
  }
}
