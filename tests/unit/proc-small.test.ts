/** The small files of /proc/PID: text and modes as the host has them. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileGuest, GCC, runOurs } from '../support/guest.js';
import { testWith } from '../support/tools.js';

const FILES = ['wchan', 'cpuset', 'sessionid', 'loginuid', 'uid_map', 'gid_map', 'projid_map', 'setgroups', 'schedstat'];
const PROGRAM = 'tests/guest/proc-small.c';

testWith(test, [GCC], 'modes and text as the host prints them', async () => {
  const ours = await runOurs(compileGuest(PROGRAM), FILES, { uid: 0 });
  const shown = new Map(ours.stdout.split('--\n').map((part) => [part.split(' ')[0], part]));
  for (const name of FILES) {
    const path = `/proc/self/${name}`;
    if (!existsSync(path)) continue;
    const text = shown.get(name) ?? '';
    // Numbers are the host's own affair.
    const shape = (all: string): string => all.replace(/\d+/g, 'N');
    assert.is(text.split(' ')[1].split('\n')[0], (statSync(path).mode & 0o777).toString(8), name);
    const host = readFileSync(path, 'utf8');
    const body = text.slice(text.indexOf('\n') + 1);
    if (name === 'cpuset') assert.is(body, '/\n');
    else assert.is(shape(body), shape(host), name);
  }
});

test.run();
