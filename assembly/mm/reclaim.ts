/** What happens when frames run out: clean pages of the page cache that nobody maps are given up, in clock order over the objects. */
import { OBJECT_FILE } from '../shared/exit';
import { dropCleanPages, OBJECT_KIND, objectFirst, objectAfter } from './object';

const BATCH: u32 = 64;
let hand: usize = 0;
let busy: bool = false;

/** True when at least one frame became free. */
export function reclaim(): bool {
  if (busy) return false;
  busy = true;
  let freed: u32 = 0;
  const first = objectFirst();
  if (hand == 0) hand = first;
  const start = hand;
  while (hand != 0 && freed < BATCH) {
    if (load<u32>(hand, OBJECT_KIND) == OBJECT_FILE) freed += dropCleanPages(hand, 0, 0xffffffff, BATCH - freed);
    hand = objectAfter(hand);
    if (hand == 0) hand = first;
    if (hand == start) break;
  }
  busy = false;
  return freed > 0;
}

/** The object's record is about to go. */
export function reclaimForget(object: usize): void {
  if (hand == object) hand = 0;
}
