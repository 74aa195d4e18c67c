/**
 * What happens at once when frames run out in the middle of something: clean pages that nobody maps are given up, in clock order over the
 * objects and their pages. A page that was used since the hand came by last is spared once. Mapped pages stay, so a translation in hand
 * stays good; they go when the host asks for it (scan.ts), between instructions.
 */
import { OBJECT_FILE } from '../shared/exit';
import { FRAME_HELD, frameSetFlags, framesLimit } from './frames';
import { dropCleanPages, dropStopped, INDEX_END, OBJECT_KIND, objectAfter, objectCount, objectFirst } from './object';
import { swapEvictSome } from './swap';

const BATCH: u32 = 64;
let hand: usize = 0;
let handIndex: u64 = 0;
let busy: bool = false;

/** Frames whose address the host was given last, a quarter of all at most: it may have them in hand until the guest runs again. */
const HELD_MAX: u32 = 256;
const held = memory.data(HELD_MAX * 4, 4);
let heldCount: u32 = 0;

// @ts-ignore: decorator
@inline
export function hold(frame: u32): void {
  store<u32>(held + <usize>(heldCount & (HELD_MAX - 1)) * 4, frame);
  heldCount++;
}
// @ts-ignore: decorator
@inline
export function holdNothing(): void {
  heldCount = 0;
}
export function markHeld(on: bool): void {
  const most = min(min(heldCount, HELD_MAX), framesLimit() >> 2);
  for (let i: u32 = 1; i <= most; i++) {
    const at = held + <usize>((heldCount - i) & (HELD_MAX - 1)) * 4;
    frameSetFlags(load<u32>(at), on ? FRAME_HELD : 0, on ? 0 : FRAME_HELD);
  }
}

/** True when at least one frame became free. */
export function reclaim(): bool {
  if (busy) return false;
  busy = true;
  markHeld(true);
  let freed = swapEvictSome(BATCH, FRAME_HELD);
  // Two rounds: the first may only take marks off. One more step for where the hand stood inside an object.
  for (let steps = objectCount * 2 + 1; steps > 0 && freed < BATCH; steps--) {
    if (hand == 0) hand = objectFirst();
    if (hand == 0) break;
    if (load<u32>(hand, OBJECT_KIND) == OBJECT_FILE) {
      freed += dropCleanPages(hand, handIndex, INDEX_END, BATCH - freed, true);
      if (dropStopped >= 0) {
        handIndex = dropStopped;
        break;
      }
    }
    hand = objectAfter(hand);
    handIndex = 0;
  }
  markHeld(false);
  busy = false;
  return freed > 0;
}

/** The object's record is about to go. */
export function reclaimForget(object: usize): void {
  if (hand != object) return;
  hand = objectAfter(object);
  handIndex = 0;
}
