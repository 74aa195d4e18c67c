/** The engine counts what an independent simulator counts, to the last one; and what can be said on paper. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as T from '../../assembly/shared/trace.js';
import { ConfigError } from '../../host/lab/check.js';
import { REPLACEMENTS, type SystemConfig, systemConfig } from '../../host/lab/config.js';
import { type Measures, missCurve } from '../../host/lab/engine.js';
import { MACHINES } from '../../host/lab/machines.js';
import { Pass } from '../../host/lab/pass.js';
import { comparable, labModule, type Rec, randomRecords, randomSystem, references, wordsOf } from '../support/lab.js';
import { fuzzSeed, Random } from '../support/random.js';
import { testWith } from '../support/tools.js';

const module = labModule();

function measure(systems: readonly SystemConfig[], records: readonly Rec[], pieces = 1): Measures[] {
  const pass = new Pass(module, systems);
  const size = Math.ceil(records.length / pieces);
  for (let at = 0; at < records.length; at += size) {
    const part = records.slice(at, at + size);
    pass.take(wordsOf(part), part.length);
  }
  return pass.engine.measures();
}

const load = (page: number): Rec => ({ passed: 1, kind: T.RECORD_LOAD, value: page * 4096 });
const one = (entries: number, replacement = 'lru'): SystemConfig =>
  systemConfig({ name: `${replacement} ${entries}`, tlbs: [{ entries, replacement }], memoryLatency: 10 });

testWith(test, ['python3'], 'random systems on random streams: all counts equal the reference', () => {
  const seed = fuzzSeed(20261128);
  const jobs = Array.from({ length: 20 }, (_, round) => {
    const random = new Random(seed + round);
    const records = randomRecords(random, 1000);
    return { records, systems: Array.from({ length: 6 }, () => randomSystem(random)), pieces: 1 + random.below(5) };
  });
  const expected = references(jobs);
  jobs.forEach(({ systems, records, pieces }, round) => {
    const counted = measure(systems, records, pieces);
    systems.forEach((system, i) => {
      assert.equal(comparable(counted[i]), expected[round][i], `seed ${seed + round}, ${JSON.stringify(system)}`);
    });
  });
});

testWith(test, ['python3'], 'each way of replacement, apart and together, and what chance seldom brings: equal to the reference', () => {
  const records = randomRecords(new Random(31), 1500);
  const array = (replacement: string) => ({ entries: 16, ways: 4, replacement });
  const split = (tlb: object) => ['instructions', 'data'].map((serves) => ({ serves, ...tlb }));
  const both = { sizes: ['4K', '2M'], coalesce: 4, entries: 8 };
  const systems = [
    ...REPLACEMENTS.flatMap((replacement) => [{ tlbs: split(array(replacement)) }, { tlbs: [array(replacement)] }]),
    { tlbs: split(both), background: { every: 7, regions: 1, present: 3 } },
  ].map((config) => systemConfig(config));
  const counted = measure(systems, records, 3);
  const [expected] = references([{ systems, records }]);
  systems.forEach((system, i) => {
    assert.equal(comparable(counted[i]), expected[i], JSON.stringify(system.tlbs[0]));
  });
});

testWith(test, ['python3'], 'known machines: all counts equal the reference', () => {
  const records = randomRecords(new Random(7), 4000);
  const systems = [...MACHINES.values()];
  const counted = measure(systems, records);
  const [expected] = references([{ systems, records }]);
  systems.forEach((system, i) => {
    assert.equal(comparable(counted[i]), expected[i], system.name);
  });
});

test('a cycle over one page more than an LRU TLB holds always misses, over as many only at first', () => {
  const around = (pages: number): Rec[] => Array.from({ length: 100 * pages }, (_, i) => load(i % pages));
  assert.is(measure([one(64)], around(65))[0].walks.all, 6500);
  assert.is(measure([one(64)], around(64))[0].walks.all, 64);
  assert.is(measure([one(64, 'fifo')], around(65))[0].walks.all, 6500);
});

test('walks read an entry for each level, less what walk caches know', () => {
  const records = Array.from({ length: 1000 }, (_, i) => load(i));
  const walk = (config: object): Measures => measure([systemConfig({ tlbs: [{ entries: 16 }], memoryLatency: 1, ...config })], records)[0];
  for (const [format, levels] of [
    ['sv39', 3],
    ['sv48', 4],
    ['sv57', 5],
  ] as const)
    assert.is(walk({ format }).references, 1000 * levels);
  // 1,000 pages from 0 lie in two regions of 2 MiB.
  assert.is(walk({ walkCaches: [{ covers: '2M', entries: 4 }] }).references, 1000 + 2 * 2);
  assert.is(walk({ pageSize: '2M', tlbs: [{ sizes: ['2M'], entries: 16 }] }).walks.all, 2);
  assert.is(walk({ format: 'sv48' }).tablePages, 1 + 1 + 1 + 2);
  assert.is(walk({}).cycles, walk({}).references);
});

test('all sizes of LRU from reuse distances, as if each was run', () => {
  const random = new Random(11);
  const records = Array.from({ length: 20_000 }, () => load(Math.floor(random.below(300) ** 1.5)));
  const sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
  const pass = new Pass(
    module,
    sizes.map((entries) => one(entries)),
  );
  pass.engine.countDistances('data');
  pass.take(wordsOf(records), records.length);
  const curve = missCurve(pass.engine.distances());
  const ran = pass.engine.measures();
  assert.ok(curve.length >= 9);
  for (const { entries, misses } of curve) assert.is(misses, ran[sizes.indexOf(entries)].walks.all, `${entries} entries`);
});

test('reuse distances of instructions and data, of several address spaces, as if each size was run', () => {
  const kinds: readonly number[] = [T.RECORD_CODE, T.RECORD_LOAD, T.RECORD_STORE, T.RECORD_SPACE, T.RECORD_PASSED];
  const random = new Random(fuzzSeed(20261129));
  for (let round = 0; round < 8; round++) {
    const records = randomRecords(random, 2000).filter(({ kind }) => kinds.includes(kind));
    for (const of of ['instructions', 'data', 'both'] as const) {
      const sizes = [1, 2, 4, 16, 64];
      const system = (entries: number): SystemConfig =>
        systemConfig({ tlbs: of === 'both' ? [{ entries }] : ['instructions', 'data'].map((serves) => ({ serves, entries })) });
      const pass = new Pass(module, sizes.map(system));
      pass.engine.countDistances(of);
      pass.take(wordsOf(records), records.length);
      const curve = missCurve(pass.engine.distances());
      pass.engine.measures().forEach(({ walks }, i) => {
        const misses = of === 'both' ? walks.all : of === 'instructions' ? walks.fetches : walks.loads + walks.stores;
        // A curve ends where more entries make no difference.
        const known = curve.find(({ entries }) => entries === sizes[i]) ?? curve[curve.length - 1];
        assert.is(known.misses, misses, `round ${round}, ${of}, ${sizes[i]} entries`);
      });
    }
  }
});

test('reuse distances survive their renumbering', () => {
  const records = Array.from({ length: 200_000 }, (_, i) => load(i % 3 === 0 ? i % 1000 : 5000 + (i % 7)));
  const pass = new Pass(module, [one(1024)]);
  pass.engine.countDistances('data');
  pass.take(wordsOf(records), records.length);
  const distances = pass.engine.distances();
  const { walks } = pass.engine.measures()[0];
  assert.is(distances.cold, walks.all);
  assert.is(distances.counts.reduce((sum, count) => sum + count, 0) + distances.cold + distances.above, records.length);
});

test('no instructions passed is no access', () => {
  const code = { passed: 0, kind: T.RECORD_CODE, value: 4096 };
  const none = { passed: 0, kind: T.RECORD_PASSED, value: 0 };
  const [{ accesses, walks }] = measure([one(4)], [code, none, { ...none, value: 3 }, none]);
  assert.equal([accesses.fetches, walks.all], [3, 1]);
});

test('flushing at each switch costs what ASIDs save', () => {
  const records: Rec[] = [];
  for (let turn = 0; turn < 50; turn++) {
    records.push({ passed: 0, kind: T.RECORD_SPACE, value: 1 + (turn % 2) });
    for (let page = 0; page < 8; page++) records.push(load(page));
  }
  const [asid, flush] = measure(
    [
      { ...one(64), onSwitch: 'asid' },
      { ...one(64), onSwitch: 'flush' },
    ],
    records,
  );
  assert.is(asid.walks.all, 16);
  assert.is(flush.walks.all, 50 * 8);
  assert.is(asid.switches, 50);
});

test('counts begin and end where they are told to', () => {
  const records = randomRecords(new Random(23), 3000);
  const systems = [one(4), systemConfig({ name: 'ideal', ideal: true, tlbs: [{ entries: 4, latency: 3 }] })];
  const all = measure(systems, records)[0].instructions;
  const [skip, count] = [Math.floor(all / 3), Math.floor(all / 4)];
  const counted = (window: object): Measures[] => {
    const pass = new Pass(module, systems, window);
    for (let at = 0; at < records.length; at += 700) pass.take(wordsOf(records.slice(at, at + 700)), records.slice(at, at + 700).length);
    return pass.engine.measures();
  };
  const [start, both, rest] = [counted({ count: skip }), counted({ count: skip + count }), counted({ skip })];
  const within = counted({ skip, count });
  assert.ok(start[0].instructions >= skip && start[0].instructions < skip + 5000);
  // The end is a place in the whole stream, wherever counts begin.
  assert.is(within[0].instructions, both[0].instructions - start[0].instructions);
  assert.is(within[0].walks.all, both[0].walks.all - start[0].walks.all);
  assert.is(within[0].cycles, both[0].cycles - start[0].cycles);
  assert.is(rest[0].walks.all, measure(systems, records)[0].walks.all - start[0].walks.all);
  assert.is(within[1].walks.all, 0);
  assert.is(within[1].cycles, 3 * (within[1].accesses.fetches + within[1].accesses.loads + within[1].accesses.stores));
});

test('a walk under a hypervisor reads 24 entries, less what is known', () => {
  const records = Array.from({ length: 500 }, (_, i) => load(i));
  const walk = (config: object): Measures => measure([systemConfig({ tlbs: [{ entries: 16 }], format: 'sv48', ...config })], records)[0];
  assert.is(walk({ nested: { format: 'sv48' } }).references, 500 * 24);
  assert.is(walk({ nested: { format: 'sv48' } }).hostReferences, 500 * 20);
  assert.is(walk({ nested: { format: 'sv48', pageSize: '1G' } }).references, 500 * (4 + 5 * 2));
  // All its pages and tables known after their first time: one of the root's level, one for each other table, one for each page.
  assert.is(walk({ nested: { format: 'sv48', tlb: { entries: 4096 } } }).hostReferences, 4 * (4 + 500));
});

test('a hashed table has an entry for each page; a full one is refused', () => {
  const records = Array.from({ length: 1000 }, (_, i) => load(i % 500));
  const hashed = (tableEntries: number): Measures =>
    measure([systemConfig({ tlbs: [{ entries: 16 }], format: 'hashed', tableEntries })], records)[0];
  const { references, walks, tablePages } = hashed(65536);
  assert.ok(references >= walks.all && references < walks.all * 1.1, String(references));
  assert.is(tablePages, 256);
  assert.ok(hashed(512).references > references);
  assert.throws(() => hashed(256), /a hashed table is full: tableEntries must be larger/);
});

test('an inverted table is searched from an anchor on, and has an entry for each page', () => {
  const records = Array.from({ length: 1000 }, (_, i) => load(i % 500));
  const inverted = (tableEntries: number): Measures =>
    measure([systemConfig({ tlbs: [{ entries: 16 }], format: 'inverted', tableEntries })], records)[0];
  const { references, walks, tablePages } = inverted(65536);
  assert.ok(references >= 2 * walks.all && references < 2.1 * walks.all, String(references));
  assert.is(tablePages, (65536 * 24) / 4096);
  assert.ok(inverted(512).references > references);
  assert.throws(() => inverted(256), /a hashed table is full: tableEntries must be larger/);
});

test('a coalescing TLB reaches as far as memory is in order', () => {
  const twice = Array.from({ length: 512 }, (_, i) => load(i % 256));
  const walks = (config: object, tlb: object): number =>
    measure([systemConfig({ tlbs: [{ entries: 64, ...tlb }], ...config })], twice)[0].walks.all;
  assert.is(walks({}, {}), 512);
  assert.is(walks({}, { coalesce: 4 }), 256);
  // Then every second access finds what the one before brought.
  assert.is(walks({}, { coalesce: 2 }), 256 + 128);
  // Another system's work in the background takes no frames.
  const other = systemConfig({ tlbs: [{ entries: 16, sizes: ['4K', '2M'] }], background: { every: 3, present: 512 } });
  assert.is(measure([systemConfig({ tlbs: [{ entries: 64, coalesce: 4 }] }), other], twice)[0].walks.all, 256);
  const bytes = 64 << 20;
  assert.is(walks({ memory: { bytes } }, { coalesce: 4 }), 256);
  assert.ok(walks({ memory: { bytes, allocation: 'random' } }, { coalesce: 4 }) > 500);
  assert.is(walks({ memory: { bytes, allocation: 'reserve' } }, { coalesce: 4 }), 256);
});

test('in fragmented memory there are no huge pages', () => {
  const records = Array.from({ length: 4096 }, (_, i) => load(i));
  const huge = (memory: object | undefined): Measures =>
    measure([systemConfig({ tlbs: [{ entries: 16, sizes: ['4K', '2M'] }], promoteAfter: 1, memory })], records)[0];
  const bytes = 64 << 20;
  assert.equal([huge(undefined).promotions, huge({ bytes }).promotions, huge({ bytes }).refusals], [8, 8, 0]);
  assert.equal([huge({ bytes, fragmented: 100 }).promotions, huge({ bytes, fragmented: 100 }).refusals], [0, 4096]);
  assert.throws(() => huge({ bytes: 8 << 20, fragmented: 100 }), /there is no free frame: memory.bytes must be larger/);
});

test('huge pages come by advice, and in the background', () => {
  const tlbs = [{ entries: 16, sizes: ['4K', '2M'] }];
  const count = (records: readonly Rec[], config: object): Measures => measure([systemConfig({ tlbs, ...config })], records)[0];
  const touches = Array.from({ length: 4 * 512 }, (_, i) => load(i));
  const advise = (region: number, yes: number): Rec => ({ passed: 0, kind: T.RECORD_ADVICE, value: region * 2 ** 21 + yes });
  const advised = [advise(1, 1), advise(2, 1), advise(2, 0), ...touches];
  const madvise = { promoteAfter: 1, promote: 'madvise' };
  assert.equal([count(advised, madvise).promotions, count(advised, { promoteAfter: 1 }).promotions], [1, 4]);
  // Three regions of 512 small pages, one of one large one.
  assert.is(count(advised, madvise).walks.all, 3 * 512 + 1);
  // What is wholly in one mapping is told apart from what is advised.
  assert.is(count([advise(1, 3), advise(2, 3), advise(2, 2), advise(3, 1), ...touches], { ...madvise, promote: 'fit' }).promotions, 1);
  // A space that ends takes its advice with it.
  const ended = { passed: 0, kind: T.RECORD_FLUSH, value: 1 };
  assert.is(count([advise(1, 1), ended, ...touches], madvise).promotions, 0);

  // Each 512 accesses the next region is looked at, which is full by then: behind its last touch.
  const background = { every: 512, regions: 1, present: 512 };
  const twice = [...touches, ...touches];
  const { promotions, walks } = count(twice, { background });
  assert.equal([promotions, walks.all], [4, 4 * 512 + 4]);
  // At the only look two regions are full, and half of the third one was touched.
  assert.is(count(touches, { background: { every: 1280, regions: 8, present: 256 } }).promotions, 3);
  assert.is(count(touches, { background: { every: 1280, regions: 8, present: 257 } }).promotions, 2);
  assert.is(count(touches, { background: { every: 1280, regions: 1, present: 1 } }).promotions, 1);
  assert.is(count(advised, { background, promote: 'madvise' }).promotions, 1);
  const many = Array.from({ length: 17 }, (_, i) => systemConfig({ tlbs, background: { every: 1 + i } }));
  assert.throws(() => measure(many, touches), /background\.every: one pass takes at most 16 different values/);
});

test('A is set by the first walk, D by the first store, once in each page', () => {
  const pages = Array.from({ length: 10 }, (_, i) => i);
  const records = [...pages.map(load), ...pages.map((page) => ({ ...load(page), kind: T.RECORD_STORE }))];
  const bits = (accessedDirty: string, more: readonly Rec[] = []): Measures =>
    measure([systemConfig({ tlbs: [{ entries: 16 }], accessedDirty, costs: { accessedDirty: 5 } })], [...records, ...records, ...more])[0];
  assert.equal([bits('none').bitUpdates, bits('none').references], [0, 30]);
  // A walk of three entries and a write, for A behind a miss and for D behind a hit.
  assert.equal([bits('hardware').bitUpdates, bits('hardware').references, bits('hardware').osCycles], [20, 10 * 4 + 10 * 4, 0]);
  // The walk that faults and the one after it; after a fault for D, one.
  assert.equal([bits('fault').bitUpdates, bits('fault').references, bits('fault').osCycles], [20, 10 * 6 + 10 * 3, 100]);
  const drop = { passed: 0, kind: T.RECORD_DROP, value: 0 };
  assert.is(bits('hardware', [drop, load(0)]).bitUpdates, 21);
  assert.is(bits('hardware', [drop, { ...load(0), kind: T.RECORD_STORE }]).bitUpdates, 21);
});

test('memory that is too small: the page used longest ago has to go', () => {
  const swapped = (pages: number, records: readonly Rec[], more: object = {}): Measures =>
    measure(
      [systemConfig({ tlbs: [{ entries: 8 }], swap: { pages, read: 7, write: 3 }, costs: { fault: 100, drop: 1 }, ...more })],
      records,
    )[0];
  const around = (pages: number, kind: number): Rec[] => Array.from({ length: 10 * pages }, (_, i) => ({ ...load(i % pages), kind }));
  // A cycle over one page more than there is room for: each access but the first ones reads what has just gone.
  const loads = swapped(64, around(65, T.RECORD_LOAD));
  assert.equal([loads.evictions, loads.swapReads, loads.swapWrites], [650 - 64, 650 - 65, 0]);
  assert.is(loads.osCycles, 65 * 100 + 585 * 107 + 586);
  const stores = swapped(64, around(65, T.RECORD_STORE));
  assert.equal([stores.swapWrites, stores.osCycles], [586, loads.osCycles + 3 * 586]);
  assert.equal(
    [swapped(65, around(65, T.RECORD_STORE)).evictions, swapped(64, around(65, T.RECORD_LOAD), { ideal: true }).swapReads],
    [0, 585],
  );
  // What it misses is what an LRU TLB of as many entries misses.
  const records = randomRecords(new Random(23), 3000).filter(({ kind }) => kind <= T.RECORD_STORE);
  const { walks, pages, swapReads } = swapped(16, records, { tlbs: [{ entries: 16 }] });
  assert.is(swapReads, walks.all - pages);
  // A space that ends leaves nothing behind.
  const ended = { passed: 0, kind: T.RECORD_FLUSH, value: 1 };
  assert.is(swapped(2, [load(1), load(2), load(3), ended, load(1), load(4)]).swapReads, 0);
  assert.is(swapped(2, [load(1), load(2), load(3), ended, load(1), load(4)]).evictions, 1);
});

test('a stride that repeats is prefetched, and a pattern of distances', () => {
  const walks = (prefetcher: string, pages: readonly number[]): number =>
    measure([systemConfig({ tlbs: [{ entries: 16 }], prefetcher, prefetchNext: 2 })], pages.map(load))[0].walks.all;
  // Twice around, since what was never touched is not prefetched; 64 pages, 3 apart.
  const stride = Array.from({ length: 128 }, (_, i) => 3 * (i % 64));
  assert.is(walks('next', stride), 128);
  // After each three walks in the stride two pages are there before they are asked for.
  assert.is(walks('stride', stride), 103);
  const pattern = Array.from({ length: 128 }, (_, i) => 7 * (i % 64) + (i % 2));
  assert.is(walks('stride', pattern), 128);
  assert.ok(walks('distance', pattern) < 118, String(walks('distance', pattern)));
});

test('impossible systems are refused by the name of the field', () => {
  const refuse = (config: unknown, message: RegExp): void => {
    assert.throws(
      () => systemConfig(config),
      (error: unknown) => error instanceof ConfigError && message.test(error.message),
      String(message),
    );
  };
  refuse(5, /must be an object/);
  refuse(
    { tlbs: JSON.parse(`${'['.repeat(20_000)}5${']'.repeat(20_000)}`) as unknown },
    /^lists and objects are in each other more than 100 deep/,
  );
  refuse({}, /^tlbs: must be a list/);
  refuse({ tlbs: [] }, /^tlbs: must have at least one/);
  refuse({ tlbs: [{ entries: 0 }] }, /^tlbs\[0\]\.entries: must be a whole number from 1/);
  refuse({ tlbs: [{ entries: 48, ways: 5 }] }, /^tlbs\[0\]\.ways: 5 does not divide 48/);
  refuse({ tlbs: [{ entries: 12, replacement: 'tree-plru' }] }, /^tlbs\[0\]\.ways: tree-plru needs/);
  refuse({ tlbs: [{ entries: 4, replacement: 'mru' }] }, /must be one of lru, fifo/);
  refuse({ tlbs: [{ entries: 4 }, { entries: 4 }] }, /^tlbs\[1\]: instructions of 4K pages at level 1 are served/);
  refuse({ tlbs: [{ entries: 4, level: 2 }] }, /none of level 1/);
  refuse({ tlbs: [{ entries: 4, serves: 'data' }] }, /no TLB of level 1 serves instructions/);
  refuse({ tlbs: [{ entries: 4 }], pageSize: '2M' }, /no TLB of level 1 serves instructions of 2M/);
  refuse({ tlbs: [{ entries: 4 }], walkCaches: [{ covers: '512G', entries: 4 }] }, /^walkCaches\[0\]\.covers: must be one of 2M, 1G/);
  refuse({ tlbs: [{ entries: 4 }], lineBytes: 48 }, /^lineBytes: must be a power of 2/);
  refuse({ tlbs: [{ entries: 4, ways: 4, partitions: 3 }] }, /^tlbs\[0\]\.partitions: 3 does not divide 4 ways/);
  refuse({ tlbs: [{ entries: 12, ways: 4, replacement: 'tree-plru', partitions: 5 }] }, /^tlbs\[0\]\.partitions: 5 does not divide/);
  refuse({ tlbs: [{ entries: 4 }], format: 'hashed', tableEntries: 1000 }, /^tableEntries: must be a power of 2/);
  refuse({ tlbs: [{ entries: 4 }], format: 'hashed', walkCaches: [{ covers: '2M', entries: 4 }] }, /^walkCaches/);
  refuse({ tlbs: [{ entries: 4 }], format: 'hashed', nested: {} }, /^nested: the guest's format must be one of sv39/);
  refuse({ tlbs: [{ entries: 4 }], nested: { format: 'hashed' } }, /^nested\.format: must be one of sv39/);
  refuse({ tlbs: [{ entries: 4 }], nested: { tlb: { entries: 0 } } }, /^nested\.tlb\.entries: must be a whole number from 1/);
  refuse({ tlbs: [{ entries: 4 }], format: 'inverted', walkCaches: [{ covers: '2M', entries: 4 }] }, /^walkCaches/);
  refuse({ tlbs: [{ entries: 4, coalesce: 3 }] }, /^tlbs\[0\]\.coalesce: must be 1, 2, 4 or 8, not 3/);
  refuse({ tlbs: [{ entries: 4, coalesce: 2, victims: 1 }] }, /^tlbs\[0\]\.coalesce: not with victims/);
  refuse({ tlbs: [{ entries: 4, coalesce: 2, sizes: ['2M'] }], pageSize: '2M' }, /^tlbs\[0\]\.coalesce: is of pages of 4K/);
  refuse({ tlbs: [{ entries: 4, coalesce: 2 }], validate: true }, /^validate: is of TLBs whose entries have one page/);
  refuse({ tlbs: [{ entries: 4 }], accessedDirty: 'software' }, /^accessedDirty: must be one of none, hardware, fault/);
  refuse({ tlbs: [{ entries: 4 }], memory: { bytes: 4096 } }, /^memory\.bytes: must be a whole number from 2097152/);
  refuse(
    { tlbs: [{ entries: 4 }], memory: { bytes: 2 << 20, fragmented: 101 } },
    /^memory\.fragmented: must be a whole number from 0 to 100/,
  );
  refuse({ tlbs: [{ entries: 4, sizes: ['2M'] }], pageSize: '2M', memory: { bytes: 2 << 20 } }, /^memory: is given out in pages of 4K/);
  refuse({ tlbs: [{ entries: 4 }], swap: { pages: 0 } }, /^swap\.pages: must be a whole number from 1/);
  refuse({ tlbs: [{ entries: 4, sizes: ['2M'] }], pageSize: '2M', swap: { pages: 9 } }, /^swap: is of pages of 4K/);
  refuse({ tlbs: [{ entries: 4 }], memory: { bytes: 2 << 20 }, swap: { pages: 9 } }, /^swap: not with memory/);
  refuse({ tlbs: [{ entries: 4 }], promote: 'madvise' }, /^promote: nothing is promoted/);
  refuse({ tlbs: [{ entries: 4 }], background: { every: 0 } }, /^background\.every: must be a whole number from 1/);
  refuse({ tlbs: [{ entries: 4, sizes: ['2M'] }], pageSize: '2M', background: { every: 9 } }, /^background: pages of 2M are not promoted/);
  refuse({ tlbs: [{ entries: 4 }], background: { every: 9 } }, /no TLB of level 1 serves instructions of 2M/);
  refuse({ tlbs: [{ entries: 4 }], ideal: 1 }, /^ideal: must be true or false/);
  refuse({ tlbs: [{ entries: 4 }], prefetcher: 'all' }, /^prefetcher: must be one of next, stride, distance/);
  refuse({ tlbs: [{ entries: 4 }], costs: { fault: -1 } }, /^costs\.fault: must be a whole number from 0/);
  refuse({ tlbs: [{ entries: 4 }], costs: { faults: 1 } }, /there is no field 'faults'/);
  refuse({ tlbs: [{ entries: 4 }], entires: 4 }, /there is no field 'entires'/);
});

test.run();
