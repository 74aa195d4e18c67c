/** Regular files over the page cache: holes, fallocate, writeback, readahead, failing media, reclaim, seals. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EIO, ENOSPC } from '../../assembly/shared/errno.js';
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import { Suspend, SysError } from '../../host/linux/error.js';
import * as F from '../../host/linux/fcntl.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import type { VfsEnvironment } from '../../host/vfs/environment.js';
import { HostBuffer } from '../../host/vfs/hostbuffer.js';
import { releaseFile } from '../../host/vfs/openfile.js';
import type { PagedFile } from '../../host/vfs/pagedfile.js';
import { MEMORY_SIZE_MAX } from '../../host/vfs/pagedinode.js';
import { newEnvironment } from '../support/backends.js';
import { Disk, DiskFile } from '../support/disk.js';
import { fuzzRounds, fuzzSeed, Random } from '../support/random.js';
import { outcome, Tree } from '../support/tree.js';

/** As assert.equal, with one line to say where they differ. */
function sameBytes(got: ArrayLike<number>, want: ArrayLike<number>, what = ''): void {
  assert.is(got.length, want.length, `${what} length`);
  for (let i = 0; i < want.length; i++) if (got[i] !== want[i]) assert.is(got[i], want[i], `${what} byte ${i}`);
}

const PATTERN = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) ^ (i >> 7));

async function diskFile(length: number, frames?: number): Promise<{ env: VfsEnvironment; disk: Disk; inode: DiskFile; file: PagedFile }> {
  const env = await newEnvironment(frames);
  const disk = new Disk(PATTERN(length));
  const inode = new DiskFile(env, disk);
  return { env, disk, inode, file: inode.open(F.O_RDWR) as PagedFile };
}

function read(file: PagedFile, max: number, offset: number): Uint8Array {
  const buffer = new HostBuffer(new Uint8Array(max), file.paged.env.pages);
  const count = file.read(buffer, offset);
  if (count < 0) throw new SysError(-count);
  return buffer.filled;
}

function write(file: PagedFile, bytes: Uint8Array | string, offset?: number): number {
  const data = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
  const count = file.write(new HostBuffer(data, file.paged.env.pages), offset);
  if (count < 0) throw new SysError(-count);
  return count;
}

test('pages are read once; sequential misses read ahead, random ones do not', async () => {
  const { disk, file } = await diskFile(64 * PAGE_SIZE);
  sameBytes(read(file, 10, 40 * PAGE_SIZE), disk.bytes.slice(40 * PAGE_SIZE, 40 * PAGE_SIZE + 10));
  assert.equal(disk.reads, [40]);
  read(file, PAGE_SIZE, 40 * PAGE_SIZE);
  assert.equal(disk.reads, [40]);
  disk.reads.length = 0;
  sameBytes(read(file, 30 * PAGE_SIZE, 0), disk.bytes.slice(0, 30 * PAGE_SIZE));
  assert.equal([...disk.reads], Array.from({ length: 30 }, (_, i) => i).concat(disk.reads.slice(30)));
  assert.ok(disk.reads.length > 30, 'ahead');
  assert.is(new Set(disk.reads).size, disk.reads.length);
});

test('a write of a part reads the rest; a write of whole pages reads nothing', async () => {
  const { disk, inode, file } = await diskFile(8 * PAGE_SIZE + 100);
  const want = disk.bytes.slice();
  write(file, new Uint8Array(2 * PAGE_SIZE).fill(1), PAGE_SIZE);
  assert.equal(disk.reads, []);
  want.fill(1, PAGE_SIZE, 3 * PAGE_SIZE);
  write(file, 'hello', 4 * PAGE_SIZE - 2);
  want.set(new TextEncoder().encode('hello'), 4 * PAGE_SIZE - 2);
  assert.equal(disk.reads.slice(0, 2), [3, 4]);
  write(file, 'tail', 8 * PAGE_SIZE + 98);
  assert.is(inode.size, 8 * PAGE_SIZE + 102);
  file.sync(false);
  sameBytes(disk.bytes.slice(0, want.length - 2), want.slice(0, want.length - 2));
  assert.is(new TextDecoder().decode(disk.bytes.slice(-4)), 'tail');
  assert.is(disk.syncs, 1);
  disk.writes.length = 0;
  file.sync(true);
  assert.equal(disk.writes, [], 'clean');
});

test('truncation: the cut page keeps its beginning, what grows back is zero', async () => {
  const { disk, inode, file } = await diskFile(3 * PAGE_SIZE);
  const head = disk.bytes.slice(0, PAGE_SIZE + 10);
  read(file, 1, 0);
  file.truncate(PAGE_SIZE + 10);
  assert.is(disk.bytes.length, PAGE_SIZE + 10);
  file.truncate(2 * PAGE_SIZE);
  const bytes = read(file, 10 * PAGE_SIZE, 0);
  assert.is(bytes.length, 2 * PAGE_SIZE);
  sameBytes(bytes.slice(0, PAGE_SIZE + 10), head);
  assert.ok(bytes.slice(PAGE_SIZE + 10).every((byte) => byte === 0));
  file.truncate(0);
  assert.is(inode.size, 0);
  assert.is(read(file, 10, 0).length, 0);
});

test('a medium that fails: EIO, nothing half done, and it works again afterwards', async () => {
  const { env, disk, inode, file } = await diskFile(4 * PAGE_SIZE);
  disk.fail = () => {
    throw new SysError(EIO);
  };
  assert.is(
    outcome(() => read(file, 10, 0)),
    'EIO',
  );
  assert.is(
    outcome(() => write(file, 'x', 5)),
    'EIO',
  );
  assert.is(env.core.exports.objectPage(inode.object, 0), 0, 'no page of zeros stays');
  disk.fail = undefined;
  write(file, new Uint8Array(PAGE_SIZE).fill(9), 0);
  disk.fail = () => {
    throw new SysError(EIO);
  };
  assert.is(
    outcome(() => file.sync(false)),
    'EIO',
  );
  file.sync(false);
  disk.fail = undefined;
  file.sync(false);
  assert.is.not(disk.bytes[0], 9, 'as in Linux: told once, and not tried again');
  write(file, new Uint8Array(PAGE_SIZE).fill(9), 0);
  disk.fail = () => {
    throw new SysError(ENOSPC);
  };
  assert.is(
    outcome(() => file.sync(false)),
    'ENOSPC',
  );
  disk.fail = undefined;
  file.sync(false);
  assert.is(disk.bytes[0], 9, 'what lacks room only is tried again');
});

test('a medium that suspends leaves no trace: the call can run again, an append too', async () => {
  const { disk, inode } = await diskFile(PAGE_SIZE + 10);
  const file = inode.open(F.O_RDWR | F.O_APPEND) as PagedFile;
  disk.fail = () => {
    throw new Suspend(Promise.resolve());
  };
  assert.throws(
    () => write(file, 'again'),
    (error: unknown) => error instanceof Suspend,
  );
  assert.is(inode.size, PAGE_SIZE + 10);
  disk.fail = undefined;
  write(file, 'again');
  assert.is(inode.size, PAGE_SIZE + 15);
  assert.is(new TextDecoder().decode(read(file, 5, PAGE_SIZE + 10)), 'again');
});

test('reclaim drops clean pages, writes dirty ones back first when it must', async () => {
  const { env, disk, inode, file } = await diskFile(100 * PAGE_SIZE);
  read(file, 100 * PAGE_SIZE, 0);
  assert.is(inode.pagesPresent, 100);
  // The pages, and what frames the index of the pages took.
  env.core.exports.handsFree();
  assert.ok(env.pages.reclaim() >= 100);
  assert.is(inode.pagesPresent, 0);
  write(file, new Uint8Array(50 * PAGE_SIZE).fill(3), 0);
  env.core.exports.handsFree();
  assert.ok(env.pages.reclaim() >= 50);
  assert.is(inode.pagesPresent, 0);
  assert.is(disk.bytes[49 * PAGE_SIZE], 3);
  assert.is(read(file, 1, 49 * PAGE_SIZE)[0], 3);
});

test('a medium that fails does not stop others from being written back or reclaimed', async () => {
  const { env, disk, file } = await diskFile(10 * PAGE_SIZE);
  const other = new Disk(PATTERN(10 * PAGE_SIZE));
  const otherFile = new DiskFile(env, other).open(F.O_RDWR) as PagedFile;
  for (const each of [file, otherFile]) write(each, new Uint8Array(10 * PAGE_SIZE).fill(1), 0);
  disk.fail = () => {
    throw new SysError(EIO);
  };
  assert.is(env.pages.writeBack()?.errno, EIO);
  assert.is(other.writes.length, 10);
  write(otherFile, new Uint8Array(10 * PAGE_SIZE).fill(2), 0);
  env.core.exports.handsFree();
  assert.ok(env.pages.reclaim() >= 10);
  assert.is(
    outcome(() => file.sync(false)),
    'EIO',
  );
});

test('a file larger than memory can be read and written', async () => {
  const { disk, file } = await diskFile(400 * PAGE_SIZE, 200);
  const want = disk.bytes.slice();
  for (let at = 0; at < 400; at += 10)
    sameBytes(read(file, 10 * PAGE_SIZE, at * PAGE_SIZE), want.slice(at * PAGE_SIZE, (at + 10) * PAGE_SIZE));
  for (let at = 0; at < 400; at += 10) write(file, new Uint8Array(10 * PAGE_SIZE).fill(at), at * PAGE_SIZE);
  file.sync(false);
  for (let at = 0; at < 400; at += 10) assert.is(disk.bytes[at * PAGE_SIZE + 5], at & 255);
});

test('objects are forgotten when their last reference goes', async () => {
  const { env, inode, file } = await diskFile(PAGE_SIZE);
  const { object } = inode;
  read(file, 1, 0);
  assert.is(env.pages.inodeOf(object), inode);
  env.core.exports.objectRetain(object); // as a mapping does
  inode.nlink = 0;
  releaseFile(file);
  assert.is(env.pages.inodeOf(object), inode, 'a mapping still needs its pager');
  const again = inode.open(F.O_RDONLY) as PagedFile;
  assert.is(read(again, 1, 0).length, 1);
  releaseFile(again);
  env.core.exports.objectRelease(object);
  env.pages.forgetFreed();
  assert.is(env.pages.inodeOf(object), undefined);
  assert.is(inode.objectIfAny, 0);
});

async function memory(): Promise<{ t: Tree; file: PagedFile }> {
  const env = await newEnvironment();
  const t = Tree.over(env, new MemoryFileSystem(env));
  return { t, file: t.open('/f', F.O_RDWR | F.O_CREAT) as PagedFile };
}

test('SEEK_DATA and SEEK_HOLE', async () => {
  const { file } = await memory();
  write(file, 'x', 5 * PAGE_SIZE + 100);
  file.truncate(10 * PAGE_SIZE);
  assert.is(file.seek(0, F.SEEK_DATA), 5 * PAGE_SIZE);
  assert.is(file.seek(5 * PAGE_SIZE + 7, F.SEEK_DATA), 5 * PAGE_SIZE + 7);
  assert.is(file.seek(5 * PAGE_SIZE + 7, F.SEEK_HOLE), 6 * PAGE_SIZE);
  assert.is(file.seek(3, F.SEEK_HOLE), 3);
  assert.is(
    outcome(() => file.seek(6 * PAGE_SIZE, F.SEEK_DATA)),
    'ENXIO',
  );
  assert.is(
    outcome(() => file.seek(10 * PAGE_SIZE, F.SEEK_HOLE)),
    'ENXIO',
  );
  assert.is(file.seek(-1, F.SEEK_END), 10 * PAGE_SIZE - 1);
  assert.is(file.seek(11, F.SEEK_CUR), 10 * PAGE_SIZE + 10);
  for (const [offset, whence] of [
    [-1, F.SEEK_SET],
    [0, 9],
    [-1e9, F.SEEK_CUR],
    [MEMORY_SIZE_MAX + 1, F.SEEK_SET],
  ]) {
    assert.is(
      outcome(() => file.seek(offset, whence)),
      'EINVAL',
    );
  }
  const disk = await diskFile(3 * PAGE_SIZE);
  assert.is(disk.file.seek(5, F.SEEK_DATA), 5);
  assert.is(disk.file.seek(5, F.SEEK_HOLE), 3 * PAGE_SIZE);
});

test('fallocate', async () => {
  const { t, file } = await memory();
  write(file, new Uint8Array(6 * PAGE_SIZE).fill(7), 0);
  const { paged } = file;
  file.allocate(F.FALLOC_FL_PUNCH_HOLE | F.FALLOC_FL_KEEP_SIZE, PAGE_SIZE - 10, 2 * PAGE_SIZE + 20);
  assert.is(paged.pagesPresent, 4);
  const bytes = read(file, 6 * PAGE_SIZE, 0);
  bytes.forEach((byte, i) => {
    if ((i >= PAGE_SIZE - 10 && i < 3 * PAGE_SIZE + 10 ? 0 : 7) !== byte) assert.unreachable(`byte ${i} is ${byte}`);
  });
  file.allocate(0, 0, 3 * PAGE_SIZE);
  assert.is(paged.pagesPresent, 6);
  file.allocate(0, 6 * PAGE_SIZE, PAGE_SIZE);
  file.allocate(F.FALLOC_FL_PUNCH_HOLE | F.FALLOC_FL_KEEP_SIZE, 5 * PAGE_SIZE, 2 * PAGE_SIZE);
  assert.is(paged.size, 7 * PAGE_SIZE);
  assert.ok(read(file, 2 * PAGE_SIZE, 5 * PAGE_SIZE).every((byte) => byte === 0));
  file.allocate(F.FALLOC_FL_KEEP_SIZE, 0, 20 * PAGE_SIZE);
  assert.is(paged.size, 7 * PAGE_SIZE);
  assert.is(t.inode('/f').blocks, 20 * 8);
  const refuse = (mode: number, offset: number, length: number): string => outcome(() => file.allocate(mode, offset, length));
  assert.is(refuse(0, -1, 5), 'EINVAL');
  assert.is(refuse(0, 0, 0), 'EINVAL');
  assert.is(refuse(F.FALLOC_FL_PUNCH_HOLE, 0, 5), 'EOPNOTSUPP');
  assert.is(refuse(F.FALLOC_FL_ZERO_RANGE, 0, PAGE_SIZE), 'EOPNOTSUPP');
  assert.is(refuse(F.FALLOC_FL_COLLAPSE_RANGE, 0, PAGE_SIZE), 'EOPNOTSUPP');
  assert.is(refuse(0, MEMORY_SIZE_MAX, 1), 'EFBIG');
  assert.is(refuse(0, 0, 2 ** 40), 'ENOSPC');
  const present = paged.pagesPresent;
  assert.is(refuse(0, 2 ** 33, 2 ** 26), 'ENOSPC');
  assert.is(paged.pagesPresent, present, 'nothing of it stays');
  assert.is(
    outcome(() => (t.open('/f') as PagedFile).allocate(0, 0, 1)),
    'EBADF',
  );
});

test('huge offsets', async () => {
  const { file } = await memory();
  write(file, 'end', 2 ** 42);
  assert.is(file.paged.size, 2 ** 42 + 3);
  assert.is(new TextDecoder().decode(read(file, 10, 2 ** 42)), 'end');
  assert.is(read(file, 4, 2 ** 41).join(), '0,0,0,0');
  assert.is(
    outcome(() => write(file, 'x', MEMORY_SIZE_MAX)),
    'EFBIG',
  );
  assert.is(write(file, 'xyz', MEMORY_SIZE_MAX - 2), 2, 'what fits');
  assert.is(
    outcome(() => write(file, 'x', -1)),
    'EINVAL',
  );
  assert.is(
    outcome(() => read(file, 1, -1)),
    'EINVAL',
  );
  assert.is(
    outcome(() => file.truncate(MEMORY_SIZE_MAX + 1)),
    'EFBIG',
  );
  assert.is(read(file, 1, Number.MAX_SAFE_INTEGER).length, 0);
});

test('seals', async () => {
  const { file } = await memory();
  write(file, new Uint8Array(100), 0);
  file.paged.seals = F.F_SEAL_GROW | F.F_SEAL_SHRINK;
  write(file, 'inside', 10);
  assert.is(
    outcome(() => write(file, 'x', 100)),
    'EPERM',
  );
  assert.is(
    outcome(() => file.truncate(101)),
    'EPERM',
  );
  assert.is(
    outcome(() => file.truncate(99)),
    'EPERM',
  );
  file.paged.seals = F.F_SEAL_WRITE;
  assert.is(
    outcome(() => write(file, 'x', 0)),
    'EPERM',
  );
  assert.is(
    outcome(() => file.allocate(F.FALLOC_FL_PUNCH_HOLE | F.FALLOC_FL_KEEP_SIZE, 0, 10)),
    'EPERM',
  );
});

test('relatime: atime moves when it is older than the last change, then not', async () => {
  const { t, file } = await memory();
  write(file, 'x', 0);
  read(file, 1, 0);
  const first = file.paged.atime;
  assert.ok(first.sec > file.paged.mtime.sec);
  read(file, 1, 0);
  assert.is(file.paged.atime, first);
  write(file, 'y', 0);
  read(file, 1, 0);
  assert.is.not(file.paged.atime, first);
  const before = file.paged.atime;
  write(file, 'z', 0);
  const quiet = t.open('/f', F.O_RDONLY | F.O_NOATIME) as PagedFile;
  read(quiet, 1, 0);
  assert.is(file.paged.atime, before);
});

/** Random reads, writes, truncations and hole punching beside a plain array. */
function model(file: PagedFile, random: Random, pages: number, steps: number, reclaim: () => void): void {
  let want: number[] = [...read(file, 1 << 24, 0)];
  const limit = pages * PAGE_SIZE;
  for (let step = 0; step < steps; step++) {
    const at = random.below(limit);
    const length = 1 + random.below(random.chance(0.3) ? 3 * PAGE_SIZE : 100);
    switch (random.below(7)) {
      case 0:
      case 1: {
        const bytes = random.bytes(length);
        write(file, bytes, at);
        while (want.length < at) want.push(0);
        for (let i = 0; i < length; i++) want[at + i] = bytes[i];
        break;
      }
      case 2:
        file.truncate(at);
        want = want.slice(0, at);
        while (want.length < at) want.push(0);
        break;
      case 3:
        file.allocate(F.FALLOC_FL_PUNCH_HOLE | F.FALLOC_FL_KEEP_SIZE, at, length);
        for (let i = at; i < Math.min(at + length, want.length); i++) want[i] = 0;
        break;
      case 4:
        file.sync(false);
        break;
      case 5:
        reclaim();
        break;
      default:
        sameBytes(read(file, length, at), want.slice(at, at + length), `seed ${random.seed}, step ${step}`);
    }
    assert.is(file.paged.size, want.length, `seed ${random.seed}, step ${step}`);
  }
  sameBytes(read(file, 1 << 24, 0), want, `seed ${random.seed}: the end`);
}

test('like an array, whatever is done to it', async () => {
  const seed = fuzzSeed(11);
  for (let round = 0; round < fuzzRounds(3); round++) {
    const disk = await diskFile(5 * PAGE_SIZE + 17);
    model(disk.file, new Random(seed + round), 9, 300, () => disk.env.pages.reclaim());
    disk.file.sync(false);
    sameBytes(disk.disk.bytes, read(disk.file, 1 << 24, 0), 'the medium at the end');
    const { t, file } = await memory();
    model(file, new Random(seed + round), 9, 300, () => t.env.pages.reclaim());
  }
});

test.run();
