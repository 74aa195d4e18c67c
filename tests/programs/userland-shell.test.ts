/** Debian's riscv64 programs, unmodified. Shells and the tools of every day. */
import { test } from 'uvu';
import { compareCases, runCases } from '../support/userland.js';

const CASES = ['archives.sh', 'bash.sh', 'coreutils.sh', 'dash.sh', 'pcre.sh', 'tools.sh'];

runCases(CASES);
compareCases(CASES);

test.run();
