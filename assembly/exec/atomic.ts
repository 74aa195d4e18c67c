/** LR and SC. The reservation is an address and the value read; any switch of threads drops it. */
import { ACCESS_READ, ACCESS_WRITE, FAULT_ALIGN } from '../shared/exit';
import { HART, HART_RESERVATION, HART_RESERVED_VALUE } from '../shared/layout';
import { slowAmo, slowRead } from '../mm/access';
import { fail } from '../mm/fault';
import { setX, x1, x2 } from '../run';
import { word } from './int';

const NONE: u64 = -1;

/** rd = the word at rs1, reserved. False: fault. */
export function loadReserved(ip: usize, size: u32): bool {
  const va = x1(ip);
  if ((<u32>va & (size - 1)) != 0) {
    fail(FAULT_ALIGN, va, ACCESS_READ);
    return false;
  }
  const at = slowRead(va, size);
  if (at == 0) return false;
  const value = size == 4 ? word(load<u32>(at)) : load<u64>(at);
  store<u64>(HART + HART_RESERVATION, va);
  store<u64>(HART + HART_RESERVED_VALUE, value);
  setX(ip, value);
  return true;
}

/** Stores rs2 at rs1 and sets rd = 0 if the reservation holds, else sets rd = 1. False: fault. */
export function storeConditional(ip: usize, size: u32): bool {
  const va = x1(ip);
  if ((<u32>va & (size - 1)) != 0) {
    fail(FAULT_ALIGN, va, ACCESS_WRITE);
    return false;
  }
  const at = slowAmo(va, size);
  if (at == 0) return false;
  const held = load<u64>(HART + HART_RESERVATION) == va;
  store<u64>(HART + HART_RESERVATION, NONE);
  // A word may be stored under the reservation of a doubleword: what is compared is what is stored.
  const reserved = load<u64>(HART + HART_RESERVED_VALUE);
  const same = size == 4 ? load<u32>(at) == <u32>reserved : load<u64>(at) == reserved;
  if (!held || !same) {
    setX(ip, 1);
    return true;
  }
  if (size == 4) store<u32>(at, <u32>x2(ip));
  else store<u64>(at, x2(ip));
  setX(ip, 0);
  return true;
}
