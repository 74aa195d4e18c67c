/** Pipes and FIFOs. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EAGAIN, EBADF, EPIPE } from '../../assembly/shared/errno.js';
import * as F from '../../host/linux/fcntl.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../host/linux/poll.js';
import { S_IFIFO } from '../../host/linux/stat.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { displayPath, type Location } from '../../host/vfs/dentry.js';
import { HostBuffer } from '../../host/vfs/hostbuffer.js';
import { releaseFile } from '../../host/vfs/openfile.js';
import { createPipe, PIPE_BUF, PIPE_CAPACITY, type PipeFile } from '../../host/vfs/pipe.js';
import type { OpenFile } from '../../host/vfs/types.js';
import { newEnvironment } from '../support/backends.js';
import { Random } from '../support/random.js';
import { outcome, Tree } from '../support/tree.js';

async function setup(): Promise<{ t: Tree; r: PipeFile; w: PipeFile }> {
  const env = await newEnvironment(256);
  const t = Tree.over(env, new MemoryFileSystem(env));
  const [r, w] = createPipe(t.namespace, 0);
  return { t, r, w };
}

/** The raw result: a count or -errno. */
const write = (t: Tree, file: OpenFile, bytes: number | string): number =>
  file.write(new HostBuffer(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : new Uint8Array(bytes), t.env.pages));
const read = (t: Tree, file: OpenFile, max: number): number => file.read(new HostBuffer(new Uint8Array(max), t.env.pages));

test('bytes come out in order, and a reader takes what there is', async () => {
  const { t, r, w } = await setup();
  assert.is(read(t, r, 10), -EAGAIN);
  write(t, w, 'hello ');
  write(t, w, 'world');
  assert.is(t.readFile(r, 8), 'hello wo');
  assert.is(t.readFile(r, 100), 'rld');
  assert.is(read(t, r, 0), 0);
});

test('wrong ends', async () => {
  const { t, r, w } = await setup();
  assert.is(read(t, w, 1), -EBADF);
  assert.is(write(t, r, 'x'), -EBADF);
  assert.is(
    outcome(() => r.seek(0, 0)),
    'ESPIPE',
  );
  assert.is(
    outcome(() => r.mapObject()),
    'ENODEV',
  );
});

test('small writes are whole or not at all, large ones fill what there is', async () => {
  const { t, r, w } = await setup();
  assert.is(write(t, w, PIPE_CAPACITY - 100), PIPE_CAPACITY - 100);
  assert.is(write(t, w, PIPE_BUF), -EAGAIN);
  assert.is(w.poll() & POLLOUT, 0);
  assert.is(write(t, w, 100), 100);
  assert.is(write(t, w, 1), -EAGAIN);
  read(t, r, 10);
  assert.is(write(t, w, PIPE_BUF + 1), -EAGAIN, 'a page that was read in part is in use');
  read(t, r, PIPE_BUF - 10);
  assert.is(write(t, w, PIPE_BUF + 1), PIPE_BUF, 'more than PIPE_BUF: in part');
  read(t, r, PIPE_CAPACITY);
  assert.is(write(t, w, 200_000), PIPE_CAPACITY);
});

test('end of file, broken pipe, and what poll says of them', async () => {
  const { t, r, w } = await setup();
  assert.is(r.poll(), 0);
  assert.is(w.poll(), POLLOUT | POLLWRNORM);
  write(t, w, 'x');
  assert.is(r.poll(), POLLIN | POLLRDNORM);
  releaseFile(w);
  assert.is(r.poll(), POLLIN | POLLRDNORM | POLLHUP);
  assert.is(read(t, r, 5), 1);
  assert.is(read(t, r, 5), 0);
  assert.is(r.poll(), POLLHUP);
  const [r2, w2] = createPipe(t.namespace, 0);
  releaseFile(r2);
  assert.is(write(t, w2, 'x'), -EPIPE);
  assert.is(w2.poll(), POLLOUT | POLLWRNORM | POLLERR);
});

test('those who wait are woken', async () => {
  const { t, r, w } = await setup();
  let woken = 0;
  r.queue.add({ wake: () => woken++ });
  write(t, w, 'x');
  assert.is(woken, 1);
  read(t, r, 1);
  assert.is(woken, 1, 'there was room before');
  write(t, w, PIPE_CAPACITY);
  assert.is(woken, 2);
  read(t, r, 5000);
  assert.is(woken, 3);
  releaseFile(w);
  assert.is(woken, 4);
});

test('capacity', async () => {
  const { t, r, w } = await setup();
  assert.is(r.pipe.capacity, PIPE_CAPACITY);
  assert.is(r.pipe.resize(5000, false), 8192);
  assert.is(r.pipe.resize(0, false), 4096);
  assert.is(write(t, w, 10_000), 4096);
  assert.is(r.pipe.resize(100_000, false), 131072);
  assert.is(write(t, w, 4096), 4096);
  assert.is(
    outcome(() => r.pipe.resize(4096, false)),
    'EBUSY',
  );
  assert.is(
    outcome(() => r.pipe.resize(2 ** 21, false)),
    'EPERM',
  );
  assert.is(r.pipe.resize(2 ** 21, true), 2 ** 21);
  assert.is(
    outcome(() => r.pipe.resize(-1, true)),
    'EINVAL',
  );
  assert.is(
    outcome(() => r.pipe.resize(2 ** 31, true)),
    'EPERM',
  );
});

test('many pipes do not take the host more than their share', async () => {
  const { t } = await setup();
  const pipes = Array.from({ length: 2000 }, () => createPipe(t.namespace, 0));
  assert.is(pipes[1999][0].pipe.capacity, 4096);
  assert.ok(t.env.pipeBytes < 80 * 1024 * 1024);
  for (const [r, w] of pipes) {
    releaseFile(r);
    releaseFile(w);
  }
  assert.is(t.env.pipeBytes, PIPE_CAPACITY, 'the first one is still open');
});

test('a FIFO opened by name waits for its other end', async () => {
  const { t } = await setup();
  t.mknod('/f', S_IFIFO | 0o600);
  assert.is(
    outcome(() => t.open('/f', F.O_WRONLY | F.O_NONBLOCK)),
    'ENXIO',
  );
  const r = t.open('/f');
  assert.ok(r.opening);
  const w = t.open('/f', F.O_WRONLY);
  assert.not.ok(w.opening);
  assert.not.ok(r.opening);
  write(t, w, 'through');
  assert.is(t.readFile(r), 'through');
  releaseFile(r);
  releaseFile(w);
});

test('a partner that came and went has ended the wait', async () => {
  const { t } = await setup();
  t.mknod('/f', S_IFIFO | 0o600);
  const w = t.open('/f', F.O_WRONLY);
  assert.ok(w.opening);
  const r = t.open('/f', F.O_RDONLY);
  releaseFile(r);
  assert.not.ok(w.opening);
  assert.is(write(t, w, 'x'), -EPIPE);
  releaseFile(w);
  const again = t.open('/f', F.O_RDONLY);
  assert.ok(again.opening, 'an interrupted open is over');
  releaseFile(again);
  const late = t.open('/f', F.O_WRONLY);
  assert.ok(late.opening);
  releaseFile(late);
});

test('a FIFO opened without waiting, and for both', async () => {
  const { t } = await setup();
  t.mknod('/f', S_IFIFO | 0o600);
  const r = t.open('/f', F.O_RDONLY | F.O_NONBLOCK);
  assert.not.ok(r.opening);
  assert.is(r.poll(), 0, 'no hang-up before there was a writer');
  assert.is(read(t, r, 1), 0);
  const w = t.open('/f', F.O_WRONLY | F.O_NONBLOCK);
  write(t, w, 'kept');
  releaseFile(w);
  assert.is(r.poll(), POLLIN | POLLRDNORM | POLLHUP);
  const both = t.open('/f', F.O_RDWR);
  assert.not.ok(both.opening);
  assert.is(t.readFile(both), 'kept');
  assert.is(read(t, both, 1), -EAGAIN, 'it is its own writer');
  releaseFile(r);
  releaseFile(both);
  const fresh = t.open('/f', F.O_RDWR);
  assert.is(read(t, fresh, 1), -EAGAIN, 'nothing is left of before');
  releaseFile(fresh);
});

test('/proc/self/fd leads to the same pipe', async () => {
  const { t, r, w } = await setup();
  const location = r.location as Location;
  assert.match(displayPath(location, t.ctx.root), /^pipe:\[\d+\]$/);
  const again = location.inode.open(F.O_RDONLY);
  assert.not.ok(again.opening, 'there is a writer');
  write(t, w, 'xy');
  assert.is(t.readFile(again, 1), 'x');
  assert.is(t.readFile(r, 1), 'y');
});

test('the ring keeps its bytes whatever the pieces', async () => {
  const { t, r, w } = await setup();
  const random = new Random(5);
  let sent = 0;
  let received = 0;
  for (let i = 0; i < 3000; i++) {
    if (random.chance(0.5)) {
      const bytes = Uint8Array.from({ length: random.below(9000) }, (_, k) => (sent + k) & 255);
      sent += Math.max(w.write(new HostBuffer(bytes, t.env.pages)), 0);
    } else {
      const buffer = new HostBuffer(new Uint8Array(random.below(9000)), t.env.pages);
      const count = r.read(buffer);
      for (let k = 0; k < count; k++) if (buffer.bytes[k] !== ((received + k) & 255)) assert.unreachable(`byte ${received + k}`);
      received += Math.max(count, 0);
    }
    // EBUSY where more pages are in use.
    if (i % 500 === 0) outcome(() => r.pipe.resize(random.pick([4096, 65536, 131072]) + r.pipe.used, false));
  }
  assert.is(r.pipe.used, sent - received);
  assert.ok(received > 1e6);
});

test.run();
