/** Terminals and job control: guest programs on the host's own kernel and on a machine of ours, whole outputs compared. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileGuest, compileNative, NATIVE_NEEDS, runNative, runOurs } from '../support/guest.js';
import { testWith } from '../support/tools.js';

const NEEDS = [...NATIVE_NEEDS, '/dev/ptmx'];

async function compare(name: string): Promise<void> {
  const source = `tests/guest/${name}.c`;
  const real = runNative(compileNative(source));
  const ours = await runOurs(compileGuest(source));
  assert.is(ours.stdout, real.stdout);
  assert.is(ours.status, real.status);
}

testWith(test, NEEDS, 'pseudo-terminals and the line discipline', () => compare('pty'));

testWith(test, NEEDS, 'job control: foreground, background, orphans, the end of a session', () => compare('jobs'));

test.run();
