/** What compiled code takes: closed libraries leave nothing, more hot code than the budget is evicted, children use their parent's. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UNITS } from '../../assembly/shared/baseline.js';
import type { JitOptions } from '../../host/jit/jit.js';
import type { JitSnapshot } from '../../host/jit/stats.js';
import type { Machine } from '../../host/machine.js';
import { compileDynamic, compileGuest, GCC, type OurOptions, runOurs } from '../support/guest.js';
import { Hart } from '../support/hart.js';
import { testWith } from '../support/tools.js';

const LIBRARIES = '/usr/riscv64-linux-gnu/lib';
const LINKER = `${LIBRARIES}/ld-linux-riscv64-lp64d.so.1`;
const MIB = 1024 * 1024;

interface Seen {
  readonly stdout: string;
  readonly end: JitSnapshot;
  /** At each line of output. */
  readonly curve: readonly (JitSnapshot & { readonly rssBytes: number })[];
}

async function run(program: string, args: readonly string[], jit: JitOptions, options: OurOptions = {}): Promise<Seen> {
  const machines: Machine[] = [];
  const curve: Seen['curve'][number][] = [];
  const snapshot = (): JitSnapshot => machines[0].jit?.snapshot() as JitSnapshot;
  const { stdout, status } = await runOurs(program, args, {
    ...options,
    jit,
    during: (machine) => machines.push(machine),
    heard: () => curve.push({ ...snapshot(), rssBytes: process.memoryUsage.rss() }),
  });
  assert.is(status, 0, stdout);
  return { stdout, end: snapshot(), curve };
}

/** Opens and closes a library so often. */
function dlopen(what: 'same' | 'new', cycles: number, threshold: number): Promise<Seen> {
  const program = compileDynamic('tests/guest/dlopen.c');
  const files = {
    '/lib/ld-linux-riscv64-lp64d.so.1': LINKER,
    '/lib/libc.so.6': `${LIBRARIES}/libc.so.6`,
    '/lib/library.so': compileDynamic('tests/guest/dlopened.c', ['-shared', '-fPIC']),
  };
  return run(program, [what, String(cycles)], { threshold }, { files, timeoutMs: 500_000 });
}

/** From the second tenth of the run to its end nothing grows. */
function flat({ curve }: Seen, regionsMore: number): void {
  assert.is(curve.length, 10);
  const [from, to] = [curve[1], curve[9]];
  const text = curve.map(({ live, liveBytes, tableSlots, rssBytes }) => `${live.length} ${liveBytes} ${tableSlots} ${rssBytes}`).join('\n');
  assert.ok(to.live.length <= from.live.length + regionsMore, `live regions\n${text}`);
  assert.ok(to.liveBytes <= from.liveBytes * 1.5 + 100_000, `bytes of Wasm\n${text}`);
  assert.ok(to.tableSlots <= from.tableSlots * 2, `places in the table\n${text}`);
  assert.ok(to.rssBytes <= from.rssBytes + 100 * MIB, `resident memory of the host\n${text}`);
}

test("the core's static data ends before baseline code's tables begin", async () => {
  const { core } = await Hart.create({ jit: false });
  assert.ok(core.exports.staticEnd() <= UNITS);
});

testWith(test, [GCC, LINKER], '10,000 times dlopen and dlclose leave no compiled code behind', async () => {
  const seen = await dlopen('same', 10_000, 2000);
  flat(seen, 50);
  assert.match(seen.stdout, /\n10000 \d+\n$/);
  assert.ok(seen.end.executedCompiled > 0.9 * seen.end.executed);
});

testWith(test, [GCC, LINKER], 'nor do libraries that are new files each time', async () => {
  const seen = await dlopen('new', 3000, 200);
  // Each had regions of its own; those of files that are gone are found every so many regions.
  assert.ok(seen.end.regions > 3000, `${seen.end.regions} regions`);
  assert.ok(seen.end.removed > 2000, `${seen.end.removed} removed`);
  flat(seen, 300);
});

testWith(test, [GCC], 'more hot code than the budget: what is entered least goes, results stay', async () => {
  const program = compileGuest('tests/guest/manyhot.c');
  const all = await run(program, [], { threshold: 60 });
  const codeBytesMax = Math.floor(all.end.liveBytes / 5);
  const few = await run(program, [], { threshold: 60, codeBytesMax });
  assert.is(few.stdout, all.stdout);
  assert.is(few.end.executed, all.end.executed);
  assert.ok(few.end.removed > 500, `${few.end.removed} removed`);
  assert.ok(few.end.liveBytes <= codeBytesMax, `${few.end.liveBytes} of ${codeBytesMax} bytes`);
  assert.ok(few.end.tableSlots <= all.end.tableSlots);
});

testWith(test, [GCC], 'a child uses its parent’s compiled code at once', async () => {
  const program = compileGuest('tests/guest/forks.c');
  const none = await run(program, ['0'], { threshold: 2000 });
  const many = await run(program, ['20'], { threshold: 2000 });
  // Its loop is 1,200,000 instructions; what it interprets are the few around fork and exit.
  const interpreted = ({ end }: Seen): number => end.executed - end.executedCompiled;
  assert.ok(many.end.executed > 20 * none.end.executed, `${many.end.executed} instructions`);
  assert.ok(interpreted(many) - interpreted(none) < 20 * 10_000, `${interpreted(none)} and ${interpreted(many)} interpreted`);
  assert.ok(many.end.regions <= none.end.regions + 20, `${none.end.regions} and ${many.end.regions} regions`);
});

test.run();
