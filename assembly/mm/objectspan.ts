/** The pages of an OBJECT_HUGETLB: 512 entries of its radix tree for each, so that read(2) and others find them as everybody's. */
import { frameSetOwner } from './frames';
import { SPAN_PAGES } from './huge';
import { insert, objectFrame, PRESENT, TREE, undirty } from './object';
import { radixRemove } from './radix';

const RESERVED: usize = 60;
const QUOTA: usize = 76;

/** Up to which of its huge pages it has them, or the promise of them. */
export function objectReserved(object: usize): u32 {
  return load<u32>(object, RESERVED);
}
export function objectSetReserved(object: usize, pages: u32): void {
  store<u32>(object, pages, RESERVED);
}

/** What of the pool its file system may have, or 0. */
export function objectQuota(object: usize): usize {
  return load<u32>(object, QUOTA);
}
export function objectSetQuota(object: usize, quota: usize): void {
  store<u32>(object, <u32>quota, QUOTA);
}

/** Gives it the huge page from frame `span` on. False: no memory. */
export function objectInsertSpan(object: usize, index: u64, span: u32): bool {
  for (let i: u32 = 0; i < SPAN_PAGES; i++) {
    if (!insert(object, index + i, span + i)) {
      for (let done: u32 = 0; done < i; done++) forget(object, index + done, span + done);
      return false;
    }
    frameSetOwner(span + i, <u32>object, index + i);
    store<u32>(object, load<u32>(object, PRESENT) + 1, PRESENT);
  }
  return true;
}

/** Takes it out; the frames are the caller's. */
export function objectRemoveSpan(object: usize, index: u64): void {
  const span = objectFrame(object, index);
  for (let i: u32 = 0; i < SPAN_PAGES; i++) forget(object, index + i, span + i);
}

function forget(object: usize, index: u64, frame: u32): void {
  undirty(object, index);
  radixRemove(object + TREE, index);
  store<u32>(object, load<u32>(object, PRESENT) - 1, PRESENT);
  frameSetOwner(frame, 0, 0);
}
