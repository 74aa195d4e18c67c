/** The browser's private files and its database as file systems, in a page (writable streams) and in a worker (sync access handles). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { reportOf } from '../support/browser.js';
import { testWith } from '../support/tools.js';

const test = suite('opfs');

const SEEN = {
  codes: {
    none: 'ENOENT',
    exists: 'EEXIST',
    exclusive: 'EEXIST',
    under: 'ENOTDIR',
    full: 'ENOTEMPTY',
    folder: 'EXDEV',
    link: 'EPERM',
    mode: 'EPERM',
  },
  orphan: true,
  big: true,
  h: 'one',
  modeOfH: 0o644,
  names: ['a', 'big', 'h'],
};

/** The database has links and modes, and moves folders. */
const SEEN_IN_DATABASE = {
  ...SEEN,
  codes: { ...SEEN.codes, folder: 'none', link: 'none', mode: 'none' },
  modeOfH: 0o600,
  names: ['big', 'c', 'h', 'l'],
};

testWith(test, ['chromium'], 'files and folders of two machines, one after the other', async () => {
  const { main, worker, error } = JSON.parse(await reportOf('tests/browser/opfs.html'));
  assert.is(error, undefined);
  for (const seen of [main, worker]) assert.equal(seen, { opfs: SEEN, indexedDb: SEEN_IN_DATABASE });
});

test.run();
