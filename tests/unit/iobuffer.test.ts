/** UserBuffer: ranges in order, what a fault does, what an asynchronous medium does. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EFAULT } from '../../assembly/shared/errno.js';
import { NEED_PAGE } from '../../assembly/shared/exit.js';
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import type { UserMemory } from '../../host/core/user.js';
import { Suspend, SysError } from '../../host/linux/error.js';
import { UserBuffer } from '../../host/syscalls/iobuffer.js';

const PAGES = 8;

/** User memory of eight pages at address 0; pages in `bad` fault, those in `late` must be awaited once. */
class FakeMemory {
  readonly space = 1;
  readonly bad = new Set<number>();
  readonly late = new Set<number>();
  readonly core = {
    u8: new Uint8Array(PAGES * PAGE_SIZE),
    u32: new Uint32Array(0x600),
    exports: {
      objectRead: (_object: number, offset: number, _space: number, address: number, length: number) => this.copy(address, length, offset),
      objectWrite: (_object: number, offset: number, _space: number, address: number, length: number) => this.copy(address, length, offset),
    },
  };

  /** The page cache holds bytes that equal their offset; a transfer ends at a bad page, and at one to be awaited. */
  copy(address: number, length: number, offset: number): number {
    let done = 0;
    for (; done < length; done++) {
      const page = Math.floor((address + done) / PAGE_SIZE);
      if (this.bad.has(page)) return done > 0 ? done : -EFAULT;
      if (this.late.has(page)) return done > 0 ? done : NEED_PAGE;
      this.core.u8[address + done] = offset + done;
    }
    return done;
  }

  page(address: number): number {
    const page = Math.floor(address / PAGE_SIZE);
    if (this.bad.has(page) || page >= PAGES) throw new SysError(EFAULT);
    if (this.late.has(page)) throw new Suspend(Promise.resolve());
    return address;
  }

  bringIn(): void {
    throw new Suspend(Promise.resolve());
  }

  get user(): UserMemory {
    return this as unknown as UserMemory;
  }
}

const sequence = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i + 1);

test('ranges are filled in order, empty ones skipped', () => {
  const memory = new FakeMemory();
  const ranges = [
    { address: 100, length: 3 },
    { address: 0, length: 0 },
    { address: 4094, length: 5 },
    { address: 9000, length: 10 },
  ];
  const buffer = new UserBuffer().many(memory.user, ranges);
  assert.is(buffer.remaining, 18);
  assert.is(buffer.put(sequence(9)), 9);
  assert.is(buffer.remaining, 9);
  assert.equal(
    [...memory.core.u8.subarray(100, 103), ...memory.core.u8.subarray(4094, 4099), memory.core.u8[9000]],
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  assert.is(buffer.put(new Uint8Array(100)), 9);
  assert.is(buffer.remaining, 0);
});

test('taking, giving back, leaving out, limits', () => {
  const memory = new FakeMemory();
  memory.core.u8.set(sequence(50), 100);
  const ranges = [
    { address: 100, length: 4 },
    { address: 110, length: 4 },
    { address: 120, length: 4 },
  ];
  const buffer = new UserBuffer().many(memory.user, ranges);
  assert.equal([...buffer.take(6)], [1, 2, 3, 4, 11, 12]);
  buffer.untake(4);
  assert.equal([...buffer.take(100)], [3, 4, 11, 12, 13, 14, 21, 22, 23, 24]);
  buffer.many(memory.user, ranges).skip(7);
  assert.is(buffer.transferred, 0);
  assert.is(buffer.remaining, 5);
  buffer.limit(3);
  assert.equal([...buffer.take(100)], [14, 21, 22]);
});

test('a fault ends the buffer after what came before it', () => {
  const memory = new FakeMemory();
  memory.bad.add(1);
  const buffer = new UserBuffer().one(memory.user, PAGE_SIZE - 5, 100);
  assert.is(buffer.put(sequence(50)), 5);
  assert.equal([buffer.remaining, buffer.fault, buffer.transferred], [0, EFAULT, 5]);
  assert.is(buffer.one(memory.user, PAGE_SIZE, 10).take(10).length, 0);
  assert.is(buffer.fault, EFAULT);
  assert.is(buffer.one(memory.user, PAGE_SIZE - 5, 100).fromObject(1, 0, 100), 5);
  assert.is(buffer.fault, EFAULT);
  assert.is(buffer.one(memory.user, PAGE_SIZE, 100).toObject(1, 0, 100), -EFAULT);
});

test('a page to be awaited: the call runs again, unless bytes have left for good', () => {
  const memory = new FakeMemory();
  memory.late.add(1);
  const buffer = new UserBuffer();
  assert.throws(
    () => buffer.one(memory.user, PAGE_SIZE, 10).put(sequence(10)),
    (error: unknown) => error instanceof Suspend,
  );
  assert.is(buffer.one(memory.user, PAGE_SIZE - 5, 10).take(10).length, 5);
  assert.instance(buffer.suspended, Suspend);
  assert.is(buffer.remaining, 0);
  // A read from the page cache can begin again.
  assert.throws(
    () => buffer.one(memory.user, PAGE_SIZE - 5, 10).fromObject(1, 0, 10),
    (error: unknown) => error instanceof Suspend,
  );
  // A write to it can't: what it has done counts.
  assert.is(buffer.one(memory.user, PAGE_SIZE - 5, 10).toObject(1, 0, 10), 5);
  assert.instance(buffer.suspended, Suspend);
});

test('one call transfers at most 0x7ffff000 bytes', () => {
  const memory = new FakeMemory();
  assert.is(new UserBuffer().one(memory.user, 0, 2 ** 40).remaining, 0x7ffff000);
  const huge = { address: 0, length: 0x7ffff000 };
  assert.is(new UserBuffer().many(memory.user, [{ address: 0, length: 5 }, huge, huge]).remaining, 0x7ffff000);
});

test.run();
