/** What inspect sees beside what the core itself counts, and what it forecasts beside what then happens. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as X from '../../assembly/shared/exit.js';
import * as L from '../../assembly/shared/layout.js';
import * as S from '../../assembly/shared/stat.js';
import { viewSpace } from '../../host/debug/inspect/capture.js';
import { tally } from '../../host/debug/inspect/pages.js';
import { parsePoint } from '../../host/debug/inspect/point.js';
import type { ProcessSnapshot, Snapshot } from '../../host/debug/inspect/snapshot.js';
import { PointReached, Stopper } from '../../host/debug/inspect/stop.js';
import { captureWalk } from '../../host/debug/inspect/walk.js';
import { loadCore } from '../../host/index-node.js';
import type { Process } from '../../host/kernel/process.js';
import { Machine } from '../../host/machine.js';
import { installFile, mountStandard } from '../../host/machine-setup.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';

/** Stops an example at its end and leaves the machine as it is then. */
async function stopped(name: string, at = 'syscall:exit'): Promise<{ machine: Machine; snapshot: Snapshot; space: number; main: Process }> {
  const machine = await Machine.create({ module: await loadCore(), root: (env) => new MemoryFileSystem(env, { name: 'rootfs' }) });
  mountStandard(machine);
  installFile(machine, '/program', readFileSync(`examples/bin/${name}.elf`));
  const main = machine.spawn({ path: '/program' });
  const point = parsePoint(at);
  if (typeof point === 'string') throw new Error(point);
  const stopper = new Stopper(machine.kernel, main, { program: name, point, pid: main.pid, all: false, walks: [] });
  try {
    await machine.run(main);
  } catch (error) {
    if (!(error instanceof PointReached)) throw error;
  }
  assert.is(stopper.missed, undefined);
  return { machine, snapshot: stopper.snapshot as Snapshot, space: main.space.handle, main };
}

for (const name of ['demand-paging', 'fork-cow', 'malloc', 'mremap', 'private-file', 'protect', 'shared-file', 'stack']) {
  test(`${name}: sums are the core's own`, async () => {
    const { machine, snapshot, space } = await stopped(name);
    const { exports } = machine.core;
    const { mappings, tables } = snapshot.processes[0];
    const stat = (which: number): number => exports.spaceStat(space, which);
    let resident = 0;
    let home = 0;
    for (const mapping of mappings) {
      const sum = tally(mapping);
      const of = (which: number): number => exports.vmaStat(space, exports.vmaFind(space, mapping.start), which);
      const place = `${mapping.start.toString(16)} ${mapping.name}`;
      assert.is(sum.pages, (mapping.end - mapping.start) / 4096, place);
      assert.is(sum.resident, of(S.VMA_STAT_RESIDENT), place);
      assert.is(sum.dirty, of(S.VMA_STAT_PRIVATE_DIRTY) + of(S.VMA_STAT_SHARED_DIRTY), place);
      assert.is(sum.shared, of(S.VMA_STAT_SHARED_CLEAN) + of(S.VMA_STAT_SHARED_DIRTY), place);
      resident += sum.resident;
      home += sum.home;
    }
    assert.is(resident, stat(S.SPACE_STAT_RESIDENT));
    assert.is(home, stat(S.SPACE_STAT_WINDOW_PAGES));
    const count = (table: ProcessSnapshot['tables']): number => 1 + table.below.reduce((sum, below) => sum + count(below), 0);
    assert.is(count(tables), stat(S.SPACE_STAT_TABLE_FRAMES));
  });
}

const KINDS: ReadonlyMap<number, string> = new Map([
  [X.FAULT_MAPERR, 'SIGSEGV (SEGV_MAPERR)'],
  [X.FAULT_ACCERR, 'SIGSEGV (SEGV_ACCERR)'],
  [X.FAULT_ADRERR, 'SIGBUS (BUS_ADRERR)'],
  [X.FAULT_HWPOISON, 'SIGBUS (BUS_MCEERR_AR)'],
  [X.FAULT_IO, 'major fault'],
]);

/** What an access really comes to, in the words that the forecast begins with. */
function accessed(machine: Machine, space: number, address: number, access: number): string {
  const { core } = machine;
  const counts = (): number[] => [L.COUNT_MINOR_FAULTS, L.COUNT_COW_FAULTS].map((which) => core.counter(which));
  const [minor, copies] = counts();
  if (core.exports.userPage(space, address, access) === 0) return KINDS.get(core.u32[(L.HART + L.HART_FAULT_KIND) >>> 2]) ?? 'unknown';
  const [minorNow, copiesNow] = counts();
  return copiesNow > copies ? 'copy-on-write fault' : minorNow > minor ? 'minor fault' : 'no fault';
}

const PLACES: readonly (readonly [name: string, at: string])[] = [
  ['demand-paging', 'syscall:exit'],
  ['fork-cow', 'syscall:wait4'],
  ['fork-cow', 'syscall:exit'],
  ['malloc', 'syscall:exit'],
  ['mremap', 'syscall:mremap'],
  ['private-file', 'syscall:exit'],
  ['protect', 'syscall:exit'],
  ['shared-file', 'syscall:exit'],
  ['shared-ipc', 'syscall:wait4'],
  ['stack', 'instructions:300'],
];

test('forecasts come true: every page and its neighbours, load, store and fetch in turn', async () => {
  let checked = 0;
  const seen = new Set<string>();
  for (const [name, at] of PLACES) {
    for (const order of [
      [X.ACCESS_READ, X.ACCESS_WRITE, X.ACCESS_EXEC],
      [X.ACCESS_WRITE, X.ACCESS_EXEC, X.ACCESS_READ],
    ]) {
      const { machine, snapshot, main } = await stopped(name, at);
      for (const { start, end } of snapshot.processes[0].mappings) {
        for (let va = Math.max(0, start - 8192); va < Math.min(end + 8192, start + 256 * 4096); va += 4096) {
          for (const access of order) {
            const { outcomes } = captureWalk(viewSpace(main), '', va, undefined);
            const forecast = access === X.ACCESS_READ ? outcomes.load : access === X.ACCESS_WRITE ? outcomes.store : outcomes.fetch;
            const began = /^(?:the stack grows by \d+ pages, then a )?([A-Z]+ \([A-Z_]+\)|[a-z-]+ fault)/.exec(forecast)?.[1];
            const real = accessed(machine, main.space.handle, va, access);
            assert.is(began, real, `${name} at ${at}: 0x${va.toString(16)}, access ${access}: ${forecast}`);
            seen.add(real);
            checked++;
          }
        }
      }
    }
  }
  assert.ok(checked > 5000, `${checked} accesses`);
  for (const kind of ['no fault', 'minor fault', 'copy-on-write fault', 'SIGSEGV (SEGV_MAPERR)', 'SIGSEGV (SEGV_ACCERR)'])
    assert.ok(seen.has(kind), kind);
});

test.run();
