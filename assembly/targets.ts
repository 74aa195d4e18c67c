/** Where jumps by register lead, as far as the core sees it: regions compare with that (host/jit). */
import * as C from './shared/compiled';
import { mappedFrame } from './code';
import { frameAddress } from './mm/frames';

/** Is the instruction at pc, which was just executed, a jump by register? */
export function isJumpByRegister(pc: u64): bool {
  const frame = mappedFrame(<u32>(pc >> 12));
  if (frame == 0) return false;
  const low = <u32>load<u16>(frameAddress(frame) + (<u32>pc & 4095));
  // jalr; c.jr and c.jalr, which are c.mv and c.add without a second register.
  return (low & 0x7f) == 0x67 || ((low & 0xe07f) == 0x8002 && (low & 0xf80) != 0);
}

/** A jump by register has led to a target. */
export function noteTarget(at: u64, target: u64): void {
  const e = <usize>C.TARGETS + (<usize>(((at >> 1) ^ (at >> 11)) & (<u64>C.TARGETS_ENTRIES - 1))) * <usize>C.TARGETS_BYTES;
  if (load<u64>(e) != at) {
    memory.fill(e, 0, C.TARGETS_BYTES);
    store<u64>(e, at);
  }
  let least: usize = 0;
  let leastCount = <u32>0xffffffff;
  for (let n: usize = 0; n < <usize>C.TARGETS_OF_ONE; n++) {
    const count = load<u32>(e + n * 4, C.TARGETS_COUNTS);
    if (count != 0 && load<u64>(e + n * 8, C.TARGETS_PC) == target) {
      store<u32>(e + n * 4, count + 1, C.TARGETS_COUNTS);
      return;
    }
    if (count < leastCount) {
      least = n;
      leastCount = count;
    }
  }
  if (leastCount == 0) store<u64>(e + least * 8, target, C.TARGETS_PC);
  store<u32>(e + least * 4, leastCount == 0 ? 1 : leastCount - 1, C.TARGETS_COUNTS);
}
