/** Ids, capabilities and set-id programs against the host's own kernel, as root. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileGuest, compileNative, NATIVE_NEEDS, runNative, runOurs } from '../support/guest.js';
import { testWith } from '../support/tools.js';

const ROOT = process.getuid?.() === 0 ? [] : ['to be root'];

testWith(test, [...NATIVE_NEEDS, ...ROOT], 'ids, capability sets, securebits, set-id programs, file capabilities', async () => {
  const source = 'tests/guest/identity.c';
  const real = runNative(compileNative(source));
  const ours = await runOurs(compileGuest(source));
  assert.is(ours.stdout, real.stdout);
  assert.is(ours.status, real.status);
});

testWith(
  test,
  [...NATIVE_NEEDS, ...ROOT],
  'permissions: files, set-id bits, sticky folders, signals, priorities, limits; one capability at a time',
  async () => {
    const source = 'tests/guest/dac.c';
    const real = runNative(compileNative(source));
    const ours = await runOurs(compileGuest(source));
    assert.is(ours.stdout, real.stdout);
    assert.is(ours.status, real.status);
  },
);

test.run();
