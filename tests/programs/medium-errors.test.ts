/** What programs are told of a medium that refuses: tests/guest/medium-errors.c says when, here is what it must print. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EIO, ENOSPC } from '../../assembly/shared/errno.js';
import { SysError } from '../../host/linux/error.js';
import { compileGuest, compileNative, GCC, NATIVE_NEEDS, runOurs } from '../support/guest.js';
import { Medium } from '../support/medium.js';
import { MediumFileSystem } from '../support/mediumfs.js';
import { testWith } from '../support/tools.js';
import { hasZram, withZram, zramNeeds } from '../support/zram.js';

const ERRORS: Readonly<Record<string, number>> = { EIO, ENOSPC };

/** Lets the medium do what the program orders in its output. */
function obey(medium: Medium, text: string): void {
  for (const line of text.split('\n')) {
    const [order, call, errno] = line.split(' ');
    if (order === 'obey') medium.refuse = undefined;
    if (order !== 'refuse') continue;
    medium.refuse = (asked): void => {
      if (asked === call) throw new SysError(ERRORS[errno]);
    };
  }
}

testWith(test, [GCC], 'errors are told once to each open file description, as errseq does it', async () => {
  const medium = new Medium();
  const { stdout, status } = await runOurs(compileGuest('tests/guest/medium-errors.c'), [], {
    work: (env) => new MediumFileSystem(env, medium),
    heard: (text) => obey(medium, text),
  });
  assert.is(stdout, readFileSync('tests/guest/medium-errors.txt', 'utf8'));
  assert.is(status, 0);
});

const EXPECTED = 'tests/guest/errseq.txt';
const withoutOrders = (text: string): string => text.replace(/^(refuse .*|obey)\n/gm, '');

/** A kernel without such disks can't be asked, and nobody can install them: what it would answer is in EXPECTED. */
const ask: typeof testWith = hasZram() ? testWith : () => console.log('this kernel has no zram: it is not asked');

ask(test, [...NATIVE_NEEDS, ...zramNeeds()], 'who is told of an error, and in which order: Linux, with ext4 on a disk that refuses', () => {
  const program = compileNative('tests/guest/errseq.c');
  const { stdout } = withZram((folder, limit) => spawnSync(join(process.cwd(), program), [limit], { cwd: folder, encoding: 'utf8' }));
  if (process.env.PAGEWALK_UPDATE) writeFileSync(EXPECTED, stdout);
  assert.is(stdout, readFileSync(EXPECTED, 'utf8'));
});

testWith(test, [GCC], 'who is told of an error, and in which order: the same here', async () => {
  const medium = new Medium();
  const { stdout, status } = await runOurs(compileGuest('tests/guest/errseq.c'), [], {
    work: (env) => new MediumFileSystem(env, medium),
    heard: (text) => obey(medium, text),
  });
  assert.is(withoutOrders(stdout), readFileSync(EXPECTED, 'utf8'));
  assert.is(status, 0);
});

test.run();
