/** Core files: the kernel's rules, and whether a debugger finds its way in one. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileGuest, compileNative, GCC, NATIVE_NEEDS, runNative, runOurs } from '../support/guest.js';
import { testWith } from '../support/tools.js';

const SOURCE = 'tests/guest/core.c';
const EXPECTED = readFileSync('tests/guest/core.txt', 'utf8');

testWith(test, [GCC], 'which signals leave a core, and what forbids it', async () => {
  assert.is((await runOurs(compileGuest(SOURCE))).stdout, EXPECTED);
});

// Elsewhere cores go to another place, or to a program.
if (readFileSync('/proc/sys/kernel/core_pattern', 'utf8') === 'core\n') {
  testWith(test, NATIVE_NEEDS, 'what is expected is what Linux does', () => {
    assert.is(runNative(compileNative(SOURCE)).stdout, EXPECTED);
  });
}

testWith(test, [GCC, 'gdb-multiarch'], 'a debugger reads registers, stacks and threads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pagewalk-core-'));
  const program = compileGuest('tests/guest/crash.c', ['-g', '-fno-omit-frame-pointer', '-lpthread']);
  const run = ['dist/bin/pagewalk.cjs', 'run', '--mount', `${folder}:/out`, '--cwd', '/out', program];
  assert.is(spawnSync(process.execPath, run, { encoding: 'utf8' }).status, 139);
  const commands = ['bt', 'info threads', 'p/x $a0'].flatMap((command) => ['-ex', command]);
  const { stdout } = spawnSync('gdb-multiarch', ['-nx', '-batch', program, join(folder, 'core'), ...commands], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  assert.match(stdout, /Program terminated with signal SIGSEGV/);
  assert.match(stdout, /#0 .*depth \(n=0, p=0x10\)[\s\S]*#3 .*depth \(n=3, p=0x10\)[\s\S]*#4 .*main \(\)/);
  assert.match(stdout, /\* 1 .*LWP[\s\S]*\n +2 .*LWP/);
});

test.run();
