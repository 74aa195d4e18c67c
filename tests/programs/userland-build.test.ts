/** Debian's riscv64 programs, unmodified. Compilers, linkers, make, esbuild and git. */
import { test } from 'uvu';
import { compareCases, runCases } from '../support/userland.js';

const CASES = ['esbuild.sh', 'gcc.sh', 'git.sh', 'musl.sh'];

runCases(CASES);
compareCases(CASES);

test.run();
