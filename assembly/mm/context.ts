/** Saved registers of threads that are not running. */
import { CONTEXT_BYTES, HART, HART_RESERVATION } from '../shared/layout';
import { slabAllocate, slabFree } from './slab';

export function contextCreate(): usize {
  return slabAllocate(CONTEXT_BYTES);
}
export function contextRelease(context: usize): void {
  slabFree(context, CONTEXT_BYTES);
}
export function contextSave(context: usize): void {
  memory.copy(context, HART, CONTEXT_BYTES);
}
/** A reservation never survives a switch: another thread may have stored meanwhile. */
export function contextLoad(context: usize): void {
  memory.copy(HART, context, CONTEXT_BYTES);
  store<u64>(HART, 0);
  store<u64>(HART + HART_RESERVATION, -1);
}
