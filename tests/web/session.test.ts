/** The page's worker without a browser: what a step back repeats. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assemble } from '../../host/asm/index.js';
import type { Launch } from '../../web/src/protocol.js';
import { Session } from '../../web/src/worker/session.js';

/** Shows the size of its terminal (TIOCGWINSZ) after every line: rows and columns as two bytes each. */
const SIZES = `
_start: li a0, 0; la a1, buffer; li a2, 64; li a7, 63; ecall
        li a0, 0; li a1, 0x5413; la a2, buffer; li a7, 29; ecall
        li a0, 1; la a1, buffer; li a2, 4; li a7, 64; ecall
        j _start
.bss
buffer: .zero 64`;

test('a step back has the sizes that the terminal had', async () => {
  const { elf } = assemble(SIZES);
  const launch: Launch = {
    ...{ path: '/sizes', args: [], files: [['/sizes', elf as Uint8Array]], root: undefined, cwd: '/', memory: '32M', time: 'exact' },
    ...{ watch: false, terminal: { rows: 66, columns: 67 }, screen: undefined, paused: false, keep: false, seed: 1 },
  };
  let shown = '';
  const session = new Session(new WebAssembly.Module(readFileSync('dist/core.wasm')), launch, (message) => {
    if (message.type === 'output') shown += Buffer.from(message.bytes).toString('latin1');
    if (message.type === 'reset') shown = '';
  });
  const until = async (done: () => boolean): Promise<void> => {
    for (let i = 0; i < 1000 && !done(); i++) await new Promise((wake) => setTimeout(wake, 5));
    assert.ok(done(), JSON.stringify(shown));
  };
  await session.start();
  session.keys(Buffer.from('x\n'));
  await until(() => shown.includes('B\0C\0'));
  session.resize({ rows: 68, columns: 69 });
  session.keys(Buffer.from('y\n'));
  await until(() => shown.includes('D\0E\0'));
  await session.pause();
  const look = { walk: undefined, tables: undefined, translation: undefined, screen: false };
  const at = session.look(look)?.status.instructions ?? 0;
  const before = shown;
  await session.rewind(at);
  await until(() => session.phase === 'paused');
  assert.is(shown, before);
  assert.is(session.look(look)?.status.instructions, at);
  await session.stop();
});

/** A child that ends; then for ever: reads the clock and random bytes, computes, and writes three bytes of what came of it. */
const LONG = `
_start: li a0, 17; li a1, 0; li a2, 0; li a3, 0; li a4, 0; li a7, 220; ecall
        beqz a0, child
        li a1, 0; li a2, 0; li a3, 0; li a7, 260; ecall
again:  la a0, buffer; li a1, 4; li a2, 0; li a7, 278; ecall
        li a0, 1; la a1, time; li a7, 113; ecall
        la t0, buffer; lw t1, 0(t0); ld t2, 8(t0); add s1, s1, t1; add s1, s1, t2; srli t1, s1, 9; xor s2, s1, t1
        li t3, 300000
1:      mul s1, s1, t3; addi s1, s1, 7; addi t3, t3, -1; bnez t3, 1b
        andi t1, s2, 15; addi t1, t1, 65; sb t1, 0(t0)
        li t1, 10; sb t1, 1(t0)
        li a0, 1; la a1, buffer; li a2, 2; li a7, 64; ecall
        j again
child:  li a0, 5; li a7, 93; ecall
.bss
.balign 8
buffer: .zero 8
time:   .zero 16`;

test('a long run: a step back begins at a snapshot, and comes to the same as one from the start', async () => {
  const { elf } = assemble(LONG);
  const launch: Launch = {
    ...{ path: '/long', args: [], files: [['/long', elf as Uint8Array]], root: undefined, cwd: '/', memory: '32M', time: 'exact' },
    ...{ watch: false, terminal: { rows: 24, columns: 80 }, screen: undefined, paused: false, keep: false, seed: 3 },
  };
  let shown = '';
  let from = -1;
  const session = new Session(new WebAssembly.Module(readFileSync('dist/core.wasm')), launch, (message) => {
    if (message.type === 'output') shown += Buffer.from(message.bytes).toString('latin1');
    if (message.type === 'reset') [shown, from] = ['', message.from];
  });
  const until = async (done: () => boolean): Promise<void> => {
    for (let i = 0; i < 4000 && !done(); i++) await new Promise((wake) => setTimeout(wake, 5));
    assert.ok(done(), JSON.stringify(shown));
  };
  const look = { walk: undefined, tables: undefined, translation: undefined, screen: false };
  const state = (): unknown => {
    const status = session.look(look)?.status;
    return {
      at: status?.instructions,
      cpu: status?.cpu,
      faults: status?.faults,
      frames: status?.framesInUse,
      processes: status?.processes,
      shown,
    };
  };
  await session.start();
  session.keys(Buffer.from('k'));
  await until(() => (session.look(look)?.status.instructions ?? 0) > 30e6);
  await session.pause();
  const end = session.look(look)?.status.instructions ?? 0;
  const last = state();
  await session.rewind(end);
  await until(() => session.phase === 'paused');
  assert.ok(from > 0, `from ${from}`);
  assert.equal(state(), last);
  // Further back, again and again; the first goes back to where there is no snapshot.
  for (const at of [end - 1, end - 3_000_000, 12_345_678, 5_000_001, 1000]) {
    await session.rewind(at);
    await until(() => session.phase === 'paused');
    const here = state() as { at: number };
    assert.is(here.at, at);
    const other = new Session(new WebAssembly.Module(readFileSync('dist/core.wasm')), { ...launch, paused: true }, (message) => {
      if (message.type === 'output') plain += Buffer.from(message.bytes).toString('latin1');
    });
    let plain = '';
    await other.start();
    other.keys(Buffer.from('k'));
    other.go({ kind: 'position', at });
    const there = (): boolean => other.phase === 'paused' && (other.look(look)?.status.instructions ?? 0) >= at;
    for (let i = 0; i < 4000 && !there(); i++) await new Promise((wake) => setTimeout(wake, 5));
    const { cpu, framesInUse } = other.look(look)?.status ?? {};
    assert.equal(
      { cpu, framesInUse, plain },
      { cpu: (here as { cpu?: unknown }).cpu, framesInUse: (here as { frames?: number }).frames, plain: shown },
    );
    await other.stop();
  }
  assert.is(from, 0);
  // On from there it is the same run.
  session.go({ kind: 'position', at: end });
  await until(() => session.phase === 'paused');
  assert.is((state() as { shown: string }).shown, (last as { shown: string }).shown);
  await session.stop();
});

test.run();
