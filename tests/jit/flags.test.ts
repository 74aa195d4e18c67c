/** Flags of V8 that are set while a module of pages is compiled are as they were afterwards. */
import { cachedDataVersionTag } from 'node:v8';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NODE_PAGES } from '../../host/jit/baseline/compile-node.js';

const EMPTY = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

// V8 makes the tag of the values of all flags, among other things.
test('pages compiled quickly, and optimised, leave no flag behind', () => {
  const before = cachedDataVersionTag();
  for (const compile of Object.values(NODE_PAGES)) {
    compile(EMPTY);
    assert.is(cachedDataVersionTag(), before);
  }
});

test.run();
