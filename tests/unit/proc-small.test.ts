/** The small files of /proc/PID: text and modes as the host has them. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileGuest, compileNative, GCC, NATIVE_NEEDS, runNative, runOurs } from '../support/guest.js';
import { testWith } from '../support/tools.js';

const FILES = [
  'wchan',
  'cpuset',
  'sessionid',
  'loginuid',
  'uid_map',
  'gid_map',
  'projid_map',
  'setgroups',
  'schedstat',
  'personality',
  'syscall',
  'io',
];
/** Sizes and modes only: the text is the process's own. */
const MODES = ['oom_adj', 'oom_score_adj', 'coredump_filter', 'timerslack_ns', 'mountstats', 'map_files', 'ns', 'net', 'fdinfo'];
const ROOT = process.getuid?.() === 0 ? [] : ['to be root'];
const PROGRAM = 'tests/guest/proc-small.c';

testWith(test, [GCC], 'modes and text as the host prints them', async () => {
  const ours = await runOurs(compileGuest(PROGRAM), [...FILES, ...MODES], { uid: 0 });
  const shown = new Map(ours.stdout.split('--\n').map((part) => [part.split(' ')[0], part]));
  for (const name of [...FILES, ...MODES]) {
    const path = `/proc/self/${name}`;
    if (!existsSync(path)) continue;
    const text = shown.get(name) ?? '';
    // Numbers are the host's own affair.
    const shape = (all: string): string => all.replace(/0x[0-9a-f]+|\d+/g, 'N');
    assert.is(text.split(' ')[1].split('\n')[0], (statSync(path).mode & 0o777).toString(8), name);
    if (MODES.includes(name)) continue;
    const host = readFileSync(path, 'utf8');
    const body = text.slice(text.indexOf('\n') + 1);
    if (name === 'cpuset') assert.is(body, '/\n');
    else assert.is(shape(body), shape(host), name);
  }
});

for (const [name, what] of [
  ['proc-props', 'what is accepted, what is read then, with and without privileges; what io counts'],
  ['proc-locks', 'locks held and waited for, of every kind'],
]) {
  testWith(test, [...NATIVE_NEEDS, ...ROOT], `${name}: ${what}`, async () => {
    const source = `tests/guest/${name}.c`;
    const real = runNative(compileNative(source));
    const ours = await runOurs(compileGuest(source), [], { uid: 0 });
    assert.is(ours.stdout, real.stdout);
    assert.is(ours.status, real.status);
  });
}

test.run();
