/** Traces: recorded, written, read again; damaged ones refused. */
import { readFileSync } from 'node:fs';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { COUNT_ACCESSES, COUNT_INSTRUCTIONS } from '../../assembly/shared/layout.js';
import * as T from '../../assembly/shared/trace.js';
import { loadCore } from '../../host/index-node.js';
import { systemConfig } from '../../host/lab/config.js';
import { isLackey, readLackey } from '../../host/lab/lackey.js';
import { Pass } from '../../host/lab/pass.js';
import { Recorder } from '../../host/lab/recorder.js';
import { RecordWriter } from '../../host/lab/records.js';
import { PATTERNS, SYNTHETIC_DEFAULTS, synthesize } from '../../host/lab/synthetic.js';
import { readTrace, TraceError, TraceWriter } from '../../host/lab/tracefile.js';
import { Machine } from '../../host/machine.js';
import { installFile, mountStandard } from '../../host/machine-setup.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { labModule, randomRecords, wordsOf } from '../support/lab.js';
import { Random } from '../support/random.js';

const inflate = (bytes: Uint8Array, most: number): Uint8Array => inflateRawSync(bytes, { maxOutputLength: most });

function written(words: Uint32Array, packed: boolean): Uint8Array {
  const parts: Uint8Array[] = [];
  const deflate = packed ? (bytes: Uint8Array): Uint8Array => deflateRawSync(bytes) : undefined;
  const writer = new TraceWriter({ tool: 'test', program: 'a b' }, (bytes) => parts.push(bytes), deflate);
  writer.take(words, words.length / 2);
  writer.end();
  return Uint8Array.from(Buffer.concat(parts));
}

function readBack(bytes: Uint8Array): number[] {
  const words: number[] = [];
  const header = readTrace(
    (at, length) => bytes.slice(at, at + length),
    inflate,
    (some, count) => {
      for (let i = 0; i < 2 * count; i++) words.push(some[i]);
    },
  );
  assert.is(header.program, 'a b');
  return words;
}

test('what is written is read again, packed or not', () => {
  const words = wordsOf(randomRecords(new Random(3), 3000));
  for (const packed of [false, true]) assert.equal(readBack(written(words, packed)), [...words]);
});

test('traces that were cut or damaged are refused, whatever the damage', () => {
  const words = wordsOf(randomRecords(new Random(4), 400));
  const bytes = written(words, false);
  // Behind the chunk: its end mark and an index of one chunk.
  const body = bytes.length - 32;
  for (const length of [0, 5, 11, 20, 40, body - 100, body - 1]) {
    assert.throws(
      () => readBack(bytes.slice(0, length)),
      (error: unknown) => error instanceof TraceError,
      `${length} bytes`,
    );
  }
  const random = new Random(5);
  const first = 12 + new DataView(bytes.buffer).getUint32(8, true) + 13;
  for (let round = 0; round < 300; round++) {
    const damaged = bytes.slice();
    damaged[first + random.below(body - first)] ^= 1 << random.below(8);
    assert.throws(() => readBack(damaged), /chunk 0 is damaged/);
  }
});

test('text of lackey', () => {
  const text = '==1== Lackey\nI  04001000,3\n L 1ffeffe7e,8\n S 04222cac,4\nI  04001003,5\n M 0421d000,8\n L 00000ffc,8\n';
  assert.ok(isLackey(text));
  const found: string[] = [];
  const writer = new RecordWriter((words, count) => {
    for (let i = 0; i < count; i++) {
      const high = words[2 * i + 1];
      found.push(`${high >>> 20} ${(high >>> 16) & 15} ${(words[2 * i] + (high & 0xffff) * 2 ** 32).toString(16)}`);
    }
  });
  readLackey(text.split('\n'), writer);
  assert.equal(found, ['0 0 4001000', '1 1 1ffeffe7e', '0 2 4222cac', '1 1 421d000', '0 2 421d000', '0 1 ffc', '0 1 1003']);
  assert.throws(() => readLackey(['I  zz,3'], writer), /line 1 is no access/);
  assert.throws(() => readLackey([' L ffffffffffff0000,8'], writer), /out of range/);
});

test('patterns are the same for the same seed, and stay within their bytes', () => {
  for (const pattern of PATTERNS) {
    const sums = [1, 1, 2].map((seed) => {
      let sum = 0;
      let made = 0;
      synthesize({ ...SYNTHETIC_DEFAULTS, pattern, bytes: 1 << 20, accesses: 50_000, seed }, (words, count) => {
        for (let i = 0; i < count; i++) {
          const address = words[2 * i] + (words[2 * i + 1] & 0xffff) * 2 ** 32;
          assert.ok(address >= 0x1000_0000 && address < 0x1000_0000 + (1 << 20), `${pattern}: ${address.toString(16)}`);
          sum = (sum * 31 + address) % 2 ** 40;
        }
        made += count;
      });
      assert.is(made, 50_000);
      return sum;
    });
    assert.is(sums[0], sums[1], pattern);
  }
});

test('a recorded program: as many events as the machine counts, the same measures while it runs and afterwards', async () => {
  const machine = await Machine.create({
    module: await loadCore(),
    root: (env) => new MemoryFileSystem(env, { name: 'rootfs' }),
    memoryBytes: 64 << 20,
    jit: false,
  });
  mountStandard(machine);
  installFile(machine, '/program', readFileSync('examples/bin/fork-cow.elf'));
  const main = machine.spawn({ path: '/program', argv: ['program'] });
  const systems = [
    systemConfig({ tlbs: [{ entries: 8 }] }),
    systemConfig({
      tlbs: [
        { serves: 'instructions', entries: 4 },
        { serves: 'data', entries: 4 },
      ],
    }),
  ];
  const live = new Pass(labModule(), systems);
  const words: number[] = [];
  const recorder = new Recorder(machine.core, (some, count) => {
    live.take(some, count);
    for (let i = 0; i < 2 * count; i++) words.push(some[i]);
  });
  const before = { instructions: machine.core.counter(COUNT_INSTRUCTIONS), accesses: machine.core.counter(COUNT_ACCESSES) };
  await machine.run(main);
  recorder.finish();
  const instructions = machine.core.counter(COUNT_INSTRUCTIONS) - before.instructions;
  const { loads, stores, fetches } = live.engine.measures()[0].accesses;
  assert.is(live.engine.instructions, instructions);
  assert.is(fetches, instructions);
  // Whoever crosses a page's border is two records; this program's accesses are aligned.
  assert.is(loads + stores, machine.core.counter(COUNT_ACCESSES) - before.accesses);
  const spaces = new Set<number>();
  for (let i = 1; i < words.length; i += 2) if (((words[i] >>> 16) & 15) === T.RECORD_SPACE) spaces.add(words[i - 1]);
  assert.is(spaces.size, 2);
  const later = new Pass(labModule(), systems);
  const back = readBack(written(Uint32Array.from(words), true));
  later.take(Uint32Array.from(back), back.length / 2);
  assert.equal(later.engine.measures(), live.engine.measures());
});

test.run();
