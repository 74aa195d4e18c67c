/** Reading ahead: windows as Linux opens them, what media are asked for, and what advice changes. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { IO_MAPPED } from '../../assembly/shared/exit.js';
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import { VM_RANDOM, VM_SEQUENTIAL } from '../../assembly/shared/mman.js';
import * as F from '../../host/linux/fcntl.js';
import { HostBuffer } from '../../host/vfs/hostbuffer.js';
import type { PagedFile } from '../../host/vfs/pagedfile.js';
import { Readahead } from '../../host/vfs/readahead.js';
import { newEnvironment } from '../support/backends.js';
import { Disk, DiskFile } from '../support/disk.js';
import { Random } from '../support/random.js';

/** A cache of page numbers that writes down what it is asked to read. */
class Pages {
  readonly cached = new Set<number>();
  readonly asked: string[] = [];

  isCached(index: number): boolean {
    return this.cached.has(index);
  }

  prefetch(first: number, count: number): void {
    this.asked.push(`${first}+${count}`);
    for (let i = 0; i < count; i++) this.cached.add(first + i);
  }

  take(): string {
    return this.asked.splice(0).join(' ');
  }
}

function reader(): { readonly pages: Pages; readonly readahead: Readahead; readonly read: (first: number, count?: number) => string } {
  const pages = new Pages();
  const readahead = new Readahead();
  const read = (first: number, count = 1): string => {
    readahead.before(pages, first, first + count);
    return pages.take();
  };
  return { pages, readahead, read };
}

test('a sequential reader: 4 pages, 8, 16, then 32, each asked for when the one before is entered', () => {
  const { read } = reader();
  const seen = Array.from({ length: 100 }, (_, i) => read(i));
  const windows = seen.flatMap((asked, at) => (asked === '' ? [] : [`${at}: ${asked}`]));
  assert.equal(windows, ['0: 0+4', '1: 4+8', '4: 12+16', '12: 28+32', '28: 60+32', '60: 92+32', '92: 124+32']);
});

test('larger reads open larger windows', () => {
  assert.is(reader().read(0, 2), '0+4');
  assert.is(reader().read(0, 5), '0+16');
  assert.is(reader().read(0, 16), '0+32');
  const { read } = reader();
  assert.is(read(0, 64), '0+32 32+32', 'a window after another until all is there');
});

test('a reader that jumps gets what it asks for, and a stream that begins anywhere is found', () => {
  const { read } = reader();
  const at = [500, 77, 300, 900, 12].map((first) => read(first, 2));
  assert.equal(at, ['500+2', '77+2', '300+2', '900+2', '12+2']);
  assert.is(read(700), '700+1');
  assert.is(read(701), '701+4', 'the page after the last read: a stream');
  assert.is(read(702), '705+8');
});

test('a stream of which others have left pages in the cache', () => {
  const { pages, read } = reader();
  for (let page = 40; page < 50; page++) pages.cached.add(page);
  assert.is(read(50), '50+11', 'as much as there was before it');
});

test('advice: random reads nothing ahead, sequential doubles the window', () => {
  const random = reader();
  random.readahead.pattern = 'random';
  assert.equal(
    [0, 1, 2].map((page) => random.read(page)),
    ['0+1', '1+1', '2+1'],
  );
  const sequential = reader();
  sequential.readahead.pattern = 'sequential';
  for (let page = 0; page < 200; page++) sequential.read(page);
  assert.is(sequential.read(0), '');
  const sizes = Array.from({ length: 400 }, (_, i) => sequential.read(200 + i)).filter((asked) => asked !== '');
  assert.ok(
    sizes.every((asked) => asked.endsWith('+64')),
    sizes.join(),
  );
});

test('a mapping: pages around the missing one, less so when nothing comes of it', () => {
  const { pages, readahead } = reader();
  const miss = (index: number, hits = 0, advice: 'normal' | 'random' | 'sequential' = 'normal'): string => {
    readahead.mapMiss(pages, index, advice, hits);
    return pages.take();
  };
  assert.is(miss(100), '84+32');
  assert.is(miss(116), '116+32', 'going on');
  assert.is(miss(5), '0+32');
  assert.is(miss(9, 0, 'random'), '');
  for (let i = 0; i < 100; i++) miss(1000 * i + 500);
  assert.is(miss(7), '', 'random all the time');
  assert.is(miss(7, 60), '0+32', 'but others found their pages');
  assert.is(new Readahead().pattern, 'normal');
  assert.is(miss(3000, 0, 'sequential'), '3000+32');
});

async function open(
  pages: number,
  batched: boolean,
): Promise<{ disk: Disk; file: PagedFile; read: (first: number, count: number) => void }> {
  const env = await newEnvironment();
  const disk = new Disk(
    new Uint8Array(pages * PAGE_SIZE).map((_, i) => (i >> 12) + i),
    batched,
  );
  const file = new DiskFile(env, disk).open(F.O_RDONLY) as PagedFile;
  const read = (first: number, count: number): void => {
    const buffer = new HostBuffer(new Uint8Array(count * PAGE_SIZE), env.pages);
    assert.is(file.read(buffer, first * PAGE_SIZE), count * PAGE_SIZE);
    assert.equal(buffer.filled, disk.bytes.subarray(first * PAGE_SIZE, (first + count) * PAGE_SIZE));
  };
  return { disk, file, read };
}

test('a medium that gives many pages at once is asked once for a window', async () => {
  const { disk, file, read } = await open(256, true);
  for (let page = 0; page < 256; page++) read(page, 1);
  assert.is(disk.requests, 11, '1 MiB: 4, 8, 16 pages and 8 times up to 32');
  assert.is(file.paged.env.pages.reads, 11);
  assert.is(disk.reads.length, 256);
  assert.is(new Set(disk.reads).size, 256, 'each page once');
});

test('random reads of a large file cost what they ask for', async () => {
  const { disk, read } = await open(4096, true);
  const random = new Random(7);
  for (let i = 0; i < 100; i++) read(1 + random.below(4000), 1);
  assert.ok(disk.reads.length < 140, `${disk.reads.length} pages for 100`);
});

test('faults of mappings', async () => {
  for (const [how, pages] of [
    [IO_MAPPED, 32],
    [IO_MAPPED | VM_RANDOM, 1],
    [IO_MAPPED | VM_SEQUENTIAL, 32],
  ]) {
    const { disk, file } = await open(200, true);
    file.paged.env.pages.pager(file.paged.object, 100, how);
    assert.is(disk.reads.length, pages);
    assert.ok(disk.reads.includes(100));
  }
});

test.run();
