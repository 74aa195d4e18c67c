/** Snapshots that were made up to do harm: refused, or run within their limits, or they break their own machine; nothing else. */
import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Machine, SnapshotImage } from '../../host/index-node.js';
import { ByteReader, ByteWriter } from '../../host/snapshot/bytes.js';
import { pack } from '../../host/snapshot/format.js';
import { RESTLESS } from '../support/assembled.js';
import { fuzzSeed, Random } from '../support/random.js';

/** A hang of a thread is its end after this. */
const SILENCE_MS = 15_000;

/** What each came to, in threads that are ended when they say nothing for long. */
async function all(snapshots: readonly Uint8Array[]): Promise<string[]> {
  const ends: string[] = [];
  while (ends.length < snapshots.length) {
    const rest = snapshots.slice(ends.length);
    await new Promise<void>((done) => {
      const worker = new Worker(new URL('../support/hostile-run.mjs', import.meta.url), { workerData: rest, execArgv: [] });
      let timer: NodeJS.Timeout | undefined;
      const silent = (): void => {
        ends.push('hung');
        void worker.terminate();
      };
      const alive = (): void => {
        clearTimeout(timer);
        timer = setTimeout(silent, SILENCE_MS);
      };
      alive();
      worker.on('message', ({ end }: { end?: string }) => {
        alive();
        if (end !== undefined) ends.push(end);
      });
      worker.on('error', (error) => ends.push(`crashed ${String(error)}`));
      worker.on('exit', () => {
        clearTimeout(timer);
        done();
      });
    });
  }
  return ends;
}

async function saved(): Promise<SnapshotImage> {
  const machine = await Machine.create({ memory: '32M', deterministic: true, files: { '/restless': RESTLESS } });
  await machine.pause();
  await machine.spawn('/restless', [], { stdout: 'ignore' });
  await machine.step(30_000);
  const image = await SnapshotImage.open(await machine.snapshot());
  await machine.close();
  return image;
}

const ROUNDS = 40;

for (const part of ['graph', 'core'] as const) {
  test(`bits of the ${part} flipped, and run`, async () => {
    const image = await saved();
    const random = new Random(fuzzSeed(17));
    const made: Uint8Array[] = [];
    for (let n = 0; n < ROUNDS; n++) {
      const copy = image[part].slice();
      for (let flips = random.below(4) + 1; flips > 0; flips--) copy[random.below(Math.min(copy.length, 40_000))] ^= 1 << random.below(8);
      made.push(await pack(image.settings, { ...image, [part]: copy }, false));
    }
    const ends = await all(made);
    const count = (kind: string): number => ends.filter((end) => end === kind).length;
    console.log(`${part}: ${count('refused')} refused, ${count('ran')} ran, ${count('broke')} broke, ${count('hung')} hung`);
    assert.equal(
      ends.filter((end) => !['refused', 'ran', 'broke', 'hung'].includes(end)),
      [],
    );
    assert.ok(count('ran') > 0);
  });
}

interface Change {
  readonly wasmPages?: number;
  readonly twice?: boolean;
  readonly beyond?: boolean;
}

/** The core's part, with another number of pages of linear memory, or other pages. */
function remade(core: Uint8Array, change: Change): Uint8Array {
  const input = new ByteReader(core);
  const out = new ByteWriter();
  const globals = input.amount();
  out.count(globals);
  for (let n = 0; n < globals; n++) {
    const big = input.u8();
    out.u8(big);
    if (big === 1) out.text(input.text());
    else out.u32(input.u32());
  }
  out.count(change.wasmPages ?? input.count());
  if (change.wasmPages !== undefined) input.count();
  const count = input.amount();
  out.count(count);
  for (let n = 0; n < count; n++) {
    const step = input.count();
    out.count(n === 1 && change.twice === true ? 0 : n === count - 1 && change.beyond === true ? 2 ** 21 : step);
  }
  out.raw(input.raw(input.left));
  return out.bytes;
}

test('memory that is larger than it says, pages twice or outside, more than the embedder allows', async () => {
  const image = await saved();
  const message = async (core: Uint8Array, settings: object = {}, options = {}): Promise<string> => {
    const bytes = await pack({ ...(image.settings as object), ...settings }, { graph: image.graph, core });
    return Machine.restore(bytes, { paused: true, ...options }).then(
      async (machine) => {
        await machine.close();
        return 'restored';
      },
      (error: Error) => error.message,
    );
  };
  assert.is(await message(image.core), 'restored');
  assert.match(await message(remade(image.core, { wasmPages: 65537 })), /outside the memory/);
  assert.match(await message(remade(image.core, { wasmPages: 100 })), /outside the memory/);
  assert.match(await message(remade(image.core, { twice: true })), /a page is there twice/);
  assert.match(await message(remade(image.core, { beyond: true })), /outside the memory/);
  assert.match(await message(image.core, { memory: 64 << 20 }), /its memory is not as large as it says/);
  assert.match(await message(image.core, {}, { memory: '16M' }), /with 33554432 bytes of memory, more than 16M/);
  assert.is(await message(image.core, {}, { memory: '32M' }), 'restored');
});

test('the limits of who restores count, not those that are saved', async () => {
  const image = await saved();
  const bytes = await pack({ ...(image.settings as object), limits: {} }, image);
  const machine = await Machine.restore(bytes, { limits: { instructions: 1000 } });
  const process = machine.process(machine.pids[0]);
  assert.is((await process?.exited)?.reason, 'fuel');
  await machine.close();
});

test.run();
