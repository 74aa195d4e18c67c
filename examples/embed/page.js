// The same program in the page itself, piece by piece between its frames, and in a worker.
import { Machine } from '../../dist/host/index.js';

const program = new Uint8Array(await (await fetch('../bin/fork-cow.elf')).arrayBuffer());
const out = document.getElementById('out');

const machine = await Machine.create({ memory: '64M', files: { '/bin/program': program } });
const process = await machine.spawn('program');
for (const reader = process.stdout.getReader(); ; ) {
  const { done, value } = await reader.read();
  if (done) break;
  out.append(new TextDecoder().decode(value));
}
const { exitCode } = await process.exited;
out.append(`exit ${exitCode}\n`);

const worker = new Worker('worker.js', { type: 'module' });
worker.onmessage = ({ data }) => {
  if (data === 'ready') worker.postMessage(program);
  else {
    out.append(data.text, `exit ${data.exitCode} in the worker\n`);
    document.title = 'done';
  }
};
