/** pagewalk inspect: the command as a process. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { classOf, tally } from '../../host/debug/inspect/pages.js';
import type { ProcessSnapshot, Snapshot, WalkSnapshot } from '../../host/debug/inspect/snapshot.js';

const MAIN = 'dist/bin/pagewalk.cjs';
const FORK = 'examples/bin/fork-cow.elf';
let folder = '';

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function inspect(...args: readonly string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'inspect', ...args], { encoding: 'utf8', timeout: 60_000 });
  return { status, stdout, stderr };
}

/** The same as data. */
function look(...args: readonly string[]): { process: ProcessSnapshot; snapshot: Snapshot; outcome: Outcome } {
  const path = join(folder, 'data.json');
  const outcome = inspect('--json', path, ...args);
  assert.is(outcome.status, 0, outcome.stderr);
  const snapshot = JSON.parse(readFileSync(path, 'utf8')) as Snapshot;
  return { process: snapshot.processes[0], snapshot, outcome };
}

function source(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function walkOf({ walks }: ProcessSnapshot, asked: string): WalkSnapshot {
  const found = walks.find((walk) => walk.asked === asked);
  assert.ok(found, `no walk of ${asked}`);
  return found as WalkSnapshot;
}

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'pagewalk-inspect-'));
});
test.after(() => rmSync(folder, { recursive: true }));

test('before a system call: nothing of it has happened', () => {
  const { process, snapshot, outcome } = look('--at', 'syscall:write', 'examples/bin/hello.elf');
  assert.match(snapshot.point, /^before the 1st write: write\(1, 0x[0-9a-f]+, \d+|0x[0-9a-f]+\)$/);
  assert.not.match(outcome.stdout, 'Hello');
  assert.is(process.pid, 2);
  assert.equal(
    process.mappings.slice(2).map(({ name }) => name),
    ['[stack]', '[vvar]', '[vdso]'],
  );
});

test('after a fork: the pages to be copied, the table that both have', () => {
  const { process } = look('--at', 'wait4', '--walk', 'sp', FORK);
  const pages = process.mappings.find(({ permissions, kind, name }) => permissions === 'rw-p' && kind === 'anonymous' && name === '');
  assert.ok(pages);
  const { resident, shared, cow, dirty } = tally(pages as (typeof process.mappings)[0]);
  assert.equal({ resident, shared, cow, dirty }, { resident: 32, shared: 32, cow: 32, dirty: 32 });
  const leaves = process.tables.below.flatMap(({ below }) => below);
  assert.equal(
    leaves.map(({ sharers }) => sharers),
    [1, 2, 1],
  );
  const address = `0x${((pages?.start ?? 0) + 0x1004).toString(16)}`;
  const walk = walkOf(look('--at', 'wait4', '--walk', address, FORK).process, address);
  assert.equal(walk.levels.length, 3);
  assert.is(walk.outcomes.load, 'no fault: the window byte allows it');
  assert.match(walk.outcomes.store, /^copy-on-write fault: .*1 other mapping has it.*first a table of its own/);
  assert.match(walk.outcomes.fetch, /^SIGSEGV \(SEGV_ACCERR\)/);
});

test('at the end of a child that has written four pages; every process', () => {
  const child = look('--pid', '3', '--all', FORK);
  assert.is(child.process.pid, 3);
  assert.is(child.snapshot.point, 'at exit of pid 3, in exit(7)');
  const pages = child.process.mappings.find(({ permissions, kind, name }) => permissions === 'rw-p' && kind === 'anonymous' && name === '');
  assert.is(tally(pages as (typeof child.process.mappings)[0]).cow, 28);
  assert.equal(
    child.snapshot.processes.map(({ pid }) => pid),
    [3, 2],
  );
});

const PROGRAM = `
.globl _start, change, counter, table
_start: la t0, counter; li t1, 5; sd t1, 0(t0)
        call change
        call change
        li a0, 0; li a7, 93; ecall
change: la t0, counter; ld t1, 0(t0); addi t1, t1, 1; sd t1, 0(t0)
        ret
.data
table:  .dword 1, 2, 3
.bss
counter: .zero 8192
`;

test('at an instruction, by symbol; walks by symbol', () => {
  const path = source('point.s', PROGRAM);
  const { process, snapshot } = look(
    path,
    '--at',
    'pc:change',
    '--walk',
    'counter',
    '--walk',
    'table+8',
    '--walk',
    'counter+4096',
    '--walk',
    'change',
  );
  assert.is(process.pcSymbol, 'change');
  assert.match(snapshot.point, `before the instruction at 0x${process.pc?.toString(16)}`);
  const counter = walkOf(process, 'counter');
  assert.is(counter.symbol, 'counter');
  assert.is(counter.frame?.references, 1);
  assert.match(counter.outcomes.store, /^no fault/);
  assert.is(walkOf(process, 'table+8').symbol, 'table+0x8');
  assert.is(walkOf(process, 'counter+4096').outcomes.store, 'minor fault: a zeroed frame');
  assert.match(walkOf(process, 'change').outcomes.fetch, /^no fault/);
  assert.match(walkOf(process, 'change').outcomes.store, /^SIGSEGV/);
  // The instruction itself has not been executed: two from there on it has.
  const exact = look(path, '--at', `instructions:${snapshot.instructions}`);
  assert.is(exact.process.pc, process.pc);
});

test('an address that nobody may touch, one below the stack, one beyond the space', () => {
  const { process } = look('--walk', '0x123', '--walk', 'sp-0x30000', '--walk', '0x4000000000', 'examples/bin/hello.elf', '--at', 'write');
  assert.match(walkOf(process, '0x123').outcomes.load, /^SIGSEGV \(SEGV_MAPERR\)/);
  assert.match(walkOf(process, 'sp-0x30000').outcomes.store, /^the stack grows by \d+ pages, then a minor fault/);
  assert.match(walkOf(process, '0x4000000000').outcomes.load, /^SIGSEGV/);
});

test('what never comes, and what there is not: one line, and a status', () => {
  const late = inspect('--at', 'syscall:write:99', 'examples/bin/hello.elf');
  assert.is(late.status, 1);
  assert.match(
    late.stderr,
    /^pagewalk: --at: the program ended before the 99th write \(\d+ calls? of it\): this is the state at the end\n$/,
  );
  assert.match(late.stdout, 'at exit of pid 2, in exit(0)');
  const cases: readonly (readonly [status: number, message: string, args: readonly string[]])[] = [
    [2, "--at: there is no system call 'nosuch'", ['--at', 'syscall:nosuch', FORK]],
    [2, "--at: 'nosuch' is none of exit, syscall:NAME[:N], pc:ADDRESS, instructions:N", ['--at', 'nosuch', FORK]],
    [1, "--at: examples/bin/fork-cow.elf has no symbol 'nosuch'", ['--at', 'pc:nosuch', FORK]],
    [1, "--walk: nothing that is mapped has the symbol 'nosuch'", ['--walk', 'nosuch', FORK]],
    [1, '--at: no process had pid 9', ['--pid', '9', FORK]],
  ];
  for (const [status, message, args] of cases) {
    const outcome = inspect(...args);
    assert.is(outcome.stderr, `pagewalk: ${message}\n`);
    assert.is(outcome.status, status, message);
  }
});

test('a program that a signal ends is seen as it was', () => {
  const { outcome, snapshot } = look(source('crash.s', '_start: li a0, 0x40; sd a0, 0(a0)\n'), '--walk', '0x40');
  assert.is(snapshot.point, 'at exit of pid 2, killed by SIGSEGV');
  assert.match(outcome.stderr, 'killed by SIGSEGV (SEGV_MAPERR)');
});

test('pictures are written', () => {
  const [html, svg] = [join(folder, 'a.html'), join(folder, 'a.svg')];
  assert.is(inspect('--html', html, '--svg', svg, '--at', 'wait4', FORK).status, 0);
  assert.match(readFileSync(html, 'utf8'), 'copied at the next store');
  assert.match(readFileSync(svg, 'utf8'), /^<svg xmlns=/);
});

/** Eight pages: written, a guard, poisoned after a store, read. */
const MARKS = `
_start: li a0, 0; li a1, 0x8000; li a2, 3; li a3, 0x22; li a4, -1; li a5, 0; li a7, 222; ecall
  mv s0, a0
  sd a0, 0(s0)
  li t0, 0x2000; add t0, s0, t0; sd a0, 0(t0)
  li t0, 0x3000; add t0, s0, t0; ld a0, 0(t0)
  li t0, 0x1000; add a0, s0, t0; li a1, 4096; li a2, 102; li a7, 233; ecall
  li t0, 0x2000; add a0, s0, t0; li a1, 4096; li a2, 100; li a7, 233; ecall
  li a0, 0; li a7, 93; ecall
`;

test('guards, poisoned pages, the page of zeros', () => {
  const path = source('marks.s', MARKS);
  const { process } = look(path, '--at', 'syscall:exit');
  const pages = process.mappings.find(({ kind, name }) => kind === 'anonymous' && name === '');
  const glyphs = pages?.runs.map(({ count, bits }) => classOf(bits).glyph.repeat(count)).join('');
  assert.is(glyphs, 'Pgx0....');
  const addresses = [1, 2, 3, 4].map((n) => `0x${((pages?.start ?? 0) + n * 4096).toString(16)}`);
  const { process: walked } = look(path, '--at', 'syscall:exit', ...addresses.flatMap((address) => ['--walk', address]));
  assert.equal(
    walked.walks.map(({ outcomes }) => outcomes.store),
    [
      'SIGSEGV (SEGV_MAPERR): a guard',
      'SIGBUS (BUS_MCEERR_AR): the page is poisoned',
      'minor fault: a zeroed frame in place of the page of zeros',
      'minor fault: a zeroed frame',
    ],
  );
});

test.run();
