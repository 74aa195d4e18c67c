/**
 * tests/guest/hot.c: hot code that faults, is copied, protected, rewritten, moved, shared and interrupted. tests/guest/jitted.c: a program
 * that writes code of its own and changes it. tests/guest/merged.c: what is remembered of registers and pages.
 */
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

const JITTED = `in place: 2880 calls, 0 wrong
toggled: 750 calls, 0 wrong
twice mapped: 750 calls, 0 wrong
forked: 480 calls, 0 wrong
threaded: 600 calls, 0 wrong
moved: 1620 calls, 0 wrong
across: 1140 calls, 0 wrong
called: 1200 calls, 0 wrong
self: 400 calls, 0 wrong
`;

for (const [name, jit] of MODES) {
  testWith(test, COMPARE_NEEDS, `hot code meets what may happen to it as under qemu-riscv64: ${name}`, async () => {
    const program = compileGuest(SOURCE);
    const { stdout, status } = await runOurs(program, [], { jit });
    assert.is(stdout, runQemu(program).stdout);
    assert.is(status, 0);
  });

  testWith(test, COMPARE_NEEDS, `a program that compiles gets what it wrote: ${name}`, async () => {
    const program = compileGuest('tests/guest/jitted.c', ['-pthread']);
    const { stdout, status } = await runOurs(program, [], { jit });
    assert.is(stdout, JITTED);
    assert.is(status, 0);
    // Code that is written through another mapping is what qemu-riscv64 takes no notice of.
    const expected = JITTED.replace(/^twice.*\n/m, '');
    assert.is(runQemu(program, ['twice mapped']).stdout, expected);
  });

  testWith(test, COMPARE_NEEDS, `branches that meet again, addresses in no page: ${name}`, async () => {
    const program = compileGuest('tests/guest/merged.c', ['-O2']);
    const { stdout } = await runOurs(program, [], { jit });
    assert.is(stdout, runQemu(program).stdout);
  });

  testWith(test, [GCC], `a file is rewritten and cut off under its running code: ${name}`, async () => {
    const { stdout, status } = await runOurs(compileGuest(SOURCE), ['files'], { jit });
    assert.match(stdout, /^files\n16780 16780\n24780 24780\n {2}signal 7 code 2 address \+4096 pc \+\d+ a0 \d+ a5 \d+\n$/);
    assert.is(status, 0);
  });
}

test.run();
