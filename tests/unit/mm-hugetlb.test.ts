/** Huge pages of the pool: what is promised is there, what is given back comes back, and nothing is lost on the way. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EINVAL, ENOMEM } from '../../assembly/shared/errno.js';
import { FAULT_ADRERR, OBJECT_HUGETLB } from '../../assembly/shared/exit.js';
import * as M from '../../assembly/shared/mman.js';
import * as S from '../../assembly/shared/stat.js';
import { ANON, MAY_ALL, Mm, PAGE, RW, SHARED_ANON } from '../support/core.js';

const AT = 0x1000000;
const MEGA = 2 ** 21;

class Pool {
  private constructor(
    readonly mm: Mm,
    readonly before: number,
    readonly space: number,
  ) {}

  static async create(pages: number): Promise<Pool> {
    const mm = await Mm.create(1 << 15);
    const before = mm.frames;
    mm.exports.hugetlbResize(pages);
    return new Pool(mm, before, mm.space());
  }

  /** "total/free/promised" */
  get counts(): string {
    return [S.POOL_TOTAL, S.POOL_FREE, S.POOL_RESERVED].map((which) => this.mm.exports.hugetlbPool(which)).join('/');
  }

  map(pages: number, flags = ANON, at = AT, object = 0): number {
    return this.mm.exports.mmMap(this.space, at, pages * MEGA, RW, flags | M.MAP_HUGETLB | M.MAP_FIXED, object, 0, MAY_ALL);
  }

  finish(...spaces: readonly number[]): void {
    this.mm.check(this.space, ...spaces);
    for (const space of spaces) this.mm.exports.spaceRelease(space);
    this.mm.exports.mmUnmap(this.space, 0, 2 ** 38);
    this.mm.exports.hugetlbResize(0);
    assert.is(this.counts, '0/0/0');
    this.mm.finish(this.before, this.space);
  }
}

test('a mapping is promised its pages, takes them at its faults, and gives all back', async () => {
  const pool = await Pool.create(4);
  const { mm, space } = pool;
  assert.is(pool.map(5), -ENOMEM);
  assert.is(pool.map(3), AT);
  assert.is(pool.counts, '4/4/3');
  assert.is(pool.map(2, ANON, AT + 8 * MEGA), -ENOMEM, 'one is left');
  mm.write(space, AT + MEGA + 5 * PAGE, 7);
  assert.is(pool.counts, '4/3/2');
  assert.is(mm.read(space, AT + MEGA + 5 * PAGE), 7);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_RESIDENT), 0, 'they do not count as resident');
  mm.check(space);
  assert.is(mm.exports.mmUnmap(space, AT + PAGE, PAGE), -EINVAL);
  assert.is(mm.exports.mmProtect(space, AT, PAGE, RW), -EINVAL);
  assert.is(mm.exports.mmUnmap(space, AT + MEGA, MEGA), 0);
  assert.is(pool.counts, '4/4/2');
  pool.finish();
});

test('without a promise a fault may find nothing', async () => {
  const pool = await Pool.create(1);
  const { mm, space } = pool;
  assert.is(pool.map(2, ANON | M.MAP_NORESERVE), AT);
  assert.is(mm.write(space, AT, 1), 0);
  assert.is(mm.write(space, AT + MEGA, 1), -FAULT_ADRERR);
  assert.is(mm.exports.mmAdvise(space, AT, MEGA, M.MADV_DONTNEED), 0);
  assert.is(mm.write(space, AT + MEGA, 1), 0);
  assert.is(mm.read(space, AT + MEGA + PAGE), 0, 'cleared before it is given again');
  pool.finish();
});

test('fork: private pages are copied at a store, shared ones are not', async () => {
  const pool = await Pool.create(4);
  const { mm, space } = pool;
  pool.map(1);
  pool.map(1, SHARED_ANON, AT + 4 * MEGA);
  mm.write(space, AT + 9 * PAGE, 9);
  mm.write(space, AT + 4 * MEGA, 4);
  assert.is(pool.counts, '4/2/0');
  const child = mm.exports.spaceFork(space);
  mm.check(space, child);
  assert.is(mm.read(child, AT + 9 * PAGE), 9);
  mm.write(child, AT + 9 * PAGE, 10);
  mm.write(child, AT + 4 * MEGA, 5);
  assert.is(mm.read(space, AT + 9 * PAGE), 9);
  assert.is(mm.read(space, AT + 4 * MEGA), 5);
  assert.is(pool.counts, '4/1/0');
  mm.check(space, child);
  pool.finish(child);
});

test('an object keeps its pages until it goes; private mappings copy them', async () => {
  const pool = await Pool.create(4);
  const { mm, space } = pool;
  const object = mm.exports.objectCreate(OBJECT_HUGETLB) >>> 0;
  mm.exports.objectSetSize(object, 2 * MEGA);
  assert.is(pool.map(2, M.MAP_SHARED, AT, object), AT);
  assert.is(pool.counts, '4/4/2');
  mm.write(space, AT + MEGA + PAGE, 3);
  assert.is(pool.map(2, M.MAP_PRIVATE, AT + 4 * MEGA, object), AT + 4 * MEGA);
  assert.is(mm.read(space, AT + 5 * MEGA + PAGE), 3);
  mm.write(space, AT + 5 * MEGA + PAGE, 8);
  assert.is(mm.read(space, AT + MEGA + PAGE), 3);
  mm.check(space);
  mm.exports.mmUnmap(space, AT, 8 * MEGA);
  assert.is(pool.counts, '4/3/1', 'the object has one, and the promise of another');
  mm.exports.objectSetSize(object, MEGA);
  assert.is(pool.counts, '4/4/1');
  mm.exports.objectRelease(object);
  assert.is(pool.counts, '4/4/0');
  pool.finish();
});

test('the pool gets shorter when its pages are let go', async () => {
  const pool = await Pool.create(3);
  pool.map(2);
  pool.mm.write(pool.space, AT, 1);
  pool.mm.exports.hugetlbResize(0);
  assert.is(pool.counts, '2/1/1');
  assert.is(pool.mm.exports.hugetlbPool(S.POOL_SURPLUS), 2);
  pool.mm.exports.mmUnmap(pool.space, AT, 2 * MEGA);
  assert.is(pool.counts, '0/0/0');
  pool.finish();
});

test('mremap moves them where they fit, promises included', async () => {
  const pool = await Pool.create(3);
  const { mm, space } = pool;
  pool.map(2);
  mm.write(space, AT + PAGE, 5);
  const to = AT + 8 * MEGA;
  const flags = M.MREMAP_MAYMOVE | M.MREMAP_FIXED;
  assert.is(mm.exports.mmRemap(space, AT, 2 * MEGA, 2 * MEGA, flags, to + PAGE), -EINVAL);
  assert.is(mm.exports.mmRemap(space, AT, 2 * MEGA, 3 * MEGA, flags, to), -EINVAL, 'never longer');
  assert.is(mm.exports.mmRemap(space, AT, 2 * MEGA, 2 * MEGA, flags, to), to);
  assert.is(mm.read(space, to + PAGE), 5);
  assert.is(pool.counts, '3/2/1');
  assert.is(mm.exports.mmRemap(space, to, 2 * MEGA, MEGA, 0, 0), to);
  assert.is(pool.counts, '3/2/0');
  pool.finish();
});

test.run();
