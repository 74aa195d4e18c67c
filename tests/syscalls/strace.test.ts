/**
 * strace of a whole program against what the real one says of it: tests/guest/traced.txt is the normalised output of
 * `strace -f -o FILE` (6.1) of a native build of tests/guest/traced.c. Pids, addresses and the column of the result are normalised away.
 */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileGuest, GCC, runOurs } from '../support/guest.js';
import { testWith } from '../support/tools.js';

/** Calls that a C library makes by itself, at other times on other machines. */
const LIBRARY = /^(set_robust_list|rseq|getpid|getuid)\(|^<\.\.\. (set_robust_list|getpid)/;

function normalise(lines: readonly string[]): string[] {
  const pids = new Map<string, string>();
  const name = (pid: string): string => {
    if (!pids.has(pid)) pids.set(pid, `PID${pids.size + 1}`);
    return pids.get(pid) as string;
  };
  const begin = lines.findIndex((line) => line.includes('write(-1, "begin"'));
  const end = lines.findIndex((line) => line.includes('write(-1, "end"'));
  return lines
    .slice(begin + 1, end)
    .map((line) => line.replace(/^\[pid +\d+\] |^\d+ +/, ''))
    .filter((line) => !LIBRARY.test(line))
    .map((line) =>
      line
        .replace(/ +(= [-?\d])/, ' $1')
        .replace(/0x[0-9a-f]{5,}/g, (text) => (text === '0x12345678' ? text : 'ADDRESS'))
        .replace(/(si_pid=|P_PID, |^kill\(|^wait4\()(\d+)/g, (_, before, pid) => before + name(pid))
        .replace(/^((?:<... )?(?:clone|wait4).* = )(\d+)$/, (_, before, pid) => before + name(pid)),
    );
}

testWith(test, [GCC], 'a program full of calls', async () => {
  const lines: string[] = [];
  await runOurs(compileGuest('tests/guest/traced.c'), [], { trace: (line) => lines.push(line) });
  const expected = readFileSync('tests/guest/traced.txt', 'utf8').trimEnd().split('\n');
  assert.equal(normalise(lines), normalise(['write(-1, "begin"', ...expected, 'write(-1, "end"']));
});

test.run();
