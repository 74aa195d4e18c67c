/** The browser's private files as a file system, in a page (writable streams) and in a worker (sync access handles). */
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
  names: ['a', 'big', 'h'],
};

testWith(test, ['chromium'], 'files and folders of two machines, one after the other', async () => {
  const { main, worker, error } = JSON.parse(await reportOf('tests/browser/opfs.html'));
  assert.is(error, undefined);
  assert.equal(main, SEEN);
  assert.equal(worker, SEEN);
});

test.run();
