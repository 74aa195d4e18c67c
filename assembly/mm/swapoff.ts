/** swapoff(2): everything that lies in the swap area comes back, space by space, then object by object. */
import { NO_INDEX } from '../shared/exit';
import { handleSwapped } from './fault';
import { leafOwn } from './leaf';
import { needFrames, needSlot } from './need';
import { objectAfter, objectFirst, objectFrame, objectNextPresent, objectSlot, objectSwapped } from './object';
import { MARK_SWAP, pteFind, pteMarkKind, pteMarkValue, pteSkip, TASK_SIZE } from './pagetable';
import { SPACE_ROOT, spaceAfter, spaceFirst } from './space';
import { swapFrame } from './swap';
import { VMA_FLAGS, vmaAt } from './vma';
import { identityFrame } from './window';

/** How far the last call came. */
let atSpace: usize = 0;
let atVa: u64 = 0;

/** The area is shut. 0: all is back; NEED_PAGE: call again when the slot has been read, or room made. Begin with `again` 0. */
export function swapBack(again: bool): i32 {
  if (!again || atSpace == 0) {
    atSpace = spaceFirst();
    atVa = 0;
  }
  for (; atSpace != 0; atSpace = spaceAfter(atSpace), atVa = 0) {
    const need = spaceBack(atSpace);
    if (need != 0) return need;
  }
  for (let object = objectFirst(); object != 0; object = objectAfter(object)) {
    let next: i64 = objectSwapped(object) == 0 ? NO_INDEX : objectNextPresent(object, 0);
    for (; next >= 0; next = objectNextPresent(object, <u32>next + 1)) {
      const slot = objectSlot(object, <u32>next);
      if (slot == 0) continue;
      if (swapFrame(slot) == 0) return needSlot(slot, 0);
      objectFrame(object, <u32>next);
    }
  }
  return 0;
}

function spaceBack(space: usize): i32 {
  const root = load<u32>(space, SPACE_ROOT);
  for (let va = pteSkip(root, atVa, TASK_SIZE); va < TASK_SIZE; va = pteSkip(root, va, TASK_SIZE)) {
    const stop = ((va >> 21) + 1) << 21;
    for (; va < stop; va += 4096) {
      const pte = load<u64>(pteFind(root, va));
      if (pteMarkKind(pte) != MARK_SWAP) continue;
      atVa = va;
      const slot = <u32>pteMarkValue(pte);
      if (swapFrame(slot) == 0) return needSlot(slot, identityFrame(space, va));
      if (!leafOwn(space, va)) return needFrames();
      handleSwapped(space, load<u32>(vmaAt(space, va), VMA_FLAGS), va, pteFind(root, va));
    }
  }
  return 0;
}

/** The space is about to go. */
export function swapBackForget(space: usize): void {
  if (atSpace == space) atSpace = 0;
}
