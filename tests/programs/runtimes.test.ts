/** The library and the command under Deno and Bun (scripts/fetch-runtimes.sh): examples, and tests of the embedding API. */
import { spawnSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RUNTIMES } from '../support/runtimes.js';
import { testWith } from '../support/tools.js';

const EXAMPLES: Readonly<Record<string, string>> = {
  node: '0 Hello from C on riscv64: one, two, three, a page is 4096 bytes\nstays in memory true\n',
  call: '30n\n',
  'remote-mmap': '105 8192 of 10485760 bytes\n',
};
const UNITS = ['embed-machine', 'embed-access', 'embed-replay', 'promises', 'mm-map', 'vfs-pipe'];

for (const { name, binary, args } of RUNTIMES) {
  const run = (...rest: readonly string[]): string => {
    const env = { ...process.env, PAGEWALK_JIT: undefined, FORCE_COLOR: undefined, NO_COLOR: '1' };
    const { status, stdout, stderr } = spawnSync(binary, [...args, ...rest], { encoding: 'utf8', timeout: 120_000, env });
    assert.is(status, 0, `${rest.join(' ')}\n${stdout}${stderr}`);
    return stdout;
  };

  testWith(test, [binary], `${name}: examples of the embedding API`, () => {
    for (const [example, expected] of Object.entries(EXAMPLES)) assert.is(run(`examples/embed/${example}.mjs`), expected, example);
  });

  testWith(test, [binary], `${name}: the command`, () => {
    assert.is(run('dist/bin/main.js', 'run', 'examples/sieve.s'), '1229 primes below ten thousand\n');
  });

  testWith(test, [binary], `${name}: tests of the library`, () => {
    for (const unit of UNITS) assert.match(run(`tests/unit/${unit}.test.ts`), /Total: +(\d+)\n +Passed: +\1\n +Skipped: +0\n/, unit);
  });
}

test.run();
