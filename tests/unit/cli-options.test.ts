/** Values of the command line's options, and where the guest's own begin. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  defaultEnvironment,
  MEMORY_MAX,
  markOptionalValues,
  parseEnvironment,
  parseFuel,
  parseMemory,
  parseMount,
  parseSwap,
  parseTimeout,
  showSize,
  UsageError,
} from '../../host/cli/options.js';

function refuses(parse: (text: string) => unknown, texts: readonly string[], pattern: RegExp): void {
  for (const text of texts) {
    assert.throws(
      () => parse(text),
      (error: unknown) => error instanceof UsageError && pattern.test(error.message),
      `'${text}'`,
    );
  }
}

test('memory sizes', () => {
  assert.is(parseMemory('512M'), 512 * 1024 ** 2);
  assert.is(parseMemory('1G'), 1024 ** 3);
  assert.is(parseMemory('1.5g'), 1.5 * 1024 ** 3);
  assert.is(parseMemory('2048K'), 2 * 1024 ** 2);
  assert.is(parseMemory('256MiB'), 256 * 1024 ** 2);
  assert.is(parseMemory('256MB'), 256 * 1024 ** 2);
  assert.is(parseMemory('1048577'), 1048576);
  assert.is(parseMemory(String(MEMORY_MAX)), MEMORY_MAX);
  refuses(parseMemory, ['', 'x', '12Q', '-1G', '1e9', '1 G B', 'G'], /is not a size/);
  refuses(parseMemory, ['0', '64K', '1023K'], /too little, at least 1M/);
  refuses(parseMemory, ['4G', '1000G', '9'.repeat(400)], /too much, at most/);
});

test('swap sizes', () => {
  assert.is(parseSwap('64M'), 64 * 1024 ** 2);
  assert.is(parseSwap('5000'), 4096);
  assert.is(parseSwap('16G'), 16 * 1024 ** 3);
  refuses(parseSwap, ['', 'x'], /is not a size/);
  refuses(parseSwap, ['0', '1K', '17G'], /is not from 4K to 16G/);
});

test('sizes as people write them', () => {
  assert.is(showSize(1024 ** 3), '1G');
  assert.is(showSize(1536 * 1024 ** 2), '1536M');
  assert.is(showSize(100), '100 bytes');
});

test('mounts', () => {
  assert.equal(parseMount('/a:/b'), { source: '/a', target: '/b', readOnly: false });
  assert.equal(parseMount('a b:/b:ro'), { source: 'a b', target: '/b', readOnly: true });
  assert.equal(parseMount('C:/x:/b:rw'), { source: 'C:/x', target: '/b', readOnly: false });
  refuses(parseMount, ['', '/a', ':/b', '/a:b', '/a:', 'a:ro'], /SRC:DST/);
});

test('environment', () => {
  assert.equal(parseEnvironment('A=b=c'), ['A', 'b=c']);
  assert.equal(parseEnvironment('A='), ['A', '']);
  refuses(parseEnvironment, ['', 'A', '=b'], /NAME=VALUE/);
  assert.is(defaultEnvironment('xterm').get('TERM'), 'xterm');
  assert.is(defaultEnvironment(undefined).get('TERM'), 'dumb');
});

test('timeout and fuel', () => {
  assert.is(parseTimeout('0.5'), 0.5);
  assert.is(parseTimeout('10'), 10);
  refuses(parseTimeout, ['', '0', '-1', 'x', '1e3', '99999999999'], /--timeout/);
  assert.is(parseFuel('1000'), 1000);
  assert.is(parseFuel('10M'), 1e7);
  assert.is(parseFuel('1.5k'), 1500);
  assert.is(parseFuel('1e9'), 1e9);
  refuses(parseFuel, ['', '0', '-1', 'x', '1.5', '1e99', '0.0001k'], /--fuel/);
});

test('--stats and --strace never take PROGRAM for their file', () => {
  const mark = (text: string): string => markOptionalValues(text.split(' ')).join(' ');
  assert.is(mark('run --stats prog'), 'run --stats= prog');
  assert.is(mark('run --stats=f --strace prog --stats'), 'run --stats=f --strace= prog --stats');
  assert.is(mark('run --root --stats --strace prog'), 'run --root --stats --strace= prog');
  assert.is(mark('run --env A=b --stats -- prog --strace'), 'run --env A=b --stats= -- prog --strace');
  assert.is(mark('run prog --stats'), 'run prog --stats');
  assert.is(mark('asm --stats'), 'asm --stats');
});

test.run();
