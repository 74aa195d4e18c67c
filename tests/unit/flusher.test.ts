/** Dirty pages that nobody asks to write back: by age, by number, and writers that wait. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EIO, ENOSPC } from '../../assembly/shared/errno.js';
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import { Suspend, SysError } from '../../host/linux/error.js';
import * as F from '../../host/linux/fcntl.js';
import type { VfsEnvironment } from '../../host/vfs/environment.js';
import { HostBuffer } from '../../host/vfs/hostbuffer.js';
import type { PagedFile } from '../../host/vfs/pagedfile.js';
import { newEnvironment } from '../support/backends.js';
import { Disk, DiskFile } from '../support/disk.js';

const SECOND = 1e9;
const FRAMES = 2000;

async function world(): Promise<{ env: VfsEnvironment; disk: Disk; file: PagedFile; write: (page: number, count?: number) => void }> {
  const env = await newEnvironment(FRAMES);
  const disk = new Disk(new Uint8Array(0));
  const file = new DiskFile(env, disk).open(F.O_RDWR) as PagedFile;
  const write = (page: number, count = 1): void => {
    file.write(new HostBuffer(new Uint8Array(count * PAGE_SIZE).fill(1), env.pages), page * PAGE_SIZE);
  };
  return { env, disk, file, write };
}

test('what is old is written, what is young is not', async () => {
  const { env, disk, write } = await world();
  const { flusher } = env;
  assert.is(flusher.due, Number.POSITIVE_INFINITY, 'nothing is dirty');
  flusher.advance(100 * SECOND);
  write(0, 3);
  assert.is(flusher.due, 105 * SECOND);
  for (let at = 100; at < 135; at++) flusher.advance(at * SECOND);
  assert.equal(disk.writes, []);
  flusher.advance(135 * SECOND);
  assert.equal(disk.writes, [0, 1, 2]);
  assert.is(flusher.due, Number.POSITIVE_INFINITY);
  assert.is(disk.syncs, 0, 'nobody asked the medium to keep it');
});

test('the knobs: age, interval, never', async () => {
  const { env, disk, write } = await world();
  const { flusher } = env;
  flusher.expireCentisecs = 100;
  flusher.writebackCentisecs = 50;
  write(0);
  flusher.advance(0.5 * SECOND);
  flusher.advance(1 * SECOND);
  assert.equal(disk.writes, []);
  flusher.advance(1.5 * SECOND);
  assert.equal(disk.writes, [0]);
  flusher.writebackCentisecs = 0;
  write(1);
  assert.is(flusher.due, Number.POSITIVE_INFINITY);
  flusher.advance(1000 * SECOND);
  assert.equal(disk.writes, [0]);
});

test('more than the background limit is written behind the writer', async () => {
  const { env, disk, write } = await world();
  const { flusher } = env;
  flusher.backgroundBytes = 10 * PAGE_SIZE;
  flusher.bytes = 100 * PAGE_SIZE;
  write(0, 10);
  flusher.advance(1);
  assert.is(disk.writes.length, 0);
  write(10, 1);
  assert.is(disk.writes.length, 0);
  flusher.advance(2);
  assert.is(disk.writes.length, 11);
});

test('above the limit the writer writes back itself', async () => {
  const { env, disk, write } = await world();
  const { flusher } = env;
  const { limit, background } = flusher.limits;
  assert.ok(limit > 0.15 * FRAMES && limit <= 0.2 * FRAMES && background <= limit / 2 + 1, `${limit} ${background}`);
  flusher.backgroundBytes = 10 * PAGE_SIZE;
  flusher.bytes = 20 * PAGE_SIZE;
  for (let page = 0; page < 20; page++) write(page);
  assert.is(disk.writes.length, 0);
  write(20);
  assert.is(disk.writes.length, 21);
  flusher.bytes = 4 * PAGE_SIZE;
  assert.equal(flusher.limits, { limit: 4, background: 2 }, 'the background limit is below the other');
});

test('media that fail or must be waited for stop nothing', async () => {
  const { env, disk, file, write } = await world();
  const { flusher } = env;
  flusher.bytes = 5 * PAGE_SIZE;
  disk.fail = () => {
    throw new SysError(ENOSPC);
  };
  for (let page = 0; page < 50; page++) write(page);
  for (let at = 0; at < 100; at++) flusher.advance(at * SECOND);
  assert.is(file.paged.pagesDirty, 50);
  disk.fail = () => {
    throw new Suspend(Promise.resolve());
  };
  flusher.advance(200 * SECOND);
  write(50);
  assert.is(file.paged.pagesDirty, 51);
  disk.fail = () => {
    throw new SysError(EIO);
  };
  flusher.advance(300 * SECOND);
  assert.is(file.paged.pagesDirty, 0, 'given up');
  assert.is(env.pages.lost?.errno, EIO);
  assert.throws(
    () => file.sync(false),
    (error: unknown) => error instanceof SysError && error.errno === EIO,
  );
  file.sync(false);
});

test.run();
