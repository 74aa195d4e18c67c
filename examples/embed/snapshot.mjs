// A machine that is ready: prepared once, saved, and restored as often as it is wanted, each time in the state of the first.
import { assemble, Machine, SnapshotImage } from 'pagewalk';

const { elf } = assemble(`
_start: li s0, 200000
1:      addi s0, s0, -1             # a long preparation
        bnez s0, 1b
        li a0, 1; la a1, ready; li a2, 6; li a7, 64; ecall
2:      li a0, 0; la a1, text; li a2, 8; li a7, 63; ecall     # then what it reads it writes
        blez a0, 3f
        mv a2, a0; li a0, 1; li a7, 64; ecall
        j 2b
3:      li a7, 93; ecall
.data
ready:  .ascii "ready\\n"
text:   .zero 8`);

const machine = await Machine.create({ files: { '/bin/repeat': elf } });
let isReady;
const ready = new Promise((resolve) => (isReady = resolve));
const { pid } = await machine.spawn('/bin/repeat', [], { stdin: 'pipe', stdout: isReady });
await ready;
const image = await SnapshotImage.open(await machine.snapshot());
await machine.close();

for (const stdin of ['first\n', 'second\n']) {
  const again = await Machine.restore(image, { stdio: () => ({ stdin }) });
  const { text, exitCode } = await again.process(pid).output();
  console.log(JSON.stringify(text), exitCode);
  await again.close();
}
