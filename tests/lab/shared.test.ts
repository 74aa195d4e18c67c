/** Systems that have parts in common are worked out together: their counts are those of each alone, by the independent simulator. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as T from '../../assembly/shared/trace.js';
import { type SystemConfig, systemConfig } from '../../host/lab/config.js';
import { Pass } from '../../host/lab/pass.js';
import { comparable, labModule, randomRecords, references, wordsOf } from '../support/lab.js';
import { fuzzSeed, Random } from '../support/random.js';
import { testWith } from '../support/tools.js';

const module = labModule();
const split = (entries: number, ways: number): object[] => ['instructions', 'data'].map((serves) => ({ serves, entries, ways }));
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
/** Of every number of vectors that the engine has code of its own for, and of more. */
const WAYS = [1, 2, 3, 4, 6, 8, 12, 16, 20];

const FAMILIES: Readonly<Record<string, () => object[]>> = {
  'first levels before one second level': () =>
    numbers(16).map((sets) => ({
      tlbs: [
        { serves: 'instructions', entries: 8, ways: 4 },
        { serves: 'data', entries: 2 * sets, ways: 2 },
        { level: 2, entries: 48, ways: 12 },
      ],
    })),
  'first levels of all ways': () => WAYS.map((ways) => ({ tlbs: [...split(2 * ways, ways), { level: 2, entries: 64, ways: 8 }] })),
  'second levels of all ways': () => WAYS.map((ways) => ({ tlbs: [...split(8, 4), { level: 2, entries: 3 * ways, ways }] })),
  'second levels apart': () =>
    numbers(5).map((sets) => ({ tlbs: [...split(4, 4), ...split(4 * sets, 4).map((tlb) => ({ level: 2, ...tlb }))] })),
  'third levels': () =>
    numbers(4).map((sets) => ({ tlbs: [...split(4, 4), { level: 2, entries: 16 }, { level: 3, entries: 16 * sets, ways: 8 }] })),
  'walk caches': () => [
    ...numbers(6).map((entries) => ({ tlbs: split(8, 4), walkCaches: [{ covers: '2M', entries }] })),
    ...numbers(3).map((ways) => ({ tlbs: split(8, 4), walkCaches: [{ covers: '2M', entries: 2 * ways, ways }] })),
    { tlbs: split(8, 4), walkCaches: [{ covers: '1G', entries: 2 }] },
    ...['2M', '1G'].map((covers) => ({
      tlbs: split(8, 4),
      walkCaches: [
        { covers, entries: 4, replacement: 'fifo' },
        { covers: '512G', entries: 2 },
      ],
    })),
    {
      tlbs: split(8, 4),
      walkCaches: [
        { covers: '2M', entries: 2 },
        { covers: '1G', entries: 3 },
      ],
    },
    { tlbs: split(8, 4) },
  ],
  'caches of page-table entries': () => [
    ...WAYS.map((ways) => ({ tlbs: split(8, 4), caches: [{ bytes: 64 * ways, ways }], lineBytes: 32 })),
    { tlbs: split(8, 4), caches: [{ bytes: 256 }, { bytes: 1024, ways: 4 }] },
    {
      tlbs: split(8, 4),
      caches: [
        { bytes: 256, replacement: 'random' },
        { bytes: 1024, ways: 4 },
      ],
      walkCaches: [{ covers: '2M', entries: 2 }],
    },
  ],
};

for (const [what, configs] of Object.entries(FAMILIES)) {
  testWith(test, ['python3'], `${what}, in one pass: all counts equal the reference`, () => {
    const seed = fuzzSeed(20261129);
    const jobs = numbers(4).map((round) => {
      const random = new Random(seed + round);
      const common = {
        onSwitch: random.pick(['asid', 'flush']),
        format: random.pick(['sv39', 'sv48']),
        pageSize: random.pick(['4K', '4K', '2M']),
      };
      const sizes = (config: object): object =>
        JSON.parse(
          JSON.stringify(config, (key, value) =>
            key === 'tlbs' ? value.map((tlb: object) => ({ sizes: [common.pageSize], ...tlb })) : value,
          ),
        );
      const systems: SystemConfig[] = configs()
        .filter((config) => fits(config, common))
        .map((config, i) => systemConfig({ name: String(i), memoryLatency: 50, ...common, ...sizes(config) }));
      return { records: randomRecords(random, 2600), systems };
    });
    const expected = references(jobs);
    jobs.forEach(({ records, systems }, round) => {
      const pass = new Pass(module, systems);
      pass.take(wordsOf(records), records.length);
      pass.engine.measures().forEach((counted, i) => {
        assert.equal(comparable(counted), expected[round][i], `seed ${seed + round + 1}, ${JSON.stringify(systems[i])}`);
      });
    });
  });
}

testWith(test, ['python3'], 'second levels that come to hold different pages go on apart: all counts equal the reference', () => {
  const random = new Random(fuzzSeed(20261130));
  const records = numbers(6000).map(() => ({
    passed: 0,
    kind: T.RECORD_LOAD,
    value: 4096 * Math.floor(400 * (random.below(1000) / 1000) ** 3),
  }));
  const systems = numbers(16).map((sets) =>
    systemConfig({
      name: String(sets),
      tlbs: [
        { serves: 'instructions', entries: 8 },
        { serves: 'data', entries: 4 * sets, ways: 4 },
        { level: 2, entries: 96, ways: 12 },
      ],
    }),
  );
  const [expected] = references([{ records, systems }]);
  const pass = new Pass(module, systems);
  pass.take(wordsOf(records), records.length);
  pass.engine.measures().forEach((counted, i) => {
    assert.equal(comparable(counted), expected[i], systems[i].name);
  });
});

/** A walk cache must be of a table that the format has, above pages of that size. */
function fits(config: object, { format, pageSize }: { format: string; pageSize: string }): boolean {
  const { walkCaches = [] } = config as { walkCaches?: { covers: string }[] };
  return walkCaches.every(({ covers }) => (covers !== '2M' || pageSize === '4K') && (covers !== '512G' || format === 'sv48'));
}

test.run();
