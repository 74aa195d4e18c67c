/**
 * What docs/durability.md promises, when the power goes at every moment: random programs on a memory file system with a medium and on a
 * folder of the host; a crash after every call that the medium got; a new file system over what is left. And media that refuse.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EIO, ENOSPC } from '../../assembly/shared/errno.js';
import { SysError } from '../../host/linux/error.js';
import { NodeFileSystem } from '../../host/vfs/backends/node.js';
import type { VfsEnvironment } from '../../host/vfs/environment.js';
import { PagedInode } from '../../host/vfs/pagedinode.js';
import type { FileSystem } from '../../host/vfs/types.js';
import { find, newEnvironment, readAll, withFolder } from '../support/backends.js';
import { materialize, recordHost } from '../support/hostmedium.js';
import { crash, type Image, Medium, type MediumOp } from '../support/medium.js';
import { MediumFileSystem } from '../support/mediumfs.js';
import { fuzzRounds, fuzzSeed, Random } from '../support/random.js';
import { contractAt, Scenario, type Step } from '../support/scenario.js';
import { Tree } from '../support/tree.js';

const STEPS = 40;

interface Run {
  readonly steps: readonly Step[];
  readonly ops: readonly MediumOp[];
  /** Calls before the scenario began. */
  readonly before: number;
}

/** A random program on a fresh file system. */
function play(env: VfsEnvironment, fs: FileSystem, medium: Medium, seed: number, refuse?: Medium['refuse']): Run {
  const tree = Tree.over(env, fs);
  tree.mkdir('/d');
  tree.namespace.sync();
  const before = medium.ops.length;
  medium.refuse = refuse;
  const scenario = new Scenario(tree, medium, new Random(seed));
  const steps = scenario.run(STEPS);
  medium.refuse = undefined;
  scenario.close();
  return { steps, ops: medium.ops, before };
}

function playInMemory(env: VfsEnvironment, seed: number, lies: Medium['lies'] = new Set()): Run {
  const medium = new Medium();
  const fs = new MediumFileSystem(env, medium);
  for (const lie of lies) medium.lies.add(lie);
  return play(env, fs, medium, seed);
}

function playOnHost(env: VfsEnvironment, seed: number, refuse?: Medium['refuse']): Run {
  return withFolder((folder) => {
    const medium = new Medium();
    const stop = recordHost(folder, medium);
    try {
      const fs = new NodeFileSystem(env, folder, { readOnly: false });
      const run = play(env, fs, medium, seed, refuse);
      fs.close();
      return run;
    } finally {
      stop();
    }
  });
}

type Reboot = (image: Image) => FileSystem;

/** The power goes after each call: what is wrong then; undefined: the promise holds everywhere. */
function firstViolation(env: VfsEnvironment, { steps, ops, before }: Run, seed: number, reboot: Reboot): string | undefined {
  for (let told = before; told <= ops.length; told++) {
    const random = new Random(seed * 1000 + told);
    const fs = reboot(crash(ops.slice(0, told), random));
    const contract = contractAt(steps, told);
    for (const name of contract.names) {
      const inode = find(fs, name);
      const reason = contract.refusal(name, inode === undefined ? undefined : readAll(env, inode));
      if (reason !== undefined) return `seed ${seed}, power cut after ${told} of ${ops.length} calls: ${reason}`;
    }
    schedules++;
  }
  return undefined;
}

let schedules = 0;

function rebootInMemory(env: VfsEnvironment): Reboot {
  return (image) => new MediumFileSystem(env, new Medium(), image);
}

const SEED = fuzzSeed(20_261_128);

test('memory with a medium: the power goes after every call', async () => {
  schedules = 0;
  for (let round = 0; round < fuzzRounds(24); round++) {
    const env = await newEnvironment();
    assert.is(firstViolation(env, playInMemory(env, SEED + round), SEED + round, rebootInMemory(env)), undefined);
  }
  if (process.env.PAGEWALK_ROUNDS === undefined) assert.ok(schedules >= 1000, `${schedules} schedules`);
});

test('a folder of the host: the power goes after every call', async () => {
  schedules = 0;
  const folder = mkdtempSync(join(tmpdir(), 'pagewalk-test-'));
  try {
    for (let round = 0; round < fuzzRounds(25); round++) {
      const env = await newEnvironment();
      let number = 0;
      const open: NodeFileSystem[] = [];
      const reboot: Reboot = (image) => {
        open.pop()?.close();
        const root = join(folder, `${round}-${number++}`);
        mkdirSync(root);
        materialize(root, image);
        open.push(new NodeFileSystem(env, root, { readOnly: true }));
        return open[0];
      };
      assert.is(firstViolation(env, playOnHost(env, SEED + round), SEED + round, reboot), undefined);
      open.pop()?.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (process.env.PAGEWALK_ROUNDS === undefined) assert.ok(schedules >= 1000, `${schedules} schedules`);
});

/** A mistake that these tests are there to find. */
interface Mutant {
  readonly name: string;
  readonly lies?: Medium['lies'];
  /** Breaks the code; the result mends it. */
  readonly break?: () => () => void;
}

/** Replaces a method of every paged inode until the result is called. */
function replaced<K extends 'sync' | 'writeBack'>(method: K, by: (old: PagedInode[K]) => PagedInode[K]): () => void {
  const old = PagedInode.prototype[method];
  PagedInode.prototype[method] = by(old);
  return () => {
    PagedInode.prototype[method] = old;
  };
}

const MUTANTS: readonly Mutant[] = [
  { name: 'the medium does not do what sync asks', lies: new Set(['sync'] as const) },
  { name: 'names are not made safe', lies: new Set(['syncEntries'] as const) },
  { name: 'a change of length is lost', lies: new Set(['resize'] as const) },
  {
    name: 'msync and fsync write nothing back',
    break: () =>
      replaced(
        'sync',
        () =>
          function (this: PagedInode, dataOnly): void {
            (this as unknown as { backing: { sync(dataOnly: boolean): void } }).backing.sync(dataOnly);
          },
      ),
  },
  {
    name: 'msync and fsync do not wait for the medium',
    break: () =>
      replaced(
        'sync',
        () =>
          function (this: PagedInode, _dataOnly, first, end): void {
            this.writeBack(first, end);
          },
      ),
  },
  {
    name: 'the last page of a range is forgotten',
    break: () =>
      replaced(
        'writeBack',
        (old) =>
          function (this: PagedInode, first = 0, end = 4) {
            return old.call(this, first, Math.min(end, 4) - 1);
          },
      ),
  },
];

for (const { name, lies, break: breakIt } of MUTANTS) {
  test(`these tests find a mistake: ${name}`, async () => {
    const mend = breakIt?.();
    try {
      for (let round = 0; round < 40; round++) {
        const env = await newEnvironment();
        if (firstViolation(env, playInMemory(env, SEED + round, lies), SEED + round, rebootInMemory(env)) !== undefined) return;
      }
    } finally {
      mend?.();
    }
    assert.unreachable('nothing was found');
  });
}

const REFUSALS = [EIO, ENOSPC];

test('a medium that refuses a call, each in turn: errors, never a crash or a hang', async () => {
  for (let round = 0; round < 3; round++) {
    const seed = SEED + round;
    const calls = await countCalls(seed);
    for (let refused = 0; refused < calls; refused++) {
      const env = await newEnvironment(1024);
      const medium = new Medium();
      const { steps } = play(env, new MediumFileSystem(env, medium), medium, seed, (_call, number) => {
        if (number === refused) throw new SysError(REFUSALS[refused % 2]);
      });
      const told = steps.filter(({ errno }) => errno !== 0);
      assert.ok(
        told.every(({ errno }) => REFUSALS.includes(errno)),
        'only what the medium said',
      );
    }
  }
});

async function countCalls(seed: number): Promise<number> {
  const medium = new Medium();
  const env = await newEnvironment(1024);
  play(env, new MediumFileSystem(env, medium), medium, seed);
  return medium.calls;
}

test('a host that refuses from some call on', async () => {
  for (const from of [0, 3, 10, 30]) {
    const env = await newEnvironment(1024);
    const { steps } = playOnHost(env, SEED, (_call, number) => {
      if (number >= from) throw new Error('EIO');
    });
    const syncs = steps.filter(({ action }) => action.kind === 'fsync');
    assert.ok(
      steps.every(({ errno }) => errno === 0 || errno === EIO),
      'EIO only',
    );
    assert.ok(from > 0 || syncs.every(({ errno }) => errno !== 0) || syncs.length === 0);
  }
});

test.run();
