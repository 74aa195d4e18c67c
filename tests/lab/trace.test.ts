/** Traces: recorded, written, read again; damaged ones refused. */
import { readFileSync } from 'node:fs';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { COUNT_ACCESSES, COUNT_INSTRUCTIONS } from '../../assembly/shared/layout.js';
import * as T from '../../assembly/shared/trace.js';
import { loadCore } from '../../host/index-node.js';
import { systemConfig } from '../../host/lab/config.js';
import { importerOf } from '../../host/lab/imports.js';
import { isLackey, lackeyLine } from '../../host/lab/lackey.js';
import { Pass } from '../../host/lab/pass.js';
import { Recorder } from '../../host/lab/recorder.js';
import { RecordWriter } from '../../host/lab/records.js';
import { PATTERNS, SYNTHETIC_DEFAULTS, synthesize } from '../../host/lab/synthetic.js';
import { crc32, readTrace, seekTrace, TraceError, TraceWriter } from '../../host/lab/tracefile.js';
import { Machine } from '../../host/machine.js';
import { installFile, mountStandard } from '../../host/machine-setup.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { labModule, type Rec, randomRecords, wordsOf } from '../support/lab.js';
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

test('values of all sizes are read as they were written, and in no file that ends within one', () => {
  const random = new Random(17);
  const value = (): number => Math.floor(2 ** random.below(49) * (1 - random.below(1000) / 4000));
  const edges = [0, 2 ** 24 - 1, 2 ** 24, 2 ** 27, 2 ** 28, 2 ** 32 - 1, 2 ** 32, 2 ** 47, 2 ** 48 - 1];
  const values = [...edges.flatMap((a) => edges.flatMap((b) => [a, b])), ...Array.from({ length: 9000 }, value)];
  const passed = [0, 1, 14, 15, 16, 142, 143, 4095];
  const records = values.map((one, i): Rec => ({ passed: passed[i % 8], kind: 1 + (i % 3), value: Math.min(one, 2 ** 48 - 1) }));
  const words = wordsOf(records);
  assert.equal(readBack(written(words, false)), [...words]);
  // Whatever the last record is: its bytes are missing, the sum is right.
  for (let count = 20; count < 60; count++) assert.throws(() => readBack(shortened(words.slice(0, 2 * count))), /chunk 0 is damaged/);
});

/** A file whose only chunk lacks the last byte of its records, as no writer makes it. */
function shortened(words: Uint32Array): Uint8Array {
  const bytes = written(words, false);
  const at = 12 + new DataView(bytes.buffer).getUint32(8, true);
  const head = new DataView(bytes.buffer, at);
  const body = bytes.slice(at + 13, at + 13 + head.getUint32(0, true) - 1);
  head.setUint32(0, body.length, true);
  head.setUint32(8, crc32(body), true);
  return Uint8Array.from(Buffer.concat([bytes.subarray(0, at + 13), body, bytes.subarray(at + 13 + body.length + 1)]));
}

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

test("a file of a few bytes can't make a model run for years", () => {
  const passed = (value: number): Rec => ({ passed: 0, kind: T.RECORD_PASSED, value });
  const readWords = (records: readonly Rec[]): number[] => readBack(written(wordsOf(records), true));
  assert.is(readWords([passed(2 ** 20)]).length, 2);
  assert.throws(() => readWords([passed(2 ** 20 + 1)]), /chunk 0, record 0: 1048577 instructions passed, at most 1048576 are possible/);
  assert.throws(() => readWords([passed(2 ** 47)]), /at most 1048576/);
  // What is written is cut into chunks before it is too much; a chunk made by hand is refused.
  const much = Array.from({ length: 600 }, () => passed(2 ** 20));
  assert.is(readWords(much).length, 1200);
  assert.throws(() => readBack(oneChunk(much)), /chunk 0 tells of \d+ instructions/);
  const words: number[] = [];
  const writer = new RecordWriter((some, count) => words.push(...some.subarray(0, 2 * count)));
  for (let i = 0; i < 2 ** 21 + 5; i++) writer.fetch(4096);
  writer.end();
  assert.is(readBack(written(Uint32Array.from(words), false)).length, words.length);
});

test('a trace is read from the chunk on in which an instruction is', () => {
  const random = new Random(29);
  const records = Array.from({ length: 600_000 }, (): Rec => ({ passed: random.below(3), kind: 1, value: 4096 * random.below(1000) }));
  const bytes = written(wordsOf([{ passed: 0, kind: T.RECORD_SPACE, value: 5 }, ...records]), true);
  const read = (at: number, length: number): Uint8Array => bytes.slice(at, at + length);
  const passedIn = (words: readonly number[]): number => words.reduce((sum, word, i) => sum + (i % 2 === 1 ? word >>> 20 : 0), 0);
  const all = readBack(bytes);
  const total = passedIn(all);
  const chunks = new Set<number>();
  for (const instruction of [0, 1, total / 2, total - 1, total + 1000].map(Math.floor)) {
    const place = seekTrace(read, bytes.length, instruction);
    chunks.add(place.chunk);
    assert.ok(place.before <= instruction);
    const words: number[] = [];
    readTrace(read, inflate, (some, count) => some.subarray(0, 2 * count).forEach((word) => words.push(word)), place);
    assert.is(passedIn(words), total - place.before);
    // It tells the space that runs first.
    assert.equal(words.slice(0, 2), [5, T.RECORD_SPACE << 16]);
    assert.equal(words.slice(2), all.slice(all.length - words.length + 2));
  }
  assert.equal([...chunks], [0, 1, 2]);
  assert.throws(() => seekTrace(read, bytes.length - 1, 0), /has no index/);
  assert.throws(() => seekTrace(read, 5, 0), /has no index/);
  new DataView(bytes.buffer).setFloat64(bytes.length - 12 - 3 * 16, Number.NaN, true);
  assert.throws(() => seekTrace(read, bytes.length, 0), /its index is damaged/);
});

/** All records in one chunk, as no writer makes it. */
function oneChunk(records: readonly Rec[]): Uint8Array {
  const bytes = written(wordsOf(records.slice(0, 1)), false);
  const at = 12 + new DataView(bytes.buffer).getUint32(8, true);
  const head = new DataView(bytes.buffer, at);
  const body = bytes.slice(at + 13, at + 13 + head.getUint32(0, true));
  // The latest value again and again: a difference of 0.
  const all = new Uint8Array(body.length + 2 * (records.length - 1));
  all.set(body);
  for (let i = body.length; i < all.length; i += 2) all[i] = T.RECORD_PASSED;
  const made = new Uint8Array(13 + all.length);
  const view = new DataView(made.buffer);
  view.setUint32(0, all.length, true);
  view.setUint32(4, records.length, true);
  view.setUint32(8, crc32(all), true);
  made.set(all, 13);
  return Uint8Array.from(Buffer.concat([bytes.subarray(0, at), made, bytes.subarray(at + 13 + body.length)]));
}

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
  text.split('\n').forEach((line, i) => {
    lackeyLine(line, i + 1, writer);
  });
  writer.end();
  assert.equal(found, ['0 0 4001000', '1 1 1ffeffe7e', '0 2 4222cac', '1 1 421d000', '0 2 421d000', '0 1 ffc', '0 1 1003']);
  assert.throws(() => lackeyLine('I  zz,3', 1, writer), /line 1 is no access/);
  assert.throws(() => lackeyLine(' L ffffffffffff0000,8', 1, writer), /out of range/);
});

const recorded = (): { writer: RecordWriter; found: string[] } => {
  const found: string[] = [];
  const writer = new RecordWriter((words, count) => {
    for (let i = 0; i < count; i++) {
      const high = words[2 * i + 1];
      found.push(`${high >>> 20} ${(high >>> 16) & 15} ${(words[2 * i] + (high & 0xffff) * 2 ** 32).toString(16)}`);
    }
  });
  return { writer, found };
};

/** Pieces of all sizes must give the same. */
function imported(bytes: Uint8Array, piece: number): string[] {
  const { writer, found } = recorded();
  const importer = importerOf(bytes.subarray(0, 4096), writer);
  assert.ok(importer !== undefined);
  for (let at = 0; at < bytes.length; at += piece) importer.push(bytes.subarray(at, at + piece));
  importer.end();
  return found;
}

test('traces of ChampSim', () => {
  const bytes = new Uint8Array(3 * 64);
  const view = new DataView(bytes.buffer);
  const put = (at: number, value: number): void => view.setBigUint64(at, BigInt(value), true);
  put(0, 0x401000);
  put(32, 0x7fff_1234_5678);
  put(16, 0x601008);
  put(64, 0x401004);
  view.setUint8(64 + 8, 1);
  put(128, 0x402000);
  put(128 + 40, 0x601010);
  const expected = ['0 0 401000', '1 1 7fff12345678', '0 2 601008', '1 0 402000', '1 1 601010'];
  for (const piece of [1, 64, 100, 1000]) assert.equal(imported(bytes, piece), expected);
  assert.throws(() => imported(bytes.subarray(0, 130), 64), /cut off in entry 2: 2 bytes of 64/);
  put(64, 2 ** 53);
  assert.is(importerOf(bytes, recorded().writer), undefined);
});

test('traces of DynamoRIO drmemtrace', () => {
  const bytes = new Uint8Array(11 * 12);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const put = (type: number, size: number, address: number): void => {
    view.setUint16(at, type, true);
    view.setUint16(at + 2, size, true);
    view.setBigUint64(at + 4, BigInt(address), true);
    at += 12;
  };
  put(25, 0, 4); // header
  put(22, 0, 100); // thread
  put(24, 0, 99); // process
  put(28, 3, 2 ** 60); // a marker
  put(47, 4, 2 ** 60); // an encoding
  put(10, 4, 0x400ffc);
  put(0, 8, 0x601ffc); // a load across a page's border
  put(17, 2, 0x0604); // a bundle of instructions of 4 and 6 bytes
  put(48, 2, 0x401010);
  put(1, 4, 0x7000_0000_0000);
  put(26, 0, 0);
  const expected = ['0 3 1', '0 0 400ffc', '1 1 601ffc', '0 1 602003', '0 0 401000', '3 2 700000000000'];
  for (const piece of [1, 12, 100, 1000]) assert.equal(imported(bytes, piece), expected);
  assert.throws(() => imported(bytes.subarray(0, 35), 12), /cut off in entry 2: 11 bytes of 12/);
  view.setUint16(5 * 12, 30, true);
  assert.throws(() => imported(bytes, 64), /entry 5 is of type 30/);
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
