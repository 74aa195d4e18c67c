/** Running at once: what may be asked without promises, and what is said where somebody would have to wait. */
import { promises, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  archive,
  folder,
  loadCore,
  Machine,
  memory,
  overlay,
  promisesFolder,
  runSync,
  SystemError,
  tar,
  WaitError,
} from '../../host/index-node.js';
import { elf, RESTLESS } from '../support/assembled.js';
import { makeTar } from '../support/tar.js';

const HELLO = readFileSync('examples/bin/hello.elf');
const EXPECTED = readFileSync('examples/expected/hello.txt', 'utf8');

/** Copies input to output; its status is how many bytes that were. */
const CAT = elf(`
_start: li s0, 0
1:      li a0, 0; la a1, buffer; li a2, 100; li a7, 63; ecall
        blez a0, 2f
        add s0, s0, a0
        mv a2, a0; li a0, 1; la a1, buffer; li a7, 64; ecall
        j 1b
2:      mv a0, s0; li a7, 93; ecall
.bss
buffer: .zero 100`);
const SPIN = elf('_start: j _start');
const PAUSE = elf('_start: li a0, 0; li a1, 0; li a2, 0; li a3, 0; li a4, 0; li a7, 73; ecall; j _start');
const NAP = elf(`
_start: la a0, time; li a1, 0; li a7, 101; ecall
        li a0, 3; li a7, 93; ecall
.data
.balign 8
time:   .dword 3600, 0`);
/** Opens a file and says how it went. */
const OPEN = elf(`
_start: li a0, -100; la a1, path; li a2, 0; li a7, 56; ecall
        neg a0, a0; li a7, 93; ecall
.data
path:   .asciz "/data/none"`);
const CALL = elf('_start: li a7, 500; ecall; li a7, 93; ecall');

function waitOf(act: () => unknown): WaitError {
  try {
    act();
  } catch (error) {
    assert.instance(error, WaitError);
    return error as WaitError;
  }
  throw new Error('it did not have to wait');
}

test('runSync: output, status, input, arguments, statistics', () => {
  const { text, exitCode, stats } = runSync({ program: HELLO });
  assert.equal([text, exitCode], [EXPECTED, 0]);
  assert.ok(stats.instructions > 100);
  const pieces: string[] = [];
  const cat = runSync({
    program: CAT,
    stdin: 'some words',
    onOutput: (fd, bytes) => pieces.push(`${fd}${new TextDecoder().decode(bytes)}`),
  });
  assert.equal([cat.text, cat.exitCode, pieces.join()], ['some words', 10, '1some words']);
  assert.is(runSync({ program: CAT, files: { '/etc/motd': 'x' }, jit: false }).exitCode, 0);
});

test('limits and faults end it as they do in run()', () => {
  assert.is(runSync({ program: SPIN, limits: { instructions: 100_000 } }).reason, 'fuel');
  assert.is(runSync({ program: SPIN, limits: { timeMs: 20 } }).reason, 'timeout');
  assert.is(runSync({ program: CAT, stdin: 'x'.repeat(1000), limits: { outputBytes: 500 } }).reason, 'output');
  assert.is(runSync({ program: elf('_start: sd zero, 0(zero)') }).signal, 'SIGSEGV');
  assert.is(runSync({ program: PAUSE }).reason, 'deadlock');
  assert.throws(
    () => runSync({ program: Uint8Array.of(1, 2, 3) }),
    (error: unknown) => error instanceof SystemError && error.code === 'ENOEXEC',
  );
});

test('who sleeps has to wait, and that is said; time of the machine itself costs nothing', () => {
  assert.match(waitOf(() => runSync({ program: NAP })).message, /would have to wait: pid 2 \(program\): nanosleep\(/);
  assert.is(runSync({ program: NAP, deterministic: true }).exitCode, 3);
  const once = runSync({ program: RESTLESS, deterministic: { seed: 5 } });
  assert.equal(runSync({ program: RESTLESS, deterministic: { seed: 5 } }).stdout, once.stdout);
});

test('file systems: those that answer at once, and those that do not', () => {
  const data = makeTar([{ name: 'none', data: 'here' }]);
  for (const source of [memory(), folder('examples'), overlay(folder('examples'))]) {
    assert.is(runSync({ program: OPEN, mounts: { '/data': source } }).exitCode, 2);
  }
  // -3: the descriptor, negated.
  for (const source of [tar(data), overlay(tar(data))]) assert.is(runSync({ program: OPEN, mounts: { '/data': source } }).exitCode, 253);
  assert.match(waitOf(() => runSync({ program: OPEN, mounts: { '/data': archive('/nowhere.tar') } })).message, /mount '\/data'/);
  assert.match(waitOf(() => runSync({ program: OPEN, root: promisesFolder(promises, tmpdir()) })).message, /mount '\/'/);
});

test('an asynchronous file system in a machine that is there: WaitError, and the machine goes on', async () => {
  const files = { '/bin/open': OPEN, '/bin/hello': HELLO };
  const machine = await Machine.create({ files, mounts: { '/data': promisesFolder(promises, tmpdir()) } });
  assert.match(waitOf(() => machine.runSync('open')).message, /openat\(/);
  assert.is(machine.runSync('hello').text, EXPECTED);
  assert.is((await machine.run('open')).exitCode, 2);
  assert.equal(machine.pids, []);
  await machine.close();
});

test('machine.runSync: others run with it; handlers, and what is not possible', async () => {
  const machine = await Machine.create({ files: { '/bin/hello': HELLO, '/bin/cat': CAT, '/bin/call': CALL, '/bin/nap': NAP } });
  const cat = await machine.spawn('cat', [], { stdin: 'pipe' });
  assert.is(machine.runSync('hello').text, EXPECTED);
  const took: Uint8Array[] = [];
  assert.is(machine.runSync('cat', [], { stdin: 'abc', stdout: (bytes) => took.push(bytes) }).exitCode, 3);
  assert.equal(took, [new TextEncoder().encode('abc')]);
  machine.setCall(500, () => 7);
  assert.is(machine.runSync('call').exitCode, 7);
  machine.setCall(500, () => machine.runSync('hello').exitCode);
  await machine.run('call').then(
    () => assert.unreachable(),
    (error: unknown) => assert.match(String(error), /a turn of the machine is in progress/),
  );
  assert.throws(() => machine.runSync('hello'), /turn of the machine/);
  cat.killAll();
  const other = await Machine.create({ files: { '/bin/call': CALL, '/bin/hello': HELLO } });
  other.setCall(500, async () => 8);
  assert.match(waitOf(() => other.runSync('call')).message, /pid 2 \(call\)/);
  assert.is((await other.run('call')).exitCode, 8);
  await other.pause();
  assert.throws(() => other.runSync('hello'), /paused/);
  other.resume();
  assert.throws(
    () => other.runSync('none'),
    (error: unknown) => error instanceof SystemError && error.code === 'ENOENT',
  );
  other.closeSync();
  assert.throws(() => other.runSync('hello'), /ended \(closed\)/);
});

test('Machine.createSync, with a module of the embedder', async () => {
  const machine = Machine.createSync({ module: await loadCore(), files: { '/bin/hello': HELLO } });
  assert.is(machine.runSync('hello').text, EXPECTED);
  assert.is((await machine.run('hello')).text, EXPECTED);
  await machine.close();
});

test.run();
