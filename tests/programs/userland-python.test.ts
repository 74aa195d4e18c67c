/** Debian's riscv64 programs, unmodified. Python's own multiprocessing, threads, sockets and libraries. */
import { test } from 'uvu';
import { compareCases, runCases } from '../support/userland.js';

const CASES = ['python.py', 'python-pool.py', 'python-sockets.py'];

runCases(CASES);
compareCases(CASES);

test.run();
