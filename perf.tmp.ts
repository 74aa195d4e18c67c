import { Machine } from './host/index-node.js';
import { readFileSync } from 'node:fs';
import { unpack } from './host/snapshot/format.js';
const machine = await Machine.create({ deterministic: true, memory: '64M', files: { '/bin/prog': readFileSync(process.argv[2]) } });
await machine.pause();
await machine.spawn('/bin/prog', [], { stdout: 'ignore', stderr: 'ignore' });
await machine.step(Number(process.argv[3]));
let bytes = await machine.snapshot();
for (let i = 0; i < 6; i++) {
  let t0 = performance.now();
  bytes = await machine.snapshot();
  const save = performance.now() - t0;
  t0 = performance.now();
  const s = await unpack(bytes);
  const un = performance.now() - t0;
  t0 = performance.now();
  const c = await Machine.create({ deterministic: true, memory: '64M' });
  const cr = performance.now() - t0;
  await c.close();
  t0 = performance.now();
  const again = await Machine.restore(bytes, { paused: true });
  const all = performance.now() - t0;
  await again.close();
  console.log(`save ${save.toFixed(1)} unpack ${un.toFixed(1)} create ${cr.toFixed(1)} restore ${all.toFixed(1)} core ${s.core.length} graph ${s.graph.length} packed ${bytes.length}`);
}
process.exit(0);
