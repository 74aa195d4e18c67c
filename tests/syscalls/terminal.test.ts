/** Terminals and job control: guest programs on the host's own kernel and on a machine of ours, whole outputs compared. */
import { test } from 'uvu';
import { sameAsLinux } from '../support/compare.js';
import { NATIVE_NEEDS } from '../support/guest.js';
import { testWith } from '../support/tools.js';

const NEEDS = [...NATIVE_NEEDS, '/dev/ptmx'];

testWith(test, NEEDS, 'pseudo-terminals and the line discipline', () => sameAsLinux('pty'));

testWith(test, NEEDS, 'job control: foreground, background, orphans, the end of a session', () => sameAsLinux('jobs'));

test.run();
