/** Programs that keep data safe by themselves, and the power that goes in the middle: a journal with a mapped table, SQLite, LMDB. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadCore } from '../../host/index-node.js';
import { Machine } from '../../host/machine.js';
import { installFile, mountAt, mountStandard } from '../../host/machine-setup.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { NodeFileSystem } from '../../host/vfs/backends/node.js';
import type { VfsEnvironment } from '../../host/vfs/environment.js';
import type { FileSystem } from '../../host/vfs/types.js';
import { compileDynamic, compileGuest, GCC, runMachine, runOurs } from '../support/guest.js';
import { testJit } from '../support/jit.js';
import { crash, Medium } from '../support/medium.js';
import { MediumFileSystem } from '../support/mediumfs.js';
import { Random } from '../support/random.js';
import { testWith } from '../support/tools.js';
import { USERLAND_NEEDS, USERLAND_ROOT } from '../support/userland.js';

const SEED = 7;

/** Runs a command with a file system at /work (or wherever it is): its output, piece by piece. */
type Runner = (
  args: readonly string[],
  input: string,
  work: (env: VfsEnvironment) => FileSystem,
  output?: (text: string) => void,
) => Promise<string>;

/** How many calls the medium had got when a transaction was told to be safe. */
interface Commit {
  readonly told: number;
  readonly number: number;
}

interface Plan {
  readonly run: Runner;
  readonly write: { readonly args: readonly string[]; readonly input: string };
  readonly recover: { readonly args: readonly string[]; readonly input: string };
  /** What recovery says of a whole database: the number of the last transaction. undefined: it is broken. */
  readonly last: (output: string) => number | undefined;
  readonly cuts: number;
}

async function cutThePower({ run, write, recover, last, cuts }: Plan): Promise<void> {
  const medium = new Medium();
  const commits: Commit[] = [];
  const output = (text: string): void => {
    for (const [, number] of text.matchAll(/commit (\d+)/g)) commits.push({ told: medium.ops.length, number: Number(number) });
  };
  await run(write.args, write.input, (env) => new MediumFileSystem(env, medium), output);
  assert.ok(commits.length > 5, `${commits.length} transactions`);
  const random = new Random(SEED);
  for (let cut = 0; cut < cuts; cut++) {
    const told = Math.round((medium.ops.length * (cut + 1)) / (cuts + 1)) + random.below(3);
    const safe = commits.findLast((commit) => commit.told <= told)?.number ?? 0;
    const image = crash(medium.ops.slice(0, told), random);
    const found = await run(recover.args, recover.input, (env) => new MediumFileSystem(env, new Medium(), image));
    const reached = last(found);
    assert.ok(reached !== undefined && reached >= safe, `power cut after ${told} of ${medium.ops.length}: ${safe} were safe; ${found}`);
  }
}

testWith(test, [GCC], 'a journal and a mapped table', async () => {
  const program = compileGuest('tests/guest/journal.c');
  await cutThePower({
    run: async (args, _input, work, output) => (await runOurs(program, args, { work, heard: output })).stdout,
    write: { args: ['run', '30'], input: '' },
    recover: { args: ['recover'], input: '' },
    last: (output) => (output.endsWith(' whole\n') ? Number(/last (\d+)/.exec(output)?.[1]) : undefined),
    cuts: 24,
  });
});

/** Debian's own programs, in a root folder that nobody changes. */
const debian = async (...[args, input, work, output, program]: [...Parameters<Runner>, program?: Uint8Array]): Promise<string> => {
  const machine = await Machine.create({
    module: await loadCore(),
    root: (env) => new NodeFileSystem(env, USERLAND_ROOT),
    jit: testJit(),
    timeoutMs: 120_000,
  });
  mountStandard(machine);
  if (program !== undefined) {
    mountAt(machine, '/tmp', new MemoryFileSystem(machine.env));
    installFile(machine, '/tmp/program', program);
  }
  return (await runMachine(machine, { path: args[0], argv: args, cwd: '/opt' }, { input, heard: output, work })).stdout;
};

const TRANSACTIONS = 12;

const TABLE = 't (n integer, b blob);';
const RECOVERY = `pragma integrity_check;
  create table if not exists ${TABLE}
  select 'last ' || coalesce(max(n), 0) || ' of ' || count(*) from t;`;

/** What SQLite calls durable: with a journal that is removed, only `extra` makes the removal safe. */
const SQLITE_MODES = [
  ['delete', 'extra'],
  ['wal', 'full'],
];

for (const [mode, synchronous] of SQLITE_MODES) {
  testWith(test, USERLAND_NEEDS, `SQLite, journal_mode=${mode}`, async () => {
    const rows = Array.from({ length: TRANSACTIONS }, (_, i) => {
      return `insert into t values (${i + 1}, randomblob(1500)); select 'commit ' || max(n) from t;`;
    });
    await cutThePower({
      run: debian,
      write: {
        args: ['/usr/bin/sqlite3', '-batch', 'db'],
        input: [`pragma journal_mode=${mode}; pragma synchronous=${synchronous}; create table ${TABLE}`, ...rows].join('\n'),
      },
      recover: {
        args: ['/usr/bin/sqlite3', '-batch', 'db'],
        input: RECOVERY,
      },
      last: (found) => {
        const [, last, count] = /^ok\nlast (\d+) of (\d+)\n$/.exec(found) ?? [];
        return last !== undefined && last === count ? Number(last) : undefined;
      },
      cuts: 6,
    });
  });
}

/** LMDB writes with pwrite and fdatasync, or (MDB_WRITEMAP) by stores and msync. */
const LMDB_MODES = { 'pwrite and fdatasync': '0', 'a writable mapping': '0x80000' };
const LMDB_NEEDS = [...USERLAND_NEEDS, GCC, `${USERLAND_ROOT}/usr/lib/riscv64-linux-gnu/liblmdb.so.0`];

for (const [mode, flags] of Object.entries(LMDB_MODES)) {
  testWith(test, LMDB_NEEDS, `LMDB, ${mode}`, async () => {
    const program = readFileSync(compileDynamic('tests/guest/lmdb.c'));
    await cutThePower({
      run: (args, input, work, output) => debian(args, input, work, output, program),
      write: { args: ['/tmp/program', 'db', 'write', '20', flags], input: '' },
      recover: { args: ['/tmp/program', 'db', 'check', flags], input: '' },
      last: (found) => {
        const [, last] = /^last (\d+) whole\n$/.exec(found) ?? [];
        return last === undefined ? undefined : Number(last);
      },
      cuts: 20,
    });
  });
}

test.run();
