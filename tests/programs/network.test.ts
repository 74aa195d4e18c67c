/** The guest and the host's network: --publish and --net. */
import { spawn } from 'node:child_process';
import { type AddressInfo, createServer, connect as hostConnect, type Socket } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileGuest, GCC } from '../support/guest.js';
import { testWith } from '../support/tools.js';

interface Run {
  /** Standard error as it comes. */
  readonly errors: () => string;
  readonly ended: Promise<{ status: number | null; stdout: string; stderr: string }>;
}

function start(options: readonly string[], args: readonly string[]): Run {
  const child = spawn(process.execPath, [
    'dist/bin/pagewalk.cjs',
    'run',
    '--timeout',
    '30',
    ...options,
    compileGuest('tests/guest/netcat.c'),
    ...args,
  ]);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  return { errors: () => stderr, ended: new Promise((resolve) => child.on('close', (status) => resolve({ status, stdout, stderr }))) };
}

/** Sends all of `text`, and returns what came back until the end. */
function exchange(port: number, text: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = hostConnect(port, '127.0.0.1', () => socket.end(text));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(chunks)));
    socket.on('error', reject);
  });
}

async function publishedPort(run: Run): Promise<number> {
  for (;;) {
    const found = /published at (\d+)/.exec(run.errors());
    if (found !== null) return Number(found[1]);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

testWith(test, [GCC], '--publish: the host reaches a server inside, with more than buffers hold', async () => {
  const run = start(['--publish', '0:7000'], ['serve', '7000', '3']);
  const port = await publishedPort(run);
  assert.is(String(await exchange(port, Buffer.from('hello'))), 'HELLO');
  const large = Buffer.alloc(5_000_000, 'abcdefghijklmnopqrstuvwxyz');
  const answers = await Promise.all([exchange(port, large), exchange(port, Buffer.from('second'))]);
  assert.ok(answers[0].equals(Buffer.from(String(large).toUpperCase())), 'five million bytes');
  assert.is(String(answers[1]), 'SECOND');
  const { status, stderr } = await run.ended;
  assert.is(status, 0, stderr);
});

testWith(test, [GCC], 'nothing leaves the machine unless --net host is given', async () => {
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    socket.on('data', (chunk: Buffer) => socket.write(`<${chunk}>`));
    socket.on('end', () => socket.end('bye'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = String((server.address() as AddressInfo).port);
  const ask = (options: readonly string[], address: string, to = port) => start(options, ['ask', address, to, 'hi']).ended;
  assert.equal(await ask(['--net', 'host'], '10.0.2.2'), { status: 0, stdout: '<hi>bye\n', stderr: '' });
  assert.equal(await ask([], '10.0.2.2'), { status: 1, stdout: '', stderr: 'netcat: Network is unreachable\n' });
  assert.equal(await ask(['--net', 'host'], '127.0.0.1'), { status: 1, stdout: '', stderr: 'netcat: Connection refused\n' });
  assert.equal(await ask(['--net', 'host'], '10.0.2.2', '1'), { status: 1, stdout: '', stderr: 'netcat: Connection refused\n' });
  server.close();
});

test('a port that is taken, or is none, is said before anything runs', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const said = (publish: string): Promise<{ status: number | null; stderr: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, ['dist/bin/pagewalk.cjs', 'run', '--publish', publish, 'examples/bin/hello.elf']);
      let stderr = '';
      child.stderr.on('data', (chunk) => (stderr += chunk));
      child.on('close', (status) => resolve({ status, stderr }));
    });
  assert.equal(await said(`${port}:80`), { status: 1, stderr: `pagewalk: --publish: port ${port}: in use\n` });
  assert.is((await said('80')).status, 2);
  server.close();
});

test.run();
