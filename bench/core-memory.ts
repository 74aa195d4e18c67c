/**
 * What the memory system itself costs, without a guest or a kernel: the core's exports called from JavaScript in a loop.
 *   npx tsx bench/core-memory.ts
 * Medians of 15 rounds; docs/decisions/0003-memory.md explains them. The call from JavaScript, about 10 ns, is part of each figure.
 */
import { ACCESS_READ, ACCESS_WRITE } from '../assembly/shared/exit.js';
import * as M from '../assembly/shared/mman.js';
import { ANON, MAY_ALL, Mm, PAGE, RW } from '../tests/support/core.js';

const ROUNDS = 15;
const AT = 0x1000000;
const rows: [string, string][] = [];

/** Runs `body` (`count` operations, timed) between `prepare` and `undo` (not timed). */
function measure(name: string, count: number, unit: 'ns' | 'us', prepare: () => void, body: () => void, undo: () => void): void {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    prepare();
    const start = process.hrtime.bigint();
    body();
    times.push(Number(process.hrtime.bigint() - start) / count);
    undo();
  }
  times.sort((a, b) => a - b);
  const median = times[ROUNDS >> 1];
  rows.push([name, unit === 'ns' ? `${median.toFixed(0)} ns` : `${(median / 1000).toFixed(1)} us`]);
}

const mm = await Mm.create(200000, 0x40000);
const { exports } = mm;
const space = mm.space();
exports.spaceActivate(space);
const none = (): void => {};
const pages = 4096;
const map = (): void => void exports.mmMap(space, AT, pages * PAGE, RW, ANON | M.MAP_FIXED, 0, 0, MAY_ALL);
const unmap = (): void => void exports.mmUnmap(space, AT, pages * PAGE);
const touch = (access: number, count = pages): void => {
  for (let i = 0; i < count; i++) exports.userPage(space, AT + i * PAGE, access);
};

const fresh = process.hrtime.bigint();
map();
touch(ACCESS_WRITE);
rows.push(['anonymous write fault, fresh host page (once)', `${(Number(process.hrtime.bigint() - fresh) / pages).toFixed(0)} ns`]);
unmap();
measure('anonymous write fault, warm frame', pages, 'ns', map, () => touch(ACCESS_WRITE), unmap);
measure('anonymous read fault (page of zeros)', pages, 'ns', map, () => touch(ACCESS_READ), unmap);
map();
touch(ACCESS_WRITE);
measure('page already there (walk only)', pages, 'ns', none, () => touch(ACCESS_WRITE), none);
let child = 0;
const fork = (): void => {
  child = exports.spaceFork(space);
};
const release = (): void => exports.spaceRelease(child);
measure('copy-on-write fault, copied', pages, 'ns', fork, () => touch(ACCESS_WRITE), release);
const forkAlone = (): void => {
  fork();
  release();
};
measure('copy-on-write fault, sole owner', pages, 'ns', forkAlone, () => touch(ACCESS_WRITE), none);
unmap();

const COUNT = 2000;
const repeat = (body: () => void): (() => void) => {
  return () => {
    for (let i = 0; i < COUNT; i++) body();
  };
};
const mapUnmap = (touched: boolean) => (): void => {
  const at = exports.mmMap(space, 0, PAGE * 4, RW, ANON, 0, 0, MAY_ALL);
  if (touched) exports.userPage(space, at, ACCESS_WRITE);
  exports.mmUnmap(space, at, PAGE * 4);
};
measure('mmap + munmap', COUNT, 'ns', none, repeat(mapUnmap(false)), none);
measure('mmap + one write fault + munmap', COUNT, 'ns', none, repeat(mapUnmap(true)), none);
const protect = (): void => {
  exports.mmProtect(space, AT + PAGE, PAGE, M.PROT_READ);
  exports.mmProtect(space, AT + PAGE, PAGE, RW);
};
measure('mprotect of one page and back', COUNT, 'ns', map, repeat(protect), unmap);
measure('fork + release, nothing touched', COUNT, 'ns', none, repeat(forkAlone), none);

const crowd = (): void => {
  for (let i = 0; i < 65000; i++) exports.mmMap(space, 0x100000000 + i * 2 * PAGE, PAGE, RW, ANON | M.MAP_FIXED, 0, 0, MAY_ALL);
};
crowd();
measure('mmap + munmap among 65,000 mappings', COUNT, 'ns', none, repeat(mapUnmap(false)), none);
exports.mmUnmap(space, 0x100000000, 130000 * PAGE);

const big = 25600;
exports.mmMap(space, AT, big * PAGE, RW, ANON | M.MAP_FIXED, 0, 0, MAY_ALL);
touch(ACCESS_WRITE, big);
measure('fork of 100 MB touched', 1, 'us', none, fork, release);
measure('release of a child of 100 MB, nothing written', 1, 'us', fork, release, none);
exports.mmUnmap(space, AT, big * PAGE);
const bigMap = (): void => {
  exports.mmMap(space, AT, big * PAGE, RW, ANON | M.MAP_FIXED, 0, 0, MAY_ALL);
  touch(ACCESS_WRITE, big);
};
measure('munmap of 100 MB touched', 1, 'us', bigMap, () => void exports.mmUnmap(space, AT, big * PAGE), none);

const file = mm.file(256);
for (let i = 0; i < 256; i++) exports.objectInsertPage(file, i);
exports.mmMap(space, AT, PAGE * 256, RW, ANON | M.MAP_FIXED, 0, 0, MAY_ALL);
exports.objectRead(file, 0, space, AT, 256 * PAGE);
measure(
  'read of a cached page (4 KiB)',
  256 * 8,
  'ns',
  none,
  () => {
    for (let i = 0; i < 8 * 256; i++) exports.objectRead(file, (i & 255) * PAGE, space, AT, PAGE);
  },
  none,
);
const mapFile = (): void => void exports.mmMap(space, AT, 256 * PAGE, M.PROT_READ, M.MAP_PRIVATE | M.MAP_FIXED, file, 0, MAY_ALL);
measure('read fault of a cached file page, with fault-around', 256, 'ns', mapFile, () => touch(ACCESS_READ, 256), none);

const width = Math.max(...rows.map(([name]) => name.length));
for (const [name, value] of rows) console.log(`${name.padEnd(width)}  ${value.padStart(10)}`);
