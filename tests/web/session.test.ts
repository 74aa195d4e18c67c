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

test.run();
