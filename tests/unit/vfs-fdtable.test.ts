/** Descriptor tables, and the locks that go with descriptors. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as F from '../../host/linux/fcntl.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { FdTable } from '../../host/vfs/fdtable.js';
import * as L from '../../host/vfs/flock.js';
import { releaseFile } from '../../host/vfs/openfile.js';
import { newEnvironment } from '../support/backends.js';
import { fuzzRounds, fuzzSeed, Random } from '../support/random.js';
import { outcome, Tree } from '../support/tree.js';

async function setup(): Promise<Tree> {
  const env = await newEnvironment(256);
  const t = Tree.over(env, new MemoryFileSystem(env));
  t.touch('/f');
  return t;
}

test('the lowest free descriptor, limits, EBADF', async () => {
  const t = await setup();
  const table = new FdTable();
  for (let fd = 0; fd < 5; fd++) assert.is(table.install(t.open('/f')), fd);
  table.close(1);
  table.close(3);
  assert.is(table.install(t.open('/f')), 1);
  assert.is(table.dup(0), 3);
  assert.is(table.dup(0, false, 10), 10);
  assert.is(table.lowestFree(), 5);
  assert.is(
    outcome(() => table.dup(0, false, 0, 5)),
    'EMFILE',
  );
  assert.is(
    outcome(() => table.dup(0, false, 7, 5)),
    'EINVAL',
  );
  assert.is(
    outcome(() => table.dup(0, false, -1)),
    'EINVAL',
  );
  const file = t.open('/f');
  assert.is(
    outcome(() => table.install(file, false, 0, 5)),
    'EMFILE',
  );
  assert.is(
    outcome(() => table.requireFree(2, 6)),
    'EMFILE',
  );
  assert.is(
    outcome(() => table.requireFree(2, 7)),
    'ok',
  );
  for (const fd of [7, -1, 1e9, 0.5, Number.NaN]) {
    assert.is(
      outcome(() => table.get(fd)),
      'EBADF',
    );
  }
  assert.equal(
    [...table.entries()].map(([fd]) => fd),
    [0, 1, 2, 3, 4, 10],
  );
  table.release();
  assert.is(table.size, 0);
});

test('references: the last descriptor closes the file', async () => {
  const t = await setup();
  const file = t.open('/f');
  let closed = 0;
  const close = file.close.bind(file);
  file.close = () => {
    closed++;
    close();
  };
  const table = new FdTable();
  table.install(file);
  table.dup(0);
  const child = table.clone();
  assert.is(file.refs, 4);
  assert.is(table.share(), table);
  table.release();
  assert.is(file.refs, 4);
  table.release();
  assert.is(file.refs, 2);
  child.close(0);
  assert.is(closed, 0);
  child.close(1);
  assert.is(closed, 1);
  assert.throws(() => releaseFile(file), /too often/);
});

test('dup3 replaces in one step', async () => {
  const t = await setup();
  const table = new FdTable();
  table.install(t.open('/f'));
  table.install(t.open('/f'));
  const old = table.get(1);
  assert.is(table.dup3(0, 1, true), 1);
  assert.is(table.get(1), table.get(0));
  assert.is(old.refs, 0);
  assert.ok(table.isCloexec(1));
  assert.is(
    outcome(() => table.dup3(0, 0)),
    'EINVAL',
  );
  assert.is(
    outcome(() => table.dup3(9, 1)),
    'EBADF',
  );
  assert.is(
    outcome(() => table.dup3(0, 64, false, 64)),
    'EBADF',
  );
  assert.is(
    outcome(() => table.dup3(0, -1)),
    'EBADF',
  );
  assert.is(table.dup3(0, 63, false, 64), 63);
});

test('close-on-exec and close_range', async () => {
  const t = await setup();
  const table = new FdTable();
  for (let fd = 0; fd < 10; fd++) table.install(t.open('/f'), fd % 2 === 1);
  const child = table.clone();
  child.setCloexec(0, true);
  child.setCloexec(1, false);
  child.closeOnExec();
  assert.equal(
    [...child.entries()].map(([fd]) => fd),
    [1, 2, 4, 6, 8],
  );
  table.closeRange(2, 4);
  table.closeRange(8, 2 ** 32 - 1, true);
  assert.equal(
    [...table.entries()].map(([fd]) => [fd, table.isCloexec(fd)]),
    [
      [0, false],
      [1, true],
      [5, true],
      [6, false],
      [7, true],
      [8, true],
      [9, true],
    ],
  );
});

test('O_PATH descriptors name a file and do nothing else', async () => {
  const t = await setup();
  const table = new FdTable();
  table.install(t.open('/f', F.O_PATH));
  assert.is(
    outcome(() => table.get(0)),
    'EBADF',
  );
  assert.is(table.getAny(0).inode, t.inode('/f'));
});

// --- locks

const END = Number.POSITIVE_INFINITY;
const request = (owner: object, type: number, start: number, end: number, pid = 1): L.LockRequest => ({ owner, pid, type, start, end });
const shown = (inode: Parameters<typeof L.recordLocks>[0]): string =>
  L.recordLocks(inode)
    .map((lock) => `${lock.pid}${lock.type === F.F_RDLCK ? 'r' : 'w'}${lock.start}-${lock.end === END ? '' : lock.end}`)
    .join(' ');

test('record locks split, merge, upgrade', async () => {
  const t = await setup();
  const inode = t.inode('/f');
  const a = {};
  const b = {};
  assert.ok(L.setRecordLock(inode, request(a, F.F_WRLCK, 0, 100)));
  assert.ok(L.setRecordLock(inode, request(a, F.F_UNLCK, 40, 60)));
  assert.is(shown(inode), '1w0-40 1w60-100');
  assert.ok(L.setRecordLock(inode, request(b, F.F_RDLCK, 40, 60, 2)));
  assert.not.ok(L.setRecordLock(inode, request(b, F.F_RDLCK, 30, 50, 2)));
  assert.not.ok(L.setRecordLock(inode, request(a, F.F_WRLCK, 0, END)));
  assert.equal(L.conflictingLock(inode, request(a, F.F_WRLCK, 0, END))?.pid, 2);
  assert.ok(L.setRecordLock(inode, request(a, F.F_RDLCK, 20, 70)));
  assert.is(shown(inode), '1w0-20 1r20-70 2r40-60 1w70-100');
  assert.ok(L.setRecordLock(inode, request(a, F.F_RDLCK, 0, 100)));
  assert.is(shown(inode), '1r0-100 2r40-60');
  assert.ok(L.setRecordLock(inode, request(a, F.F_UNLCK, 0, END)));
  assert.is(shown(inode), '2r40-60');
  assert.ok(L.setRecordLock(inode, request(b, F.F_RDLCK, 60, END, 2)));
  assert.is(shown(inode), '2r40-');
});

test('record locks agree with a byte map', async () => {
  const t = await setup();
  const inode = t.inode('/f');
  const random = new Random(fuzzSeed(3));
  const owners = [{}, {}, {}];
  const bytes: number[][] = owners.map(() => new Array(50).fill(F.F_UNLCK));
  for (let i = 0; i < fuzzRounds(1) * 3000; i++) {
    const who = random.below(3);
    const start = random.below(50);
    const end = start + 1 + random.below(50 - start);
    const type = random.pick([F.F_RDLCK, F.F_WRLCK, F.F_UNLCK]);
    const refused = owners.some(
      (_, other) =>
        other !== who &&
        type !== F.F_UNLCK &&
        bytes[other].slice(start, end).some((held) => held === F.F_WRLCK || (held === F.F_RDLCK && type === F.F_WRLCK)),
    );
    assert.is(L.setRecordLock(inode, request(owners[who], type, start, end, who)), !refused, `step ${i}`);
    if (!refused) bytes[who].fill(type, start, end);
    const held: number[][] = owners.map(() => new Array(50).fill(F.F_UNLCK));
    for (const lock of L.recordLocks(inode)) held[lock.pid].fill(lock.type, lock.start, lock.end);
    assert.equal(held, bytes, `step ${i}`);
  }
});

test('struct flock to a range', () => {
  assert.equal(L.lockRange(0, 5, 10), { start: 5, end: 15 });
  assert.equal(L.lockRange(100, -5, 0), { start: 95, end: END });
  assert.equal(L.lockRange(100, 0, -30), { start: 70, end: 100 });
  assert.is(
    outcome(() => L.lockRange(0, -1, 5)),
    'EINVAL',
  );
  assert.is(
    outcome(() => L.lockRange(10, 0, -11)),
    'EINVAL',
  );
});

test('a circle of waiters is a deadlock', async () => {
  const t = await setup();
  const inode = t.inode('/f');
  const [a, b, c] = [{}, {}, {}];
  for (const [i, owner] of [a, b, c].entries()) L.setRecordLock(inode, request(owner, F.F_WRLCK, i * 10, i * 10 + 10));
  assert.not.ok(L.setRecordLockOrWait(inode, request(a, F.F_WRLCK, 10, 20)));
  assert.not.ok(L.setRecordLockOrWait(inode, request(b, F.F_WRLCK, 20, 30)));
  assert.is(
    outcome(() => L.setRecordLockOrWait(inode, request(c, F.F_WRLCK, 0, 10))),
    'EDEADLK',
  );
  L.stopWaiting(b);
  assert.not.ok(L.setRecordLockOrWait(inode, request(c, F.F_WRLCK, 0, 10)));
  let woken = 0;
  L.lockQueue(inode).add({ wake: () => woken++ });
  L.releaseRecordLocks(inode, b);
  assert.is(woken, 1);
  assert.ok(L.setRecordLockOrWait(inode, request(a, F.F_WRLCK, 10, 20)));
});

test('closing any descriptor of a file gives up its POSIX locks; OFD locks wait for the last one', async () => {
  const t = await setup();
  const inode = t.inode('/f');
  const table = new FdTable();
  const file = t.open('/f', F.O_RDWR);
  table.install(file);
  table.install(t.open('/f'));
  L.setRecordLock(inode, request(table, F.F_WRLCK, 0, 10));
  L.setRecordLock(inode, request(file, F.F_WRLCK, 20, 30, -1));
  const child = table.clone();
  child.close(0);
  child.release();
  assert.is(shown(inode), '1w0-10 -1w20-30', 'a child owns none of them');
  table.close(1);
  assert.is(shown(inode), '-1w20-30');
  table.dup(0);
  table.close(0);
  assert.is(shown(inode), '-1w20-30');
  table.close(1);
  assert.is(shown(inode), '');
});

test('flock', async () => {
  const t = await setup();
  const [a, b] = [t.open('/f'), t.open('/f')];
  assert.ok(L.setFileLock(a, F.LOCK_SH));
  assert.ok(L.setFileLock(b, F.LOCK_SH));
  assert.not.ok(L.setFileLock(a, F.LOCK_EX));
  assert.ok(L.setFileLock(b, F.LOCK_EX), 'the refused conversion has given up its shared lock');
  assert.ok(L.setFileLock(b, F.LOCK_EX));
  assert.not.ok(L.setFileLock(a, F.LOCK_SH));
  assert.ok(L.setRecordLock(a.inode, request(a, F.F_WRLCK, 0, END)), 'the kinds do not meet');
  releaseFile(b);
  assert.ok(L.setFileLock(a, F.LOCK_EX));
  assert.ok(L.setFileLock(a, F.LOCK_UN));
  assert.is(
    outcome(() => L.setFileLock(a, 3)),
    'EINVAL',
  );
});

test('too many locks', async () => {
  const t = await setup();
  const inode = t.inode('/f');
  const owner = {};
  assert.is(
    outcome(() => {
      for (let i = 0; i < 5000; i++) L.setRecordLock(inode, request(owner, F.F_RDLCK, i * 2, i * 2 + 1));
    }),
    'ENOLCK',
  );
});

test.run();
