// A program of this computer's in a machine: its output, and the same as streams.
import { readFile } from 'node:fs/promises';
import { folder, Machine, overlay } from 'pagewalk';

const machine = await Machine.create({ memory: '64M', mounts: { '/src': overlay(folder('.')) } });
await machine.install('/bin/hello', await readFile('examples/bin/hello.elf'));

const { text, exitCode } = await machine.run('hello');
console.log(exitCode, text.split('\n')[0]);

await machine.fs.writeFile('/src/note', 'stays in memory');
console.log(await machine.fs.readFile('/src/note', 'utf8'), (await machine.fs.readdir('/src')).includes('package.json'));
await machine.close();
