/** What a modelled walk reads is what the machine's own page tables have: entries for each page, and tables in all. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as T from '../../assembly/shared/trace.js';
import { viewSpace } from '../../host/debug/inspect/capture.js';
import { captureWalk } from '../../host/debug/inspect/walk.js';
import { loadCore } from '../../host/index-node.js';
import { systemConfig } from '../../host/lab/config.js';
import { Pass } from '../../host/lab/pass.js';
import { Recorder } from '../../host/lab/recorder.js';
import { Machine } from '../../host/machine.js';
import { installFile, mountStandard } from '../../host/machine-setup.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { labModule, wordsOf } from '../support/lab.js';

interface Walked {
  readonly pages: readonly number[];
  /** Entries that walks of all pages read, and tables that these are in. */
  readonly entries: number;
  readonly tables: number;
}

/** The pages that a program has accessed and still has when it exits, walked in the machine's own tables. */
async function walked(path: string): Promise<Walked> {
  const machine = await Machine.create({
    module: await loadCore(),
    root: (env) => new MemoryFileSystem(env, { name: 'rootfs' }),
    memoryBytes: 64 << 20,
    jit: false,
  });
  mountStandard(machine);
  installFile(machine, '/program', readFileSync(path));
  const main = machine.spawn({ path: '/program', argv: ['program'] });
  const accessed = new Set<number>();
  const recorder = new Recorder(machine.core, (words, count) => {
    for (let i = 0; i < count; i++) {
      const high = words[2 * i + 1];
      const kind = (high >>> 16) & T.RECORD_KIND_MASK;
      if (kind <= T.RECORD_STORE) accessed.add(Math.floor((words[2 * i] + (high & 0xffff) * 2 ** 32) / 4096));
    }
  });
  const ends: Walked[] = [];
  machine.kernel.observer = {
    onSyscallEnter: (t, { name }) => {
      if (name !== 'exit' && name !== 'exit_group') return;
      recorder.drain();
      const view = viewSpace(t.process);
      const walks = [...accessed].map((page) => captureWalk(view, '', page * 4096, undefined)).filter(({ frame }) => frame !== undefined);
      const levels = walks.flatMap((walk) => walk.levels);
      ends.push({
        pages: walks.map(({ address }) => address / 4096),
        entries: levels.length,
        tables: new Set(levels.map(({ table }) => table)).size,
      });
    },
    onSyscallExit: () => undefined,
    onSignal: () => undefined,
    onThreadExit: () => undefined,
    onProcessExit: () => undefined,
  };
  await machine.run(main);
  recorder.finish();
  assert.is(ends.length, 1);
  return ends[0];
}

for (const name of ['malloc', 'demand-paging', 'mremap', 'shared-file'])
  test(`${name}: a modelled walk of each page reads what one of the machine's tables does`, async () => {
    const { pages, entries, tables } = await walked(`examples/bin/${name}.elf`);
    assert.ok(pages.length >= 4, String(pages.length));
    const pass = new Pass(labModule(), [systemConfig({ tlbs: [{ entries: 1 }], format: 'sv39' })]);
    const records = pages.map((page) => ({ passed: 0, kind: T.RECORD_LOAD, value: page * 4096 }));
    pass.take(wordsOf(records), records.length);
    const { walks, references, tablePages } = pass.engine.measures()[0];
    assert.equal([walks.all, references, tablePages], [pages.length, entries, tables]);
  });

test.run();
