// A block device of one's own: a program writes to it, and what was written is in the array once it is synced.
import { assemble, Machine } from 'pagewalk';

const { elf } = assemble(`
_start: li a0, -100; la a1, path; li a2, 2; li a7, 56; ecall   # openat
        mv s0, a0; la a1, text; li a2, 6; li a3, 5000; li a7, 68; ecall   # pwrite64
        mv a0, s0; li a7, 82; ecall                            # fsync
        li a7, 93; ecall                                       # exit
.data
path:   .asciz "/dev/vda"
text:   .ascii "stored"`);

const disk = new Uint8Array(1 << 20);
const asked = [];
const device = {
  sizeBytes: disk.length,
  read: (offset, length) => disk.slice(offset, offset + length),
  write: (offset, bytes) => {
    asked.push(`${offset}+${bytes.length}`);
    disk.set(bytes, offset);
  },
};
const machine = await Machine.create({ files: { '/program': elf }, devices: { '/dev/vda': device } });
const { exitCode } = await machine.run('/program');
console.log(exitCode, asked.join(), new TextDecoder().decode(disk.subarray(5000, 5006)));
await machine.close();
