/** A machine saved in mid-run and made again goes on as if nothing had happened. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Machine, type MachineOptions, overlay, SnapshotError, SnapshotImage, tar } from '../../host/index-node.js';
import { classes } from '../../host/snapshot/classes.js';
import { pack } from '../../host/snapshot/format.js';
import { RESTLESS } from '../support/assembled.js';
import { fuzzSeed, Random } from '../support/random.js';
import { makeTar } from '../support/tar.js';

const OPTIONS: MachineOptions = { memory: '32M', deterministic: true, files: { '/restless': RESTLESS } };

/** A machine at a position, and what it has written since. */
async function at(position: number): Promise<{ machine: Machine; output: string[] }> {
  const machine = await Machine.create(OPTIONS);
  await machine.pause();
  const output: string[] = [];
  await machine.spawn('/restless', [], { stdout: (bytes) => output.push(Buffer.from(bytes).toString('hex')) });
  await machine.step(position);
  output.length = 0;
  return { machine, output };
}

const MORE = 5000;

/** The states now and MORE later, the last position, and all that is written. */
async function goOn(machine: Machine, output: readonly string[]): Promise<object> {
  const states = [machine.stateHash()];
  await machine.step(MORE);
  states.push(machine.stateHash());
  while (await machine.step(1e6));
  const { position } = machine;
  await machine.close();
  return { states, position, output: output.join('') };
}

test('a machine that was saved goes on alike in another process', async () => {
  const { machine, output } = await at(40_000);
  const folder = mkdtempSync(join(tmpdir(), 'pagewalk-test-'));
  const file = join(folder, 'saved');
  writeFileSync(file, await machine.snapshot());
  const expected = await goOn(machine, output);
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'tests/support/restore.ts', file, String(MORE)], {
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  assert.equal(stderr, '');
  assert.equal(JSON.parse(stdout), expected);
});

test('wherever it is saved, and saved again', async () => {
  const random = new Random(fuzzSeed(7));
  const whole = await at(0);
  while (await whole.machine.step(1e6));
  const end = whole.machine.position;
  const text = whole.output.join('');
  await whole.machine.close();
  for (let round = 0; round < 2; round++) {
    const cuts = Array.from({ length: 3 }, () => random.below(end)).sort((a, b) => a - b);
    const plain = await at(0);
    let { machine, output } = await at(0);
    for (const cut of cuts) {
      await plain.machine.step(cut - plain.machine.position);
      await machine.step(cut - machine.position);
      const bytes = await machine.snapshot();
      await machine.close();
      const sink = output;
      const stdout = (chunk: Uint8Array): unknown => sink.push(Buffer.from(chunk).toString('hex'));
      machine = await Machine.restore(bytes, { paused: true, stdio: () => ({ stdout }) });
      output = sink;
      assert.is(machine.position, cut);
      assert.is(machine.stateHash(), plain.machine.stateHash(), `the state at ${cut} of ${cuts}`);
    }
    while (await machine.step(1e6));
    assert.is(machine.position, end, `where it ends, saved at ${cuts}`);
    assert.is(output.join(''), text, `what it writes, saved at ${cuts}`);
    await machine.close();
    await plain.machine.close();
  }
});

/** What restoring comes to: it takes it, or says that it is damaged. Nothing else may come. */
async function outcome(bytes: Uint8Array): Promise<'taken' | 'refused'> {
  try {
    const machine = await Machine.restore(bytes, { paused: true });
    await machine.close().catch(() => undefined);
    return 'taken';
  } catch (error) {
    assert.instance(error, SnapshotError, String(error));
    return 'refused';
  }
}

test('what is damaged, foreign or of another version is refused in a sentence', async () => {
  const { machine } = await at(30_000);
  const bytes = await machine.snapshot();
  await machine.close();
  const random = new Random(fuzzSeed(11));
  for (let n = 0; n < 30; n++) {
    const copy = bytes.slice();
    copy[random.below(copy.length)] ^= 1 << random.below(8);
    // Of the gzip header some bits say nothing.
    if ((await outcome(copy)) === 'taken') assert.ok(copy.subarray(36, 46).some((byte, i) => byte !== bytes[36 + i]));
  }
  for (const length of [0, 7, 8, 35, 36, 100, bytes.length - 1]) assert.is(await outcome(bytes.subarray(0, length)), 'refused');
  assert.is(await outcome(random.bytes(4000)), 'refused');
  const newer = bytes.slice();
  newer[8]++;
  const message = await Machine.restore(newer).catch((error: Error) => error.message);
  assert.match(String(message), /format 2.*restores format 1/);
});

test('what only looks whole is taken or refused, and reaches nothing', async () => {
  const { machine } = await at(30_000);
  const saved = await SnapshotImage.open(await machine.snapshot());
  await machine.close();
  const random = new Random(fuzzSeed(13));
  for (let n = 0; n < 30; n++) {
    const part = random.pick(['graph', 'graph', 'graph', 'core'] as const);
    const copy = saved[part].slice();
    for (let flips = random.below(4) + 1; flips > 0; flips--) copy[random.below(Math.min(copy.length, 20_000))] ^= 1 << random.below(8);
    await outcome(await pack(saved.settings, { ...saved, [part]: copy }, false));
  }
});

test('many machines from one image, and what is different from it', async () => {
  const { machine } = await at(20_000);
  const image = await SnapshotImage.open(await machine.snapshot({ packed: false }));
  await machine.step(MORE);
  const state = machine.stateHash();
  const whole = await machine.snapshot();
  const change = await machine.snapshot({ base: image });
  await machine.close();
  assert.ok(change.length < whole.length, `${change.length} of ${whole.length} bytes`);
  const machines = await Promise.all(
    [image, image, change, whole].map((from) => Machine.restore(from, { paused: true, ...(from === change ? { base: image } : {}) })),
  );
  await machines[0].step(MORE);
  await machines[1].step(MORE - 1);
  assert.equal(
    machines.map((one) => one.stateHash() === state),
    [true, false, true, true],
  );
  for (const one of machines) await one.close();
  const message = (source: Uint8Array, base?: SnapshotImage): Promise<string> =>
    Machine.restore(source, { base }).then(
      () => 'restored',
      (error: Error) => error.message,
    );
  assert.match(await message(change), /what is different from another, [0-9a-f]{16}: that is to be given as its base/);
  assert.match(await message(whole, image), /the snapshot is whole/);
});

test('what a snapshot needs and is not given is named', async () => {
  const archive = makeTar([{ name: 'bin/restless', data: RESTLESS, mode: 0o755 }]);
  const machine = await Machine.create({ ...OPTIONS, files: {}, root: overlay(tar(archive)) });
  await machine.pause();
  await machine.spawn('/bin/restless', [], { stdout: 'ignore' });
  await machine.step(20_000);
  const state = machine.stateHash();
  const bytes = await machine.snapshot();
  await machine.close();
  const again = await Machine.restore(bytes, { paused: true, root: overlay(tar(archive)) });
  assert.is(again.stateHash(), state);
  await again.close();
  const message = await Machine.restore(bytes).catch((error: Error) => error.message);
  assert.match(String(message), /needs an archive of \d+ bytes at \/: it is to be given as root or mount/);
});

/** Classes whose objects are never part of a machine at rest, or are made again. */
const NEVER_SAVED = new Set(
  `KernelProcSource ProcessView FaultLog GuestCallError HandlerWait GuestCalls Walk HostBuffer UserBuffer ControlWriter Cursor Dispatcher
  UserfaultWait Suspend VdsoClock Framebuffer DeviceMemory FrameInode CallbackInode BlockPages BlockInode BlockFile
  TaskEntries TaskList TaskView RootEntries FixedEntries SpaceSizes Usage Survey SysFileSystem ProcFileSystem
  TarFileSystem TarError TarWarnings TarInode TarSymlink TarDirectory TarFile TarPages PaxValues PiecesSource RangeSource
  HostFiles HostPages HostPlace NodeFileSystem NodeFile NodeDirectory NodeSymlink NodeSpecial NodeSwap DescriptorAnchor PathAnchor
  PromisesFileSystem PromisesFile PromisesDirectory PromisesSymlink PromisesPages Place Request RequestQueue Answers SyncPoint`.split(
    /\s+/,
  ),
);

test('every class of kernel and file systems is registered, or known not to be saved', () => {
  const registered = new Set([...classes.values()].map(({ name }) => name));
  const missing: string[] = [];
  for (const folder of ['host/kernel', 'host/vfs', 'host/syscalls']) {
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      for (const [, name] of readFileSync(join(folder, file), 'utf8').matchAll(/^(?:export )?class (\w+)/gm)) {
        if (!registered.has(name) && !NEVER_SAVED.has(name)) missing.push(`${folder}/${file}: ${name}`);
      }
    }
  }
  assert.equal(missing, []);
});

test.run();
