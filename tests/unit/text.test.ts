import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeText, encodeText } from '../../host/linux/text.js';

test('every byte string survives the round trip', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => `${encodeText(decodeText(bytes))}` === `${bytes}`));
});

test('UTF-8 stays readable and other bytes become lone surrogates', () => {
  assert.is(decodeText(new TextEncoder().encode('naïve 漢字 🎈')), 'naïve 漢字 🎈');
  assert.is(decodeText(Uint8Array.of(0x61, 0xff, 0xc3)), 'a\udcff\udcc3');
});

test.run();
