// At once, without promises: a program as a function. One that would have to wait says so.
import { assemble, runSync, WaitError } from 'pagewalk';

const program = (source) => assemble(source).elf;
const upper = program(`
_start: li a0, 0; la a1, byte; li a2, 1; li a7, 63; ecall     # read
        blez a0, 2f
        la a1, byte; lbu t0, 0(a1); li t1, 97; bltu t0, t1, 1f
        addi t0, t0, -32; sb t0, 0(a1)
1:      li a0, 1; li a2, 1; li a7, 64; ecall                   # write
        j _start
2:      li a0, 0; li a7, 93; ecall                             # exit
.bss
byte:   .zero 1`);
console.log(['some', 'words'].map((stdin) => runSync({ program: upper, stdin }).text).join(' '));

const sleeps = program('_start: la a0, time; li a1, 0; li a7, 101; ecall; li a7, 93; ecall\n.data\n.balign 8\ntime: .dword 5, 0');
try {
  runSync({ program: sleeps });
} catch (error) {
  console.log(error instanceof WaitError, runSync({ program: sleeps, deterministic: true }).exitCode);
}
