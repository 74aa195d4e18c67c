/** Debian's riscv64 programs, unmodified. What talks to a terminal, and what shows the state of the machine. */
import { test } from 'uvu';
import { compareCases, runCases } from '../support/userland.js';

const CASES = ['procps.sh', 'system.sh', 'terminal.py', 'vim.sh'];

runCases(CASES);
compareCases(CASES);

test.run();
