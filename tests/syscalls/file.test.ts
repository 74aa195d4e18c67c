/** System calls on files: programs of tests/guest that try every error, compared with what Linux itself prints. */
import { release } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileGuest, compileNative, NATIVE_NEEDS, runNative, runOurs } from '../support/guest.js';
import { testWith } from '../support/tools.js';

async function compare(name: string): Promise<void> {
  const source = `tests/guest/${name}.c`;
  const real = runNative(compileNative(source));
  const ours = await runOurs(compileGuest(source), [], { uid: process.getuid?.() ?? 0 });
  assert.is(ours.stdout, real.stdout);
  assert.is(ours.status, real.status);
}

testWith(test, NATIVE_NEEDS, 'reading and writing: results, errors, faults, limits, mappings', () => compare('file-io'));
testWith(test, NATIVE_NEEDS, 'names: making, opening, linking, renaming, listing', () => compare('file-names'));
testWith(test, NATIVE_NEEDS, 'what files are: stat, modes, owners, times, sizes, permissions', () => compare('file-status'));
testWith(test, NATIVE_NEEDS, 'waiting and moving: poll, select, epoll, locks, fcntl, copies', () => compare('file-wait'));
testWith(test, NATIVE_NEEDS, 'locks: ranges, descriptions, waiting, deadlock, flock, leases', () => compare('locks'));
/** tmpfs has extended attributes of users since Linux 6.6. */
const RECENT = Number.parseFloat(release()) >= 7 || /^6\.(?:[6-9]|\d\d)/.test(release()) ? [] : ['Linux 6.6'];

testWith(test, [...NATIVE_NEEDS, ...RECENT], 'openat2, extended attributes, epoll_pwait2', () => compare('file-extra'));

test.run();
