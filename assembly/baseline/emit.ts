/** Wasm's binary format, written into linear memory: what baseline code is made of. */
import { BODY, BODY_END } from '../shared/baseline';
import { HART, HART_F, HART_X } from '../shared/layout';
import {
  END, FS1, FS1_WORD, FS2, IMMEDIATE, IMMEDIATE_WORD, LITERAL, RS1, RS1_WORD, RS2, RS2_OF_BRANCH, RS2_WORD, templates,
} from '../generated/baseline';

/** No instruction becomes more than this, with what leads out of its block. */
const ROOM: usize = 512;

/** Where the next byte goes. */
export let out: usize = BODY;

export function emitBegin(): void {
  out = BODY;
}

/** Is there room for one more instruction? */
export function emitHasRoom(): bool {
  return out < <usize>BODY_END - ROOM;
}

// @ts-ignore: decorator
@inline
export function emit(byte: u32): void {
  store<u8>(out++, <u8>byte);
}

// @ts-ignore: decorator
@inline
export function emit2(first: u32, second: u32): void {
  store<u16>(out, <u16>(first | (second << 8)));
  out += 2;
}

/** LEB128, unsigned. */
export function emitU32(value: u32): void {
  for (; value >= 0x80; value >>= 7) store<u8>(out++, <u8>(value | 0x80));
  store<u8>(out++, <u8>value);
}

/** The same, signed; one of 32 bits has the same bytes. */
export function emitI64(value: i64): void {
  while (value < -64 || value > 63) {
    store<u8>(out++, <u8>((<u32>value & 0x7f) | 0x80));
    value >>= 7;
  }
  store<u8>(out++, <u8>(<u32>value & 0x7f));
}

export function i64Const(value: i64): void {
  emit(0x42);
  emitI64(value);
}

export function i32Const(value: i32): void {
  emit(0x41);
  emitI64(<i64>value);
}

// @ts-ignore: decorator
@inline
export function getLocal(n: u32): void {
  emit2(0x20, n);
}
// @ts-ignore: decorator
@inline
export function setLocal(n: u32): void {
  emit2(0x21, n);
}
// @ts-ignore: decorator
@inline
export function teeLocal(n: u32): void {
  emit2(0x22, n);
}

/** A load or store: no alignment is promised. */
export function memoryAt(code: u32, offset: u32): void {
  emit2(code, 0);
  emitU32(offset);
}

/** A load of what lies at a constant address of two bytes, as registers do. */
// @ts-ignore: decorator
@inline
function fixedLoad(code: u32, address: u32): void {
  store<u64>(out, 0x0041 | (<u64>code << 16) | ((<u64>((address & 0x7f) | 0x80)) << 32) | ((<u64>(address >> 7)) << 40));
  out += 6;
}

/** A local with the value of the register that was written last: engines' baseline compilers keep it in a machine register. */
const VALUE: u32 = 6;
/** That register's place; 0: none. */
let held: u32 = 0;

/** Code can be come to from elsewhere, or registers have been written by others. */
export function forgetHeld(): void {
  held = 0;
}

/** Registers by their places: number * 8. */
export function getX(place: u32): void {
  if (place != 0 && place == held) getLocal(VALUE);
  else fixedLoad(0x29, HART + HART_X + place);
}

/** The low word. */
function getWord(place: u32): void {
  if (place == 0 || place != held) {
    fixedLoad(0x28, HART + HART_X + place);
    return;
  }
  getLocal(VALUE);
  emit(0xa7);
}

// @ts-ignore: decorator
@inline
export function getF(place: u32): void {
  fixedLoad(0x29, HART + HART_F + place);
}

/** Before the value of a register, which setX or setF then stores. */
// @ts-ignore: decorator
@inline
export function beforeSet(): void {
  emit2(0x41, 0);
}
export function setX(place: u32): void {
  teeLocal(VALUE);
  held = place;
  memoryAt(0x37, HART + HART_X + place);
}
// @ts-ignore: decorator
@inline
export function setF(place: u32): void {
  memoryAt(0x37, HART + HART_F + place);
}

/** The value of a template (isa/generate/baseline.ts) for a decoded operation, on the stack. */
export function emitTemplate(template: u32, operation: u64): void {
  const rs1 = <u32>(operation >> 24) & 0xff;
  const rs2 = <u32>(operation >> 32) & 0xff;
  const immediate = <i64>operation >> 32;
  for (let at = templates + <usize>template; ; at++) {
    const byte = load<u8>(at);
    if (byte < END) emit(byte);
    else if (byte == RS1) getX(rs1);
    else if (byte == RS2) getX(rs2);
    else if (byte == IMMEDIATE) i64Const(immediate);
    else if (byte == RS1_WORD) getWord(rs1);
    else if (byte == RS2_WORD) getWord(rs2);
    else if (byte == IMMEDIATE_WORD) i32Const(<i32>immediate);
    else if (byte == FS1) getF(rs1);
    else if (byte == FS2) getF(rs2);
    else if (byte == FS1_WORD) fixedLoad(0x28, HART + HART_F + rs1);
    else if (byte == RS2_OF_BRANCH) getX(<u32>(operation >> 16) & 0xff);
    else if (byte == LITERAL) emit(load<u8>(++at));
    else return;
  }
}
