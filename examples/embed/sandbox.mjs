// Code of strangers: what it may use is limited, and what it did is told.
import { assemble, Machine } from 'pagewalk';

async function judge(source) {
  const { elf, errors } = assemble(source);
  if (elf === undefined) return `does not assemble: ${errors[0].message}`;
  const limits = { instructions: 1e7, timeMs: 60_000, processes: 16, files: 64, outputBytes: 1000 };
  const machine = await Machine.create({ memory: '16M', limits, files: { '/program': elf } });
  const { reason, exitCode, signal, stdout } = await machine.run('/program', [], { uid: 1000, gid: 1000 });
  await machine.close();
  return `${reason} ${signal ?? exitCode}, ${stdout.length} bytes`;
}

console.log(await judge('_start: li a0, 7; li a7, 93; ecall'));
console.log(await judge('_start: j _start'));
console.log(await judge('_start: li a0, 1; la a1, _start; li a2, 16; li a7, 64; ecall; j _start'));
console.log(await judge('_start: sd zero, 0(zero)'));
