/** Programs that want too much: what they are told, who is killed, and that the machine itself stays whole and can be ended. */
import { spawn } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sameAsLinux } from '../support/compare.js';
import { compileGuest, GCC, type GuestOutcome, NATIVE_NEEDS, type OurOptions, runOurs } from '../support/guest.js';
import { testWith } from '../support/tools.js';

const MB = 1024 * 1024;

function bomb(mode: string, options: OurOptions = {}): Promise<GuestOutcome> {
  return runOurs(compileGuest('tests/guest/bombs.c'), [mode], { memoryBytes: 64 * MB, mayBeCut: true, ...options });
}

testWith(test, [GCC], 'processes: EAGAIN at --max-processes', async () => {
  const { stdout, reason } = await bomb('forks', { maxProcesses: 100 });
  assert.is(stdout, 'fork: 99, EAGAIN\nreaped, 0 left\n');
  assert.is(reason, 'exit');
});

testWith(test, [GCC], 'threads: EAGAIN at --max-processes', async () => {
  assert.is((await bomb('threads', { maxProcesses: 100 })).stdout, 'pthread_create: 99, EAGAIN\n');
});

testWith(test, [GCC], 'a fork bomb leaves the host its time', async () => {
  const { reason } = await bomb('bomb', { maxProcesses: 300, during: (machine) => setTimeout(() => machine.stop(), 100) });
  assert.is(reason, 'stopped');
});

testWith(test, [GCC], 'a fork bomb ends at --timeout', async () => {
  assert.is((await bomb('bomb', { maxProcesses: 300, timeoutMs: 100 })).reason, 'timeout');
});

testWith(test, [GCC], 'open files: EMFILE for a process, ENFILE for all', async () => {
  const { stdout } = await bomb('files', { maxFiles: 5000 });
  assert.is(stdout, 'open: 1021, EMFILE\npipe: -1, EMFILE\neventfd: -1, EMFILE\nin all: 0, ENFILE\n');
});

testWith(test, [GCC], 'few files for the machine are few for a process', async () => {
  assert.match((await bomb('files', { maxFiles: 20 })).stdout, /^open: 17, EMFILE\n/);
});

testWith(test, [GCC], 'descriptor tables: ENOMEM', async () => {
  assert.match((await bomb('tables', { maxFiles: 10_000 })).stdout, /^(fork|dup): -1, ENOMEM\n$/);
});

for (const mode of ['heap', 'shared', 'pagetables']) {
  testWith(test, [GCC], `memory: ${mode}`, async () => {
    const { reason, status } = await bomb(mode);
    assert.is(reason, 'memory');
    assert.is(status, 128 + 9);
  });
}

testWith(test, [GCC], 'memory: the largest is killed, not who asks', async () => {
  const { stdout, reason } = await bomb('child');
  assert.is(stdout, 'child: signal 9\n');
  assert.is(reason, 'exit');
});

testWith(test, [GCC], 'memory: a full file system is ENOSPC, and programs go on', async () => {
  assert.is((await bomb('file')).stdout, 'write: -1, ENOSPC\nafter unlink: 65536\n');
});

testWith(test, [GCC], 'memory: mappings and pipes are bounded', async () => {
  assert.is((await bomb('mappings', { memoryBytes: 128 * MB })).stdout, 'mmap: 1, ENOMEM\n');
  assert.is((await bomb('pipes')).stdout, 'pipe: 1, EMFILE\n');
});

testWith(test, [GCC], 'a dead machine says who waits for what', async () => {
  const { reason, waits } = await bomb('deadlock');
  assert.is(reason, 'deadlock');
  const lines = (waits ?? []).map((line) => line.replace(/0x[0-9a-f]+/, 'ADDRESS').replace(/\[\d+\]/, ''));
  assert.equal(lines, ['pid 2 (program): futex(ADDRESS)', 'pid 3 (program): read(3 pipe:)', 'pid 2 thread 4 (program): futex(ADDRESS)']);
});

testWith(test, [GCC], 'a machine that only a signal can wake is told of, once, and goes on', async () => {
  const child = spawn(process.execPath, ['dist/bin/pagewalk.cjs', 'run', compileGuest('tests/guest/bombs.c'), 'asleep'], { stdio: 'pipe' });
  let said = '';
  const ended = new Promise((resolve) => child.on('close', resolve));
  await new Promise<void>((resolve) => {
    child.stderr.on('data', (chunk) => {
      said += chunk;
      if (said.includes('read(')) resolve();
    });
    child.on('close', () => resolve());
  });
  child.kill('SIGINT');
  assert.is(await ended, 5, said);
  assert.match(
    said,
    /^pagewalk: all processes are asleep and only a signal can wake them\npagewalk: {3}pid 2 \(bombs-\w+\): read\(3 pipe:.*\)\n$/,
  );
});

testWith(test, NATIVE_NEEDS, 'resource limits as on Linux', async () => {
  await sameAsLinux('rlimits');
});

test.run();
