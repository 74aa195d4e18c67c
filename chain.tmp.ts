import { Machine } from '/work/wt/snap/host/index-node.js';
import { readFileSync } from 'node:fs';
const [file, name] = process.argv.slice(2);
const elf = readFileSync(file);
const CUTS = Number(process.env.CUTS ?? 6);
const opts = { deterministic: true, memory: '64M', files: { '/bin/prog': elf, '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n' } } as const;
async function start(out: string[]) {
  const m = await Machine.create(opts); await m.pause();
  await m.spawn('/bin/prog', [], { stdout: (b) => out.push(Buffer.from(b).toString()), stderr: (b) => out.push(Buffer.from(b).toString()), stdin: 'ignore' });
  return m;
}
const LIMIT = 30e6;
const o1: string[] = [];
const a = await start(o1);
await a.step(LIMIT);
const end = a.position; await a.close();
const seed = Number(process.env.SEED ?? 1); let s = seed * 7919;
const rnd = () => { s = (Math.imul(s, 1103515245) + 12345) >>> 0; return s / 2 ** 32; };
const cuts = Array.from({ length: CUTS }, () => Math.floor(rnd() * end)).sort((x, y) => x - y);
const o2: string[] = []; const b = await start(o2); const hashes: string[] = [];
for (const c of cuts) { await b.step(c - b.position); hashes.push(b.stateHash()); }
await b.step(LIMIT); const endB = b.position; await b.close();
const o3: string[] = []; let c = await start(o3);
let bad = false; let size = 0, save = 0, restore = 0;
for (const [i, cut] of cuts.entries()) {
  await c.step(cut - c.position);
  let t = performance.now();
  const bytes = await c.snapshot(); save += performance.now() - t; size = bytes.length;
  await c.close();
  t = performance.now();
  c = await Machine.restore(bytes, { paused: true, stdio: () => ({ stdout: (x) => o3.push(Buffer.from(x).toString()), stderr: (x) => o3.push(Buffer.from(x).toString()) }) });
  restore += performance.now() - t;
  if (c.stateHash() !== hashes[i]) { console.log(`${name}: HASH differs at cut ${i} ${cut}`); bad = true; break; }
}
await c.step(LIMIT);
const same = o1.join('') === o3.join('') && o1.join('') === o2.join('');
if (!same) { bad = true; const x = o1.join(''), y = o3.join(''); let k = 0; while (x[k] === y[k]) k++; console.log(`${name}: OUTPUT differs (${o1.join('')===o2.join('')}) at ${k}\n  A: ${JSON.stringify(x.slice(Math.max(0,k - 60), k + 80))}\n  C: ${JSON.stringify(y.slice(Math.max(0,k - 60), k + 80))}`); }
if (c.position !== end) { bad = true; console.log(`${name}: POSITION ${c.position} != ${end} (${endB})`); }
console.log(`${name}: ${bad ? 'BAD' : 'ok'} end ${end} bytes ${size} save ${(save / CUTS).toFixed(0)} restore ${(restore / CUTS).toFixed(0)} ms, output ${o1.join('').length}`);
process.exit(bad ? 1 : 0);
