/** Guest programs that tests of the embedding API write in assembly. */
import * as assert from 'uvu/assert';
import { assemble } from '../../host/index-node.js';

export function elf(source: string): Uint8Array {
  const { elf: bytes, errors } = assemble(source);
  assert.equal(errors, []);
  return bytes as Uint8Array;
}

/** Prints ten times: a random byte, the clock's nanoseconds, the pid; sleeps in between and forks twice. */
export const RESTLESS = elf(`
_start: li s0, 10
        li a0, 17; li a1, 0; li a7, 220; ecall
        li a0, 17; li a1, 0; li a7, 220; ecall
1:      la a0, text; li a1, 1; li a2, 0; li a7, 278; ecall
        li a0, 1; la a1, text+8; li a7, 113; ecall
        li a7, 172; ecall
        la a1, text; sb a0, 4(a1)
        li a0, 1; li a2, 24; li a7, 64; ecall
        la a0, pause; li a1, 0; li a7, 101; ecall
        li t0, 3000
2:      addi t0, t0, -1
        bnez t0, 2b
        addi s0, s0, -1
        bnez s0, 1b
        li a0, 0; li a7, 93; ecall
.data
.balign 8
pause:  .dword 0, 50000000
text:   .zero 24`);
