// A device of one's own: programs read it, and a system call of one's own beside it.
import { assemble, Machine } from 'pagewalk';

const { elf } = assemble(`
_start: li a0, -100; la a1, path; li a2, 0; li a7, 56; ecall   # openat
        la a1, text; li a2, 16; li a7, 63; ecall               # read
        mv a2, a0; li a0, 1; li a7, 64; ecall                  # write
        li a0, 20; li a1, 22; li a7, 1000; ecall               # ours
        li a7, 93; ecall                                       # exit
.data
path:   .asciz "/dev/greeting"
text:   .zero 16`);

const machine = await Machine.create({ files: { '/program': elf } });
await machine.addDevice('/dev/greeting', { read: () => new TextEncoder().encode('from a device\n') });
machine.setCall(1000, async ({ args: [a, b] }) => a + b);
const { text, exitCode } = await machine.run('/program');
console.log(text.trim(), exitCode);
await machine.close();
