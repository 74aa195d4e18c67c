/** What programs are told of a medium that refuses: tests/guest/medium-errors.c says when, here is what it must print. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EIO, ENOSPC } from '../../assembly/shared/errno.js';
import { SysError } from '../../host/linux/error.js';
import { compileGuest, GCC, runOurs } from '../support/guest.js';
import { Medium } from '../support/medium.js';
import { MediumFileSystem } from '../support/mediumfs.js';
import { testWith } from '../support/tools.js';

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

test.run();
