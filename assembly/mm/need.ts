/** What a call lacks and the host can bring: the call returns NEED_PAGE, and is made again. */
import { FRAMES_WANTED, IO_TRANSFER, NEED_PAGE, SWAP_AREA } from '../shared/exit';
import { HART, HART_IO_HOW, HART_IO_INDEX, HART_IO_OBJECT } from '../shared/layout';
import { swapWant } from './swap';

export function needFrames(): i32 {
  store<u32>(HART + HART_IO_OBJECT, FRAMES_WANTED);
  return NEED_PAGE;
}

/** A page that lies in the swap area, best at `frame`; 0: anywhere. */
export function needSlot(slot: u32, frame: u32): i32 {
  swapWant(slot, frame);
  store<u32>(HART + HART_IO_OBJECT, SWAP_AREA);
  store<u64>(HART + HART_IO_INDEX, slot);
  store<u32>(HART + HART_IO_HOW, IO_TRANSFER);
  return NEED_PAGE;
}
