/** Load averages: the kernel's decaying means, whatever the intervals at which they are asked to advance. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LoadAverage } from '../../host/kernel/load.js';

const SECOND = 1e9;
const shown = (load: LoadAverage): string[] => load.averages.map((average) => average.toFixed(2));

test('one task that always runs: 63 % after the first minute', () => {
  const load = new LoadAverage();
  for (let at = 0; at <= 60; at++) load.advance(at * SECOND, () => 1);
  assert.equal(shown(load), ['0.63', '0.18', '0.06']);
});

test('samples missed in a sleep saw nobody', () => {
  const load = new LoadAverage();
  const stepped = new LoadAverage();
  for (const each of [load, stepped]) for (let at = 0; at <= 300; at++) each.advance(at * SECOND, () => 2);
  load.advance(360 * SECOND, () => 0);
  for (let at = 301; at <= 360; at++) stepped.advance(at * SECOND, () => 0);
  assert.equal(shown(load), shown(stepped));
});

test.run();
