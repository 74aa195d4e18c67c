/** Functions of a guest called from outside: arguments and results, what the program does meanwhile, and calls that never return. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { GuestCallError, type GuestProcess, Machine, SystemError } from '../../host/index-node.js';
import { compileGuest, GCC } from '../support/guest.js';
import { testWith } from '../support/tools.js';

const decoder = new TextDecoder();

interface Session {
  readonly machine: Machine;
  readonly process: GuestProcess;
  /** All output so far. */
  text(): string;
  say(text: string): Promise<void>;
}

async function inProgram(how: string, use: (session: Session) => Promise<void>, prepare?: (machine: Machine) => unknown): Promise<void> {
  const machine = await Machine.create({ memory: '64M', files: { '/called': readFileSync(compileGuest('tests/guest/called.c')) } });
  prepare?.(machine);
  let out = '';
  let ready: (() => void) | undefined;
  const isReady = new Promise<void>((done) => (ready = done));
  const take = (bytes: Uint8Array): void => {
    out += decoder.decode(bytes);
    if (out.includes('ready\n')) ready?.();
  };
  const process = await machine.spawn('/called', [how], { stdin: 'pipe', stdout: take });
  await isReady;
  const writer = process.stdin.getWriter();
  try {
    await use({ machine, process, text: () => out.replace('ready\n', ''), say: (text) => writer.write(text) });
  } finally {
    writer.abort().catch(() => undefined);
    await machine.close();
  }
}

async function errorOf(
  promise: Promise<unknown>,
): Promise<{ readonly reason?: unknown; readonly message: string; readonly signal?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  assert.unreachable('it returned');
  return new Error('unreachable');
}

testWith(test, [GCC], 'arguments in registers and on the stack, and every kind of result', () =>
  inProgram('read', async ({ process, say, text }) => {
    assert.is(await process.call('add', [2, -44n]), -42n);
    assert.is(await process.call('add', [2 ** 53 - 1, 1], { returns: 'u64' }), 2n ** 53n);
    assert.is(await process.call('ones', [], { returns: 'u32' }), 0xffffffff);
    assert.is(await process.call('ones'), -1n);
    assert.is(await process.call('negative', [], { returns: 'i32' }), -3);
    assert.is(await process.call('scaled', [{ f64: 1.5 }, { f32: 0.5 }, 2], { returns: 'f64' }), 2.75);
    assert.is(await process.call('half', [{ f32: 3 }], { returns: 'f32' }), 1.5);
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    assert.is(await process.call('many', numbers), BigInt(numbers.reduce((sum, n) => sum * 3 + n, 0)));
    const doubles = numbers.slice(0, 9).map((f64) => ({ f64 }));
    assert.is(
      await process.call('doubles', [...doubles, 10], { returns: 'f64' }),
      numbers.reduce((sum, n) => sum + n * n, 0),
    );
    assert.is(await process.call('length', ['grün']), 5n);
    assert.is(await process.call('greeting', ['world'], { returns: 'string' }), 'Hello, world');
    assert.is(await process.call('greeting', [null], { returns: 'string' }), null);
    const bytes = Uint8Array.of(1, 2, 3, 4, 5);
    assert.is(await process.call('reverse', [bytes, bytes.length], { returns: 'void' }), undefined);
    assert.equal([...bytes], [5, 4, 3, 2, 1]);
    const large = new Uint8Array(1 << 20).fill(7);
    large[0] = 1;
    await process.call(process.memory.locate('reverse'), [large, large.length]);
    assert.equal([large[0], large.at(-1)], [7, 1]);
    const room = new Uint8Array(40);
    const arguments_ = [room, room.length, '%s %d %.2f', 'x', -5, { f64: 0.125 }] as const;
    assert.is(await process.call('format', arguments_, { named: 3, returns: 'i32' }), 9);
    assert.is(decoder.decode(room.subarray(0, 9)), 'x -5 0.12');
    // Of the C library's.
    assert.is(await process.call('strlen', ['library']), 7n);
    assert.is((await process.memory.read('calls', 1))[0], 2);
    await say('abc');
    assert.is((await process.exited).exitCode, 3);
    assert.match((await errorOf(process.call('add', [1, 2]))).message, /^ESRCH/);
    assert.is(text(), 'read 3 \ncalls 2\n');
  }),
);

for (const [how, said, expected] of [
  ['read', 'abc', 'read 3 \n'],
  ['sleep', '', 'sleep 0 0\n'],
  ['poll', 'abc', 'poll 1\n'],
  ['compute', 'finish', 'exact\n'],
  ['lock', 'finish', 'lock 0\n'],
] as const) {
  testWith(test, [GCC], `what it did goes on: ${how}`, () =>
    inProgram(how, async ({ process, say, text }) => {
      const sums = await Promise.all([1, 2, 3].map((n) => process.call('add', [n, 10])));
      assert.equal(sums, [11n, 12n, 13n]);
      // A sleep inside a sleep.
      assert.is(await process.call('sleep_ms', [1], { returns: 'i32' }), 0);
      if (said === 'finish') await process.call('finish');
      else if (said !== '') await say(said);
      const { exitCode } = await process.exited;
      assert.is(`${exitCode} ${text()}`, how === 'lock' ? `0 ${expected}` : `3 ${expected}calls 3\n`);
    }),
  );
}

testWith(test, [GCC], 'from a handler of a system call: the guest calls the host, which calls the guest', () =>
  inProgram(
    'ask',
    async ({ process, text }) => {
      assert.is((await process.exited).exitCode, 3);
      assert.is(text(), 'ask 4321\ncalls 4\n');
    },
    (machine) =>
      machine.setCall(1000, async ({ pid, args: [n] }) => {
        const process = machine.process(pid) as GuestProcess;
        const deeper = n === 0 ? 0n : await process.call('ask', [n - 1]);
        return Number(n === 0 ? 0n : await process.call('add', [deeper * 1n, n * 10 ** (n - 1)]));
      }),
  ),
);

testWith(test, [GCC], 'a fault ends the call and not the process; a handler of its own is asked first', () =>
  inProgram('read', async ({ process, say, text }) => {
    const { reason, signal, message } = await errorOf(process.call('load', [16]));
    assert.equal([reason, signal, message], ['signal', 'SIGSEGV', 'SIGSEGV at 0x10 in the called function']);
    assert.match((await errorOf(process.call(0x10))).message, /SIGSEGV at 0x10/);
    assert.is(await process.call('add', [1, 1]), 2n);
    await process.call('handle_faults');
    assert.match((await errorOf(process.call('load', [16]))).message, /the process has ended \(exit 9\)/);
    assert.is(text(), 'handled\n');
    const gone = await errorOf(process.call('add', [1, 1]));
    assert.instance(gone, SystemError);
    await say('').catch(() => undefined);
  }),
);

testWith(test, [GCC], 'exit, exec and a kill inside of a call', async () => {
  await inProgram('read', async ({ process }) => {
    const { reason, message } = await errorOf(process.call('exit', [4]));
    assert.equal([reason, message], ['exit', 'the process has ended (exit 4)']);
    assert.is((await process.exited).exitCode, 4);
  });
  await inProgram('read', async ({ process }) => {
    const both = [process.call('again', ['/called']), process.call('add', [1, 1])].map(errorOf);
    assert.equal(
      (await Promise.all(both)).map(({ reason }) => reason),
      ['exec', 'exec'],
    );
    assert.is((await process.exited).exitCode, 5);
  });
  await inProgram('read', async ({ process }) => {
    const calling = errorOf(process.call('spin'));
    while ((await process.memory.read('calls', 8)).every((byte) => byte === 0)) await new Promise((done) => setTimeout(done, 1));
    process.kill('SIGKILL');
    const error = await calling;
    assert.instance(error, GuestCallError);
    assert.is(error.message, 'the process has ended (SIGKILL)');
  });
});

testWith(test, [GCC], 'a signal takes calls back: one that computes, one that sleeps, one that waits for its turn', () =>
  inProgram('read', async ({ process, say, text }) => {
    for (const [name, ...args] of [['spin'], ['sleep_ms', 1_000_000]] as [string, ...number[]][]) {
      const control = new AbortController();
      const calling = errorOf(process.call(name, args, { signal: control.signal }));
      const waiting = errorOf(process.call('add', [1, 1], { signal: control.signal }));
      const after = process.call('add', [5, 6]);
      control.abort(new Error(`enough of ${name}`));
      assert.is((await calling).message, `enough of ${name}`);
      assert.is((await waiting).message, `enough of ${name}`);
      assert.is(await after, 11n);
    }
    assert.is((await errorOf(process.call('add', [1, 1], { signal: AbortSignal.abort(new Error('before')) }))).message, 'before');
    await say('abc');
    assert.is((await process.exited).exitCode, 3);
    assert.is(text(), 'read 3 \ncalls 2\n'.replace('2', text().match(/calls (\d+)/)?.[1] ?? '?'));
  }),
);

testWith(test, [GCC], 'what can not be passed is refused', () =>
  inProgram('read', async ({ process }) => {
    assert.match((await errorOf(process.call('nothing'))).message, /no file that it maps has this symbol/);
    assert.match((await errorOf(process.call('add', [0.5, 1]))).message, /not a whole number/);
    assert.match((await errorOf(process.call('add', [2n ** 64n, 1]))).message, /64 bits/);
    assert.match((await errorOf(process.call('add', [{} as never, 1]))).message, /no argument/);
    const large = new Uint8Array(200 << 20);
    assert.match((await errorOf(process.call('reverse', [large, 0]))).message, /ENOMEM/);
    assert.match((await errorOf(process.call('add', [1, 1], { returns: 'i7' as never }))).message, /no function of a guest returns 'i7'/);
    // What can't be copied back any more: the guest has unmapped it, or it has gone to a worker.
    assert.match((await errorOf(process.call('munmap', [new Uint8Array(4096), 4096]))).message, /EFAULT/);
    const given = new Uint8Array(4);
    const calling = errorOf(process.call('sleep_ms', [100, given]));
    await new Promise((done) => setTimeout(done, 0));
    structuredClone(given.buffer, { transfer: [given.buffer] });
    assert.match((await calling).message, /detached/);
    // The machine is what it was.
    assert.is(await process.call('add', [1, 1]), 2n);
  }),
);

testWith(test, [GCC], 'of a machine that has failed', () =>
  inProgram('read', async ({ machine, process }) => {
    machine.setCall(1000, () => {
      throw new Error('a mistake of the handler');
    });
    for (const name of ['ask', 'add']) assert.is((await errorOf(process.call(name, [1, 1]))).message, 'a mistake of the handler');
  }),
);

test.run();
