/** Debian's riscv64 programs, unmodified. Databases, ciphers, and the smaller languages. */
import { test } from 'uvu';
import { compareCases, runCases } from '../support/userland.js';

const CASES = ['lmdb.sh', 'lua.lua', 'openssl.sh', 'perl.pl', 'sqlite.sh'];

runCases(CASES);
compareCases(CASES);

test.run();
