/** userfaultfd(2) beside the host's own kernel, as root; under strace and with memory that is short. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sameAsLinux } from '../support/compare.js';
import { compileGuest, GCC, NATIVE_NEEDS, runOurs } from '../support/guest.js';
import { linuxSince, testWith } from '../support/tools.js';

const ROOT = process.getuid?.() === 0 ? [] : ['to be root'];
const NEEDS = [...NATIVE_NEEDS, ...ROOT, ...linuxSince(6, 8), '/dev/userfaultfd'];

testWith(test, NEEDS, 'the handshake, registration, missing pages', () => sameAsLinux('userfault'));
testWith(test, NEEDS, 'write protection, shared memory, minor faults, moves', () => sameAsLinux('userfault-wp'));
testWith(test, NEEDS, 'pages that are not there: poison, protection', () => sameAsLinux('userfault-marks'));
testWith(test, NEEDS, 'forks, moves, removals and unmappings are told', () => sameAsLinux('userfault-events'));

testWith(test, [GCC], 'all rules of the memory hold whenever a process ends', async () => {
  const guests = ['userfault', 'userfault-wp', 'userfault-marks', 'userfault-events'].map((name) => `tests/guest/${name}.c`);
  for (const name of [...guests, 'tests/mapping/userfaultfd-hugetlb.c']) {
    let checks = 0;
    await runOurs(compileGuest(name), [], {
      during: ({ core, kernel }) => {
        const { exports } = core;
        kernel.hooks.onProcessExit = ({ space }) => {
          assert.is(exports.debugCheckSpace(space.handle), 0, name);
          assert.is(exports.debugCheckFrames(), 0, name);
          checks++;
        };
      },
    });
    assert.ok(checks > 0);
  }
});

testWith(test, [GCC], 'a program that waits for a page of its own, for ever, is told so', async () => {
  const outcome = await runOurs(compileGuest('tests/guest/userfault.c'), ['alone'], { mayBeCut: true });
  assert.is(outcome.reason, 'deadlock');
  assert.equal(outcome.waits, ['pid 2 (program): a page fault, for its userfaultfd']);
});

test.run();
