/**
 * Which accesses share a lookup: those through one register that nothing writes in between, as far as execution surely comes, or nearly.
 */
import {
  KIND_ASK, KIND_ASK_ACCESS, KIND_ASK_FLOAT, KIND_AUIPC, KIND_BRANCH, KIND_COMPARISON, KIND_CSR, KIND_ECALL, KIND_INTEGER, KIND_JAL,
  KIND_JAL_NO_LINK, KIND_JALR, KIND_JALR_NO_LINK, KIND_LEAVE, KIND_LOAD, KIND_STORE, KIND_STORE_FLOAT, KIND_TO_INTEGER,
} from '../generated/baseline';
import { ENTRY, immediateOf, isInstruction, kindOf, mark, operationAt, rdOf, rs1Of, ruleAt, shiftOf, slotsOf } from './marks';

/** So many bytes a group has at most: the more, the likelier it lies in two pages. */
const SPAN_MAX: i32 = 256;
/** Instructions looked at. */
const AHEAD: u32 = 40;

/* What findGroup has found. */
export let foundLow: i32 = 0;
export let foundEnd: i32 = 0;
export let foundWrite: bool = false;
/** log2 of the alignment of its first byte. */
export let foundAlignment: u32 = 0;

/** Does an instruction of this kind write the integer register that rd names? */
// @ts-ignore: decorator
@inline
function writes(kind: u32, rd: u32, base: u32): bool {
  if (kind == KIND_ASK || kind == KIND_ASK_FLOAT || kind == KIND_INTEGER || kind == KIND_LOAD || kind == KIND_AUIPC) return rd == base;
  if (kind == KIND_COMPARISON || kind == KIND_TO_INTEGER || kind == KIND_CSR) return rd == base;
  return false;
}

/** The accesses from the one at a slot on that go through its base register: two at least, in a range that one lookup can be for. */
export function findGroup(first: u32, base: u32): bool {
  let low: i32 = 0;
  let end: i32 = 0;
  let write = false;
  let alignment: u32 = 0;
  let count: u32 = 0;
  let sure = true;
  let slot = first;
  for (let seen: u32 = 0; seen < AHEAD && isInstruction(slot) && (slot == first || (mark(slot) & ENTRY) == 0); seen++) {
    const operation = operationAt(slot);
    const rule = ruleAt(slot);
    const kind = kindOf(rule);
    if (kind == KIND_JAL || kind == KIND_JAL_NO_LINK || kind == KIND_JALR || kind == KIND_JALR_NO_LINK) break;
    if (kind == KIND_LEAVE || kind == KIND_ECALL || kind == KIND_ASK_ACCESS) break;
    if (kind == KIND_BRANCH) sure = false;
    if (kind >= KIND_LOAD && kind <= KIND_STORE_FLOAT && rs1Of(operation) == base) {
      const at = immediateOf(operation);
      const size = 1 << shiftOf(rule);
      const isStore = kind >= KIND_STORE;
      const newLow = count == 0 ? at : min(low, at);
      const newEnd = count == 0 ? at + size : max(end, at + size);
      // What may not be reached must not ask for more.
      if (newEnd - newLow > SPAN_MAX || (at & (size - 1)) != 0 || (isStore && !write && !sure)) break;
      low = newLow;
      end = newEnd;
      write = write || isStore;
      alignment = max(alignment, shiftOf(rule));
      count++;
    }
    if (writes(kind, rdOf(operation), base)) break;
    slot += slotsOf(rule);
  }
  if (count < 2) return false;
  foundLow = low & ~((1 << alignment) - 1);
  foundEnd = end;
  foundWrite = write;
  foundAlignment = alignment;
  return true;
}
