/** Ids, capabilities and set-id programs against the host's own kernel, as root. */
import { test } from 'uvu';
import { sameAsLinux } from '../support/compare.js';
import { NATIVE_NEEDS } from '../support/guest.js';
import { testWith } from '../support/tools.js';

const ROOT = process.getuid?.() === 0 ? [] : ['to be root'];

testWith(test, [...NATIVE_NEEDS, ...ROOT], 'ids, capability sets, securebits, set-id programs, file capabilities', async () => {
  await sameAsLinux('identity');
});

testWith(
  test,
  [...NATIVE_NEEDS, ...ROOT],
  'permissions: files, set-id bits, sticky folders, signals, priorities, limits; one capability at a time',
  async () => {
    await sameAsLinux('dac');
  },
);

test.run();
