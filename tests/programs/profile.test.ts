/** `--profile`: functions of a program whose hot ones are known, their callers, and the same samples whatever executes it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileGuest, GCC } from '../support/guest.js';
import { testWith } from '../support/tools.js';
import { USERLAND_NEEDS, USERLAND_ROOT } from '../support/userland.js';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly scriptId: string;
      readonly url: string;
      readonly lineNumber: number;
      readonly columnNumber: number;
    };
    readonly hitCount: number;
    readonly children: readonly number[];
  }[];
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
  readonly pagewalk: { readonly instructions: number; readonly compiled?: { readonly instructions: number; readonly exits: object } };
}

let folder = '';
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'pagewalk-profile-'));
});
test.after(() => rmSync(folder, { recursive: true }));

function profile(options: readonly string[], name = 'out.cpuprofile'): string {
  const path = join(folder, name);
  const command = ['dist/bin/pagewalk.cjs', 'run', '--profile', path, ...options];
  const { status, stderr } = spawnSync(process.execPath, command, {
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...process.env, PAGEWALK_JIT: undefined },
  });
  assert.is(`${status} ${stderr}`, '0 ');
  return readFileSync(path, 'utf8');
}

const parse = (text: string): CpuProfile => JSON.parse(text);

/** Name -> samples in the function itself. */
function selfOf({ nodes }: CpuProfile): Map<string, number> {
  const self = new Map<string, number>();
  for (const { callFrame, hitCount } of nodes) self.set(callFrame.functionName, (self.get(callFrame.functionName) ?? 0) + hitCount);
  return self;
}

/** Names from the root to the node with most samples. */
function hottestStack({ nodes }: CpuProfile): string[] {
  const parents = new Map(nodes.flatMap(({ id, children }) => children.map((child) => [child, id] as const)));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  let node = [...nodes].sort((a, b) => b.hitCount - a.hitCount)[0] as CpuProfile['nodes'][number] | undefined;
  const names: string[] = [];
  while (node !== undefined) {
    names.unshift(node.callFrame.functionName);
    node = byId.get(parents.get(node.id) as number);
  }
  return names;
}

/** Chrome DevTools Protocol, "Profiler.Profile": what it says of each member, and what viewers rely on beyond that. */
function checkShape(found: CpuProfile): void {
  for (const { id, callFrame, hitCount, children } of found.nodes) {
    assert.ok(Number.isInteger(id) && Number.isInteger(hitCount) && hitCount >= 0);
    const { functionName, scriptId, url, lineNumber, columnNumber } = callFrame;
    assert.equal(
      [functionName, scriptId, url].map((text) => typeof text),
      ['string', 'string', 'string'],
    );
    assert.ok(Number.isInteger(lineNumber) && Number.isInteger(columnNumber));
    assert.is(new Set(children).size, children.length);
  }
  // The first node is the root, from which every other is reached in one way.
  const reached = [found.nodes[0].id];
  const byId = new Map(found.nodes.map((node) => [node.id, node]));
  for (const id of reached) {
    assert.ok(reached.length <= found.nodes.length, 'a node has two parents');
    reached.push(...(byId.get(id) as CpuProfile['nodes'][number]).children);
  }
  assert.is(found.nodes[0].callFrame.functionName, '(root)');
  assert.is(new Set(reached).size, found.nodes.length);
  assert.ok(found.timeDeltas.every((delta) => Number.isInteger(delta) && delta >= 0));
  const ids = new Set(found.nodes.map(({ id }) => id));
  assert.is(ids.size, found.nodes.length);
  assert.ok(found.samples.every((id) => ids.has(id)));
  assert.is(found.samples.length, found.timeDeltas.length);
  assert.is(
    found.nodes.reduce((sum, { hitCount }) => sum + hitCount, 0),
    found.samples.length,
  );
  const time = found.timeDeltas.reduce((sum, delta) => sum + delta, 0);
  assert.ok(time <= found.endTime && time > 0.9 * found.endTime, `${time} of ${found.endTime}`);
}

testWith(test, [GCC], 'the hottest functions of a known program, with their callers', () => {
  const program = compileGuest('tests/guest/profiled.c');
  const interpreted = parse(profile(['--jit', 'off', program]));
  checkShape(interpreted);
  const self = selfOf(interpreted);
  const share = (name: string): number => (self.get(name) ?? 0) / interpreted.samples.length;
  assert.ok(Math.abs(share('warm') - 0.75) < 0.02, `warm ${share('warm')}`);
  assert.ok(Math.abs(share('cool') - 0.25) < 0.02, `cool ${share('cool')}`);
  const stack = hottestStack(interpreted);
  const work = Array(6).fill('work');
  assert.equal(stack.slice(stack.indexOf('main')), ['main', ...work, 'warm']);
  assert.match(stack[1], /^profiled\S* \(\d+\)$/);
  assert.is(interpreted.pagewalk.compiled, undefined);
});

testWith(test, [GCC], 'samples of compiled code are those of interpreted code', () => {
  const program = compileGuest('tests/guest/profiled.c');
  const interpreted = parse(profile(['--jit', 'off', program]));
  const compiled = parse(profile(['--jit-threshold', '300', program]));
  assert.ok((compiled.pagewalk.compiled?.instructions ?? 0) > 0.9 * compiled.pagewalk.instructions);
  assert.equal(compiled.samples, interpreted.samples);
  assert.equal(compiled.nodes, interpreted.nodes);
});

testWith(test, [GCC], 'a file that ends with .txt is a table, and says why compiled code was left', () => {
  const text = profile(['--jit-threshold', '300', compileGuest('tests/guest/profiled.c')], 'out.txt');
  assert.match(text, /^[\d,]+ instructions, [\d,]+ samples\n +self +total +function\n +7\d\.\d % +7\d\.\d % +warm /);
  assert.match(text, /\n +0\.\d % +100\.0 % +work |\n +2\d\.\d % +2\d\.\d % +cool /);
  assert.match(text, /\ncompiled code\n {2}executed +9\d\.\d % of/);
});

testWith(test, USERLAND_NEEDS, 'functions of shared libraries have their names and files', () => {
  const script = join(folder, 'sort.lua');
  writeFileSync(script, 'local t = {} for i = 1, 3000 do t[i] = tostring(i * 7919 % 3001) end table.sort(t) print(#t)');
  const found = parse(profile(['--root', USERLAND_ROOT, '--mount', `${script}:/sort.lua:ro`, 'lua5.4', '/sort.lua']));
  checkShape(found);
  const strcoll = found.nodes.find(({ callFrame }) => callFrame.functionName === 'strcoll');
  assert.match(strcoll?.callFrame.url as string, /\/libc\.so\.6$/);
  const compare = found.nodes.find(({ callFrame, children }) => callFrame.functionName === 'lua_compare' && children.length > 0);
  assert.is(compare?.callFrame.url, '/usr/bin/lua5.4');
});

test.run();
