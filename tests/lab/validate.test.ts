/** The validating TLB: silent while every invalidation is there, and naming the one that is left out. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as T from '../../assembly/shared/trace.js';
import { loadCore } from '../../host/index-node.js';
import { systemConfig } from '../../host/lab/config.js';
import { Pass } from '../../host/lab/pass.js';
import { Recorder } from '../../host/lab/recorder.js';
import { NoEntriesError, StaleEntryError, Validator } from '../../host/lab/validator.js';
import { Machine } from '../../host/machine.js';
import { installFile, mountStandard } from '../../host/machine-setup.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { labModule, type Rec, wordsOf } from '../support/lab.js';
import { Workplace } from '../support/lab-command.js';

const place = new Workplace();
test.after(() => place.remove());

const system = systemConfig({
  name: 'checked',
  validate: true,
  tlbs: [
    { name: 'ITLB', serves: 'instructions', entries: 64 },
    { name: 'DTLB', serves: 'data', entries: 64 },
    { name: 'STLB', level: 2, serves: 'both', entries: 1024 },
  ],
});

/** Of the first stale translation, undefined: there is none. */
function stale(records: readonly Rec[]): StaleEntryError | undefined {
  const validator = new Validator(new Pass(labModule(), [system]));
  try {
    validator.take(wordsOf(records), records.length);
  } catch (error) {
    if (error instanceof StaleEntryError) return error;
    throw error;
  }
  return undefined;
}

async function recorded(file: string, args: readonly string[] = []): Promise<Rec[]> {
  const machine = await Machine.create({
    module: await loadCore(),
    root: (env) => new MemoryFileSystem(env, { name: 'rootfs' }),
    memoryBytes: 64 << 20,
    jit: false,
  });
  mountStandard(machine);
  installFile(machine, '/program', readFileSync(file));
  const main = machine.spawn({ path: '/program', argv: ['program', ...args] });
  const records: Rec[] = [];
  const take = (words: Uint32Array, count: number): void => {
    for (let i = 0; i < count; i++) {
      const high = words[2 * i + 1];
      records.push({ passed: high >>> 20, kind: (high >>> 16) & 15, value: words[2 * i] + (high & 0xffff) * 2 ** 32 });
    }
  };
  const recorder = new Recorder(machine.core, take, { entries: true });
  await machine.run(main);
  recorder.finish();
  return records;
}

const pageOf = (value: number): number => Math.floor(value / 4096);

/** Is the page of a drop accessed in its space again before anything else drops it, by an entry that has lost something? */
function matters(records: readonly Rec[], left: number): boolean {
  const entries = new Map<string, number>();
  let [space, other, entry] = [0, -1, -1];
  let of = '';
  const order = records[left].value % 16;
  const first = pageOf(records[left].value);
  const affected = new Map<string, number>();
  for (const [i, { kind, value }] of records.entries()) {
    if (kind === T.RECORD_SPACE) space = value;
    else if (kind === T.RECORD_OTHER) other = value;
    else if (kind === T.RECORD_ENTRY) entry = value;
    else if (kind === T.RECORD_FLUSH) {
      if (i > left) for (const key of [...affected.keys()]) if (value === 0 || key.startsWith(`${value - 1}:`)) affected.delete(key);
    } else if (kind === T.RECORD_DROP) {
      const where = other < 0 ? space : other;
      other = -1;
      const pages = Array.from({ length: 2 ** (value % 16) }, (_, n) => `${where}:${pageOf(value) + n}`);
      if (i === left) {
        of = `${where}:`;
        for (let page = first; page < first + 2 ** order; page++) {
          const known = entries.get(of + page);
          if (known !== undefined) affected.set(of + page, known);
        }
      } else if (i > left) for (const key of pages) affected.delete(key);
    } else if (kind === T.RECORD_CODE || kind === T.RECORD_LOAD || kind === T.RECORD_STORE) {
      const key = `${space}:${pageOf(value)}`;
      const now = entry < 0 ? entries.get(key) : entry;
      entry = -1;
      if (now === undefined) continue;
      entries.set(key, now);
      const before = affected.get(key);
      if (before === undefined) continue;
      affected.delete(key);
      if (Math.floor(before / 1024) !== Math.floor(now / 1024) || (before & ~now & 31) !== 0) return true;
    }
  }
  return false;
}

for (const [name, file, args] of [
  ['forks that copy', 'examples/lab/bin/storm.elf', []],
  ['protections changed', 'examples/bin/protect.elf', []],
  ['mappings moved', 'examples/bin/mremap.elf', []],
] as const) {
  test(`${name}: each invalidation that matters is missed when it is left out`, async () => {
    const records = await recorded(file, args);
    assert.is(stale(records), undefined, 'nothing is stale');
    const drops = records.flatMap(({ kind }, i) => (kind === T.RECORD_DROP ? [i] : []));
    const step = Math.max(1, Math.floor(drops.length / 12));
    let found = 0;
    for (const left of drops.filter((_, i) => i % step === 0)) {
      const without = records.filter((_, i) => i !== left && !(i === left - 1 && records[i].kind === T.RECORD_OTHER));
      const error = stale(without);
      assert.is(error !== undefined, matters(records, left), `record ${left}`);
      if (error === undefined) continue;
      found++;
      const order = records[left].value % 16;
      const page = pageOf(error.place.address);
      assert.ok(page >= pageOf(records[left].value) && page < pageOf(records[left].value) + 2 ** order, error.message);
      assert.match(error.message, `missing: an invalidation of that page (sfence.vma 0x${error.place.address.toString(16)}, `);
      assert.match(error.message, /stale translation in checked, (DTLB|ITLB|STLB)/);
    }
    if (file.includes('storm')) assert.ok(found >= 3, `${found} of ${drops.length}`);
  });
}

test('what an entry gains needs no invalidation, what it loses does', () => {
  const R = 0x53;
  const entry = (value: number): Rec => ({ passed: 0, kind: T.RECORD_ENTRY, value });
  const access = (kind: number): Rec => ({ passed: 1, kind, value: 0x5000 });
  const drop = { passed: 0, kind: T.RECORD_DROP, value: 0x5000 };
  const from = (before: number, now: number, ...between: Rec[]): string | undefined =>
    stale([entry(before), access(T.RECORD_LOAD), ...between, entry(now), access(T.RECORD_STORE)])?.message;
  assert.is(from(0x400 + R, 0x400 + R + 0x84), undefined);
  assert.match(from(0x400 + R + 4, 0x400 + R) ?? '', 'DTLB and STLB: page 0x5000');
  assert.match(from(0x400 + R + 4, 0x400 + R) ?? '', 'held: frame 0x1 rw-; the page tables say: frame 0x1 r--');
  assert.match(from(0x400 + R, 0x800 + R) ?? '', 'the page tables say: frame 0x2');
  assert.is(from(0x400 + R, 0x800 + R, drop), undefined);
  assert.match(from(0x400 + R, 0x800 + R, { ...drop, value: 0x6000 }) ?? '', 'stale');
  // Another space's drop helps nothing, its own entry is another one.
  assert.match(from(0x400 + R, 0x800 + R, { passed: 0, kind: T.RECORD_OTHER, value: 7 }, drop) ?? '', 'stale');
  assert.is(from(0x400 + R, 0x800 + R, { ...drop, value: T.DROP_ORDER_2M }), undefined);
  assert.throws(
    () => new Validator(new Pass(labModule(), [system])).take(wordsOf([access(T.RECORD_LOAD)]), 1),
    (error: unknown) => error instanceof NoEntriesError,
  );
});

test('from the command line: run, record with entries, replay; a trace without them is refused', () => {
  const config = place.write('v.json', JSON.stringify(system));
  assert.match(place.must('run', '--config', config, `${process.cwd()}/examples/lab/bin/storm.elf`).stderr, /^checked$/m);
  place.must('record', '--entries', '-o', 'with.trace', `${process.cwd()}/examples/lab/bin/storm.elf`);
  place.must('record', '-o', 'without.trace', `${process.cwd()}/examples/lab/bin/storm.elf`);
  place.must('replay', '--machine', 'skylake', '--vary', 'validate=true', 'with.trace');
  const refused = place.lab('replay', '--config', config, 'without.trace');
  assert.is(refused.status, 1);
  assert.match(refused.stderr, 'it tells no page-table entries to validate by: record it with --entries');
  // The counts are those of the program that is not watched.
  place.must('replay', '--machine', 'skylake', '--json', 'a.json', 'with.trace');
  place.must('replay', '--machine', 'skylake', '--json', 'b.json', 'without.trace');
  place.must('compare', '--exact', 'a.json', 'b.json');
});

test.run();
