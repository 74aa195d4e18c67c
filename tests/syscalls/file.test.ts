/** System calls on files: programs of tests/guest that try every error, compared with what Linux itself prints. */
import { release } from 'node:os';
import { test } from 'uvu';
import { sameAsLinux } from '../support/compare.js';
import { NATIVE_NEEDS } from '../support/guest.js';
import { testWith } from '../support/tools.js';

const AS_MYSELF = { uid: process.getuid?.() ?? 0 };

testWith(test, NATIVE_NEEDS, 'reading and writing: results, errors, faults, limits, mappings', () => sameAsLinux('file-io', AS_MYSELF));
testWith(test, NATIVE_NEEDS, 'names: making, opening, linking, renaming, listing', () => sameAsLinux('file-names', AS_MYSELF));
testWith(test, NATIVE_NEEDS, 'what files are: stat, modes, owners, times, sizes, permissions', () => sameAsLinux('file-status', AS_MYSELF));
testWith(test, NATIVE_NEEDS, 'waiting and moving: poll, select, epoll, locks, fcntl, copies', () => sameAsLinux('file-wait', AS_MYSELF));
testWith(test, NATIVE_NEEDS, 'locks: ranges, descriptions, waiting, deadlock, flock, leases', () => sameAsLinux('locks', AS_MYSELF));
/** tmpfs has extended attributes of users since Linux 6.6. */
const RECENT = Number.parseFloat(release()) >= 7 || /^6\.(?:[6-9]|\d\d)/.test(release()) ? [] : ['Linux 6.6'];

testWith(test, [...NATIVE_NEEDS, ...RECENT], 'openat2, extended attributes, epoll_pwait2', () => sameAsLinux('file-extra', AS_MYSELF));

test.run();
