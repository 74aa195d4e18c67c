/** mount and umount2 against the host's own kernel, in a mount namespace of the program's own. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadCore } from '../../host/index-node.js';
import { Machine } from '../../host/machine.js';
import { installFile, lookUp, makeDirectories, mountAt, mountStandard } from '../../host/machine-setup.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { sameAsLinux } from '../support/compare.js';
import { compileGuest, GCC, NATIVE_NEEDS } from '../support/guest.js';
import { testJit } from '../support/jit.js';
import { testWith } from '../support/tools.js';

const MAY_MOUNT = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0 ? [] : ['the right to mount'];

testWith(test, [...NATIVE_NEEDS, ...MAY_MOUNT], 'tmpfs, bind, move, remount, what mounts forbid, errors', async () => {
  await sameAsLinux('mount', { uid: 0 });
});

testWith(test, [GCC], 'what the embedder mounts read-only stays so, copies of it too', async () => {
  const machine = await Machine.create({ module: await loadCore(), root: (env) => new MemoryFileSystem(env), jit: testJit() });
  mountStandard(machine);
  mountAt(machine, '/given', new MemoryFileSystem(machine.env), true);
  makeDirectories(machine, '/copy');
  installFile(machine, '/prog', readFileSync(compileGuest('tests/guest/mount-locked.c')));
  // The program exits with 0 when all its attempts were refused.
  const result = await machine.run(machine.spawn({ path: '/prog' }));
  assert.is(result.exitCode, 0);
  assert.not(lookUp(machine, '/given/made'));
});

test.run();
