/** A core that is used again is what a new one is, whatever has run in it: every global and every byte of its memory. */
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Core } from '../../host/core/core.js';
import { giveCore, takeCore } from '../../host/core/recycle.js';
import { loadCore, Machine, run } from '../../host/index-node.js';
import { elf } from '../support/assembled.js';

const CHUNK = 65536;
const ZEROS = Buffer.alloc(CHUNK);

/** Numbers of the pages of 64 KiB that differ; what one has and the other has not is to be zero. */
function differences(core: Core, fresh: Core): number[] {
  const found: number[] = [];
  for (let at = 0; at < core.u8.length; at += CHUNK) {
    const there = at < fresh.u8.length ? fresh.u8.subarray(at, at + CHUNK) : ZEROS;
    if (Buffer.compare(core.u8.subarray(at, at + CHUNK), there) !== 0) found.push(at / CHUNK);
  }
  return found;
}

async function requireFresh(core: Core, module: WebAssembly.Module): Promise<void> {
  const fresh = await Core.create(module);
  assert.equal(
    core.globals.map(({ value }) => value),
    fresh.globals.map(({ value }) => value),
  );
  assert.equal(differences(core, fresh), []);
  for (let at = 0; at < core.table.length; at++) {
    const there = core.table.get(at);
    assert.is(there === null, at >= fresh.table.length || fresh.table.get(at) === null);
  }
}

/** Maps 3 MiB with huge pages, writes all of it, forks, and the child writes again; ends in a signal. */
const HUGE = elf(`
_start: li a0, 0; li a1, 0x600000; li a2, 3; li a3, 0x22; li a4, -1; li a5, 0; li a7, 222; ecall
        mv s0, a0
        li a1, 0x600000; li a2, 14; li a7, 233; ecall
        li s1, 0
        li a0, 17; li a1, 0; li a2, 0; li a3, 0; li a4, 0; li a7, 220; ecall
1:      add t0, s0, s1; sd s0, 0(t0)
        li t1, 4096; add s1, s1, t1
        li t2, 0x600000; bltu s1, t2, 1b
        sd s0, 0(zero)`);

const ENGINES = {
  'as it pays': {},
  baseline: { tiers: 'baseline', threshold: 2000 },
  interpreted: false,
  compiled: { threshold: 1 },
  'compiled without tail calls': { threshold: 1, tailCalls: false },
} as const;

for (const [engine, jit] of Object.entries(ENGINES)) {
  test(`all examples in one core, ${engine}`, async () => {
    const module = await WebAssembly.compile(readFileSync('dist/core.wasm'));
    const names = readdirSync('examples/bin').filter((name) => !/keep|snake|framebuffer/.test(name));
    let core = await takeCore(module);
    const first = core;
    for (const name of [...names, 'huge']) {
      const program = name === 'huge' ? HUGE : readFileSync(`examples/bin/${name}`);
      const machine = await Machine.create({ module, jit, files: { '/bin/it': program } }, core);
      await machine.run('it', [], { stdin: '' });
      await machine.close();
      giveCore(module, core);
      core = await takeCore(module);
      assert.is(core, first, name);
    }
    await requireFresh(core, module);
  });
}

test('a machine that has used much leaves its memory to the engine', async () => {
  const module = await WebAssembly.compile(readFileSync('dist/core.wasm'));
  const core = await takeCore(module);
  const machine = await Machine.create({ module, files: { '/bin/it': readFileSync('examples/bin/hello.elf') } }, core);
  await machine.fs.writeFile('/large', new Uint8Array(40 << 20));
  await machine.close();
  giveCore(module, core);
  assert.is.not(await takeCore(module), core);
});

test('run() again and again: the same results and counts, with limits, faults and code that is compiled', async () => {
  const module = await loadCore();
  const sieve = readFileSync('examples/bin/sieve.elf');
  const outputs: string[] = [];
  for (let i = 0; i < 6; i++) {
    const { text, stats } = await run({ module, program: sieve, deterministic: true });
    outputs.push(`${text} ${stats.instructions}`);
    assert.is((await run({ module, program: elf('_start: sd zero, 0(zero)') })).signal, 'SIGSEGV');
    assert.is((await run({ module, program: elf('_start: j _start'), limits: { instructions: 5_000_000 } })).reason, 'fuel');
  }
  assert.is(new Set(outputs).size, 1);
  const all = await Promise.all(Array.from({ length: 5 }, () => run({ module, program: sieve })));
  assert.is(new Set(all.map(({ text }) => text)).size, 1);
});

test.run();
