/** tests/guest/hot.c: hot code that faults, is copied, protected, rewritten, moved, shared and interrupted. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { JitOptions } from '../../host/jit/jit.js';
import { COMPARE_NEEDS, compileGuest, GCC, runOurs, runQemu } from '../support/guest.js';
import { testWith } from '../support/tools.js';

const SOURCE = 'tests/guest/hot.c';
const MODES: readonly (readonly [name: string, jit: JitOptions | false])[] = [
  ['interpreted', false],
  ['compiled when hot', { threshold: 60 }],
  ['compiled at once', { threshold: 1 }],
];

for (const [name, jit] of MODES) {
  testWith(test, COMPARE_NEEDS, `hot code meets what may happen to it as under qemu-riscv64: ${name}`, async () => {
    const program = compileGuest(SOURCE);
    const { stdout, status } = await runOurs(program, [], { jit });
    assert.is(stdout, runQemu(program).stdout);
    assert.is(status, 0);
  });

  testWith(test, [GCC], `a file is rewritten and cut off under its running code: ${name}`, async () => {
    const { stdout, status } = await runOurs(compileGuest(SOURCE), ['files'], { jit });
    assert.match(stdout, /^files\n16780 16780\n24780 24780\n {2}signal 7 code 2 address \+4096 pc \+\d+ a0 \d+ a5 \d+\n$/);
    assert.is(status, 0);
  });
}

test.run();
