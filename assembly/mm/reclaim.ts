/**
 * What happens when frames run out: clean pages of the page cache that nobody maps are given up, in clock order over the objects and
 * their pages. A page that was used since the hand came by last is spared once. Mapped pages stay, so a translation in hand stays good.
 */
import { OBJECT_FILE } from '../shared/exit';
import { dropCleanPages, dropStopped, OBJECT_KIND, objectAfter, objectCount, objectFirst } from './object';

const BATCH: u32 = 64;
let hand: usize = 0;
let handIndex: u32 = 0;
let busy: bool = false;

/** True when at least one frame became free. */
export function reclaim(): bool {
  if (busy) return false;
  busy = true;
  let freed: u32 = 0;
  // Two rounds: the first may only take marks off. One more step for where the hand stood inside an object.
  for (let steps = objectCount * 2 + 1; steps > 0 && freed < BATCH; steps--) {
    if (hand == 0) hand = objectFirst();
    if (hand == 0) break;
    if (load<u32>(hand, OBJECT_KIND) == OBJECT_FILE) {
      freed += dropCleanPages(hand, handIndex, 0xffffffff, BATCH - freed, true);
      if (dropStopped >= 0) {
        handIndex = <u32>dropStopped;
        break;
      }
    }
    hand = objectAfter(hand);
    handIndex = 0;
  }
  busy = false;
  return freed > 0;
}

/** The object's record is about to go. */
export function reclaimForget(object: usize): void {
  if (hand != object) return;
  hand = objectAfter(object);
  handIndex = 0;
}
