// A machine in a worker: bytes of a program in, what it wrote out. The page's frames are not its business.
import { Machine } from '../../dist/host/index.js';

const machine = await Machine.create({ memory: '64M' });
addEventListener('message', async ({ data }) => {
  await machine.install('/program', data);
  const { text, exitCode } = await machine.run('/program');
  postMessage({ text, exitCode });
});
postMessage('ready');
