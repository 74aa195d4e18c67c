/** Sweeps over a queue: workers that are killed in the middle of a job lose nothing. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMAND, Workplace } from '../support/lab-command.js';
import { testWith } from '../support/tools.js';

const place = new Workplace();
const children: ChildProcess[] = [];

test.after(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  place.remove();
});

function start(command: string, args: readonly string[]): { child: ChildProcess; said: () => string } {
  const child = spawn(command, args, { cwd: place.folder, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (text += data.toString()));
  return { child, said: () => text };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 3000) throw new Error(`not within a minute: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const lab = (...args: string[]) => start(process.execPath, [COMMAND, 'lab', ...args]);

/** A Redis that keeps nothing. */
async function startRedis(port: number): Promise<ChildProcess> {
  const redis = start('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']);
  await until('redis listens', () => /Ready to accept connections/.test(redis.said()));
  return redis.child;
}

const asker =
  (port: number) =>
  (...args: string[]): string =>
    execFileSync('redis-cli', ['-p', String(port), ...args], { encoding: 'utf8' }).trim();

/** Stops a worker while it has a job in its hands. */
async function stopInJob(worker: ChildProcess, active: () => string): Promise<void> {
  for (let stopped = false; !stopped; ) {
    await until('the worker has a job', () => active() === '1');
    worker.kill('SIGSTOP');
    stopped = active() === '1';
    if (!stopped) worker.kill('SIGCONT');
  }
}

const counted = (file: string): unknown[] =>
  place
    .read(file)
    .trimEnd()
    .split('\n')
    .map((line) => ({ ...(JSON.parse(line) as object), command: [] }));

const SWEPT = [
  ...['a.trace', '--machine', 'skylake', '--vary', 'tlbs[4].entries=384,768,1536', '--vary', 'promoteAfter=0,1', '--distances', 'data'],
];

testWith(
  test,
  ['redis-server', 'redis-cli'],
  'a worker is killed in mid-job: another one finishes, the results are those of a sweep of this machine',
  async () => {
    const port = await freePort();
    const url = `redis://127.0.0.1:${port}`;
    const refused = place.lab('worker', url);
    assert.is(refused.status, 1);
    assert.match(refused.stderr, `pagewalk: ${url}: `);
    assert.match(place.lab('worker', 'here').stderr, "'here' is no redis://HOST:PORT");

    await startRedis(port);
    const ask = asker(port);

    place.must('synth', 'random', '--bytes', '256M', '--accesses', '400k', '-o', 'a.trace');
    const sweep = lab('sweep', '-o', 'far.jsonl', '--queue', url, ...SWEPT);
    await until('the jobs are queued', () => ask('keys', '*:wait') !== '');
    const queue = ask('keys', '*:wait').replace(/:wait$/, '');

    const first = lab('worker', url, '--workers', '1', '--lease', '1');
    // Stopped with a job in its hands, then killed.
    await stopInJob(first.child, () => ask('llen', `${queue}:active`));
    const held = ask('lrange', `${queue}:active`, '0', '-1');
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    assert.is(ask('hget', `${queue}:${held}`, 'returnvalue'), '', 'it was not done');

    const second = lab('worker', url, '--workers', '2', '--lease', '1');
    await once(sweep.child, 'exit');
    assert.is(sweep.child.exitCode, 0, sweep.said());
    second.child.kill('SIGTERM');
    await once(second.child, 'exit');
    assert.is(second.child.exitCode, 0, second.said());

    place.must('sweep', '-o', 'near.jsonl', ...SWEPT);
    assert.equal(counted('far.jsonl'), counted('near.jsonl'));
    assert.is(counted('far.jsonl').length, 7);
    // Everything is collected; the same sweep again has nothing to do and needs no worker.
    assert.is(ask('keys', `${queue}:[0-9a-f]*[0-9a-f][0-9a-f][0-9a-f][0-9a-f]`), '');
    assert.match(place.must('sweep', '-o', 'far.jsonl', '--queue', url, ...SWEPT).stderr, 'far.jsonl has 7 of 7 results already');
  },
);

testWith(
  test,
  ['redis-server', 'redis-cli'],
  'Redis ends in the middle of a sweep and comes back empty: the sweep and its worker go on',
  async () => {
    const port = await freePort();
    const url = `redis://127.0.0.1:${port}`;
    const redis = await startRedis(port);
    const ask = asker(port);
    const sweep = lab('sweep', '-o', 'back.jsonl', '--queue', url, ...SWEPT);
    await until('the jobs are queued', () => ask('keys', '*:wait') !== '');
    const queue = ask('keys', '*:wait').replace(/:wait$/, '');
    const worker = lab('worker', url, '--workers', '1', '--lease', '1');
    await stopInJob(worker.child, () => ask('llen', `${queue}:active`));
    redis.kill('SIGKILL');
    await once(redis, 'exit');
    worker.child.kill('SIGCONT');
    // Long enough for attempts to reach it.
    await new Promise((resolve) => setTimeout(resolve, 500));
    await startRedis(port);
    await once(sweep.child, 'exit');
    assert.is(sweep.child.exitCode, 0, sweep.said());
    worker.child.kill('SIGTERM');
    await once(worker.child, 'exit');
    assert.is(worker.child.exitCode, 0, worker.said());
    assert.equal(counted('back.jsonl'), counted('near.jsonl'));
    // Each has said so once, whatever the libraries tried.
    for (const { said } of [sweep, worker]) assert.is(said().match(/is there again/g)?.length, 1, said());
    assert.not.match(sweep.said(), 'at TCPConnectWrap');
  },
);

test.run();
