// A function of a running program, called from here.
import { assemble, Machine } from 'pagewalk';

const { elf } = assemble(`
_start: li a7, 73; li a0, 0; li a1, 0; li a2, 0; li a3, 0; li a4, 0; ecall   # ppoll: sleeps
        j _start
.globl square_sum
square_sum:                                                                  # long (const unsigned char *, long)
        li t0, 0
1:      beqz a1, 2f
        lbu t1, 0(a0); mul t1, t1, t1; add t0, t0, t1
        addi a0, a0, 1; addi a1, a1, -1
        j 1b
2:      mv a0, t0
        ret`);

const machine = await Machine.create({ memory: '16M', files: { '/library': elf } });
const library = await machine.spawn('/library');
console.log(await library.call('square_sum', [Uint8Array.of(1, 2, 3, 4), 4]));
await machine.close();
