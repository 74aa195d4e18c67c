/** Restores a snapshot in a process of its own and runs it to its end: `restore.ts FILE STEPS`. Prints state and output as JSON. */
import { readFileSync } from 'node:fs';
import { Machine } from '../../host/index-node.js';

const [file, steps] = process.argv.slice(2);
const output: string[] = [];
const machine = await Machine.restore(readFileSync(file), {
  paused: true,
  stdio: () => ({ stdout: (bytes) => output.push(Buffer.from(bytes).toString('hex')) }),
});
const states = [machine.stateHash()];
await machine.step(Number(steps));
states.push(machine.stateHash());
while (await machine.step(1e6));
console.log(JSON.stringify({ states, position: machine.position, output: output.join('') }));
await machine.close();
