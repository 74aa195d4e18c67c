/** Debian's riscv64 programs, unmodified, put to work by the scripts in tests/programs/userland: whole outputs and exit statuses. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testWith } from '../support/tools.js';
import { expectedPath, ourCommand, REFERENCE_NEEDS, referenceCommand, USERLAND_NEEDS, userlandCases } from '../support/userland.js';

/** Standard output, then standard error and the exit status. */
function outcome(command: readonly string[]): string {
  const result = spawnSync(command[0], command.slice(1), { input: '', encoding: 'utf8', maxBuffer: 1 << 26, timeout: 300_000 });
  const status = result.signal ?? result.status;
  return `${result.stdout}--- standard error\n${result.stderr}--- status ${status}\n`;
}

function expected(file: string): string {
  return existsSync(expectedPath(file)) ? readFileSync(expectedPath(file), 'utf8') : '';
}

for (const { file, title } of userlandCases()) {
  testWith(test, USERLAND_NEEDS, `${file}: ${title}`, () => {
    const ours = outcome(ourCommand(file));
    // Review what this writes; the tests below say whether qemu-riscv64 agrees.
    if (process.env.PAGEWALK_UPDATE === '1') writeFileSync(expectedPath(file), ours);
    assert.is(ours, expected(file));
  });
}

// Only root can chroot: for others it is as if the tool were missing.
const reference = process.getuid?.() === 0 ? REFERENCE_NEEDS : [...REFERENCE_NEEDS, 'root'];
for (const { file, noReference } of userlandCases()) {
  if (noReference !== undefined) continue;
  testWith(test, reference, `${file}: what is expected is what qemu-riscv64 gives`, () => {
    assert.is(outcome(referenceCommand(file)), expected(file));
  });
}

test.run();
