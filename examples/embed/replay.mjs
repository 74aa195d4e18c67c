// Back in time: a deterministic machine is run again, up to one step less.
import { readFile } from 'node:fs/promises';
import { Machine } from 'pagewalk';

const files = { '/program': await readFile('examples/bin/fork-cow.elf') };

async function at(position) {
  const machine = await Machine.create({ memory: '32M', deterministic: true, files });
  await machine.pause();
  await machine.spawn('/program', [], { stdout: 'ignore' });
  await machine.step(position);
  return machine;
}

const there = await at(10_000);
const before = await at(9_999);
await before.step();
console.log(there.stateHash() === before.stateHash(), (await at(9_999)).stateHash() === there.stateHash());
