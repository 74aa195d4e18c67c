/** The small files of /proc/PID: text and modes as the host has them. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sameAsLinux } from '../support/compare.js';
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
  ['proc-sysctl', 'what /proc/sys accepts, from whom, and what is read then'],
  ['proc-props', 'what is accepted, what is read then, with and without privileges; what io counts'],
  ['proc-locks', 'locks held and waited for, of every kind'],
  ['pagemap', 'what pagemap, kpagecount and kpageflags say of mappings of each kind; what clear_refs accepts'],
]) {
  testWith(test, [...NATIVE_NEEDS, ...ROOT], `${name}: ${what}`, async () => {
    await sameAsLinux(name, { uid: 0 });
  });
}

/** As the kernel's documentation has it: all of a new mapping, then what was written, moved by mremap included. */
const SOFT_DIRTY = `new: 1111
cleared: 0000
0 and 2 written: 1010
2 1 1
child: 0000
child, its own writing: 0100
parent: 0000
parent, 1 written: 0100
moved: what was present: 1110
given back: 0000
written again: 0100
protection there and back: 0000
0 written: 1000
file: 0100
the kernel writes, too: 1000
`;

testWith(test, NATIVE_NEEDS, 'soft-dirty bits', async () => {
  const source = 'tests/guest/pagemap.c';
  const ours = await runOurs(compileGuest(source), ['soft'], { uid: 0 });
  assert.is(ours.stdout, SOFT_DIRTY);
  // A kernel may be without them.
  const real = runNative(compileNative(source), ['soft']);
  if (!real.stdout.startsWith('no ')) assert.is(ours.stdout, real.stdout);
});

testWith(test, [GCC], 'sysctls change what they say: pids, threads, watches, open files, pipes', async () => {
  // Numbers as chosen by the program: no machine but one of its own lets it.
  const ours = await runOurs(compileGuest('tests/guest/sysctl-effects.c'), [], { uid: 0 });
  assert.is(ours.stdout, readFileSync('tests/guest/sysctl-effects.txt', 'utf8'));
});

test.run();
