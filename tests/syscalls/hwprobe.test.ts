/** riscv_hwprobe beyond what user-mode emulators do. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileGuest, GCC, runOurs } from '../support/guest.js';
import { testWith } from '../support/tools.js';

testWith(test, [GCC], 'riscv_hwprobe: which processors have at least these extensions', async () => {
  const { stdout } = await runOurs(compileGuest('tests/guest/hwprobe.c'));
  assert.is(
    stdout,
    [
      'IMA: 0 cpus 1 key 3 value 1',
      'F, D and C: 0 cpus 1 key 4 value 3',
      'nothing in particular: 0 cpus 1 key 4 value 0',
      'vectors: 0 cpus 0 key 4 value 5',
      'vendor 0: 0 cpus 1 key 0 value 0',
      'vendor 1: 0 cpus 0 key 0 value 1',
      'unknown key: 0 cpus 0 key -1 value 0',
      '',
    ].join('\n'),
  );
});

test.run();
