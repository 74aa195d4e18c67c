/** host/debug/inspect: points, addresses, pages, and whole texts and pictures of a snapshot that is made by hand. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inspectOptionsFirst } from '../../host/cli/options-inspect.js';
import { pagesText, pteBitsText, pteText } from '../../host/debug/inspect/format.js';
import { snapshotHtml } from '../../host/debug/inspect/html.js';
import * as P from '../../host/debug/inspect/pages.js';
import { escapeXml } from '../../host/debug/inspect/picture.js';
import { describePoint, parsePoint } from '../../host/debug/inspect/point.js';
import type { LevelSnapshot, MappingSnapshot, PageRun, Snapshot, WalkSnapshot } from '../../host/debug/inspect/snapshot.js';
import { snapshotSvg } from '../../host/debug/inspect/svg.js';
import { parseAddress } from '../../host/debug/inspect/symbols.js';
import { snapshotText } from '../../host/debug/inspect/text.js';
import { describePte, walkLines } from '../../host/debug/inspect/walk-lines.js';

const OWN = P.PAGE_PRESENT | P.PAGE_DIRTY | P.PAGE_ACCESSED;

function runs(...parts: readonly (readonly [count: number, bits: number])[]): PageRun[] {
  let page = 0;
  return parts.map(([count, bits]) => {
    page += count;
    return { page: page - count, count, bits };
  });
}

function mapping(start: number, permissions: string, name: string, pages: PageRun[], rest: Partial<MappingSnapshot> = {}): MappingSnapshot {
  const count = pages.reduce((sum, run) => sum + run.count, 0);
  return { start, end: start + count * 4096, permissions, name, kind: 'anonymous', offset: 0, flags: [], runs: pages, ...rest };
}

const WALK: WalkSnapshot = {
  asked: 'data',
  address: 0x11008,
  symbol: 'data+0x8',
  mapping: '0x11000-0x13000 rw-p /prog',
  place: { handle: 0x7008040, kind: 'file', page: 1, name: '/prog' },
  levels: [
    { level: 2, index: 0, table: 0x7006, at: 0x7006000, pte: 0x1c02801 },
    { level: 1, index: 0, table: 0x700a, at: 0x700a000, pte: 0x1c03501 },
    { level: 0, index: 0x11, table: 0x700d, at: 0x700d088, pte: 0x4004653 },
  ],
  frame: { number: 0x10011, references: 2, flags: [], zero: false, object: undefined },
  window: { slot: 0, home: 0x10011, permission: 1 },
  tlb: { active: true, entry: 17, read: false, write: false, address: 0 },
  outcomes: {
    load: 'no fault: the window byte allows it',
    store: 'copy-on-write fault: the page is copied',
    fetch: 'SIGSEGV (SEGV_ACCERR)',
  },
};

const SNAPSHOT: Snapshot = {
  schema: 1,
  program: 'prog <a&b>',
  point: 'before the 1st write',
  instructions: 12345,
  framesInUse: 99,
  framesLimit: 262144,
  processes: [
    {
      pid: 2,
      parent: 0,
      name: '/prog',
      threads: 1,
      pc: 0x10074,
      pcSymbol: 'main+0x4',
      mappings: [
        mapping(0x10000, 'r-xp', '/prog', runs([1, P.PAGE_PRESENT | P.PAGE_OBJECT]), { kind: 'file' }),
        mapping(0x11000, 'rw-p', '/prog', runs([1, OWN | P.PAGE_SHARED | P.PAGE_COW], [1, P.PAGE_CACHED]), {
          kind: 'file',
          offset: 0x1000,
        }),
        mapping(0x20000, 'rw-p', '[heap]', runs([2, OWN], [1, P.PAGE_PRESENT | P.PAGE_ZERO], [1, P.PAGE_SWAPPED], [196, 0])),
        mapping(0x3ff00000, 'rw-s', '', runs([2, OWN | P.PAGE_SHARED | P.PAGE_OBJECT]), { kind: 'shared memory', flags: ['locked'] }),
      ],
      tables: {
        level: 2,
        index: 0,
        start: 0,
        frame: 0x7006,
        entries: 1,
        sharers: 1,
        below: [
          {
            level: 1,
            index: 0,
            start: 0,
            frame: 0x700a,
            entries: 2,
            sharers: 1,
            below: [
              { level: 0, index: 0, start: 0, frame: 0x700d, entries: 7, sharers: 2, below: [] },
              { level: 0, index: 0x1ff, start: 0x3fe00000, frame: 0x700b, entries: 2, sharers: 1, below: [] },
            ],
          },
        ],
      },
      faults: { minor: 9, major: 1, copyOnWrite: 2 },
      residentPeak: 7,
      walks: [WALK],
    },
  ],
};

const TEXT = `prog <a&b>  before the 1st write
12,345 instructions, 99 of 262,144 frames in use

pid 2 /prog (parent 0, pc 0x10074 in main+0x4)

ADDRESS           PERM    SIZE     RSS   DIRTY  SHARED     COW    SWAP  LOCKED  NAME
00010000-00011000 r-xp      4K      4K       -       -       -       -       -  /prog
  p
00011000-00013000 rw-p      8K      4K      4K      4K      4K       -       -  /prog +0x1000
  c:
00020000-000e8000 rw-p    800K      8K      8K       -       -      4K       -  [heap]
  Pw..................................................................
  ................................
  (each character: 2 pages, the most telling of them)
3ff00000-3ff02000 rw-s      8K      8K      8K      8K       -       -      8K  (shared memory)  {locked}
  SS
4 mappings                820K     24K     20K     12K      4K      4K      8K

205 pages mapped, 6 resident (at most 7), 5 dirty, 3 shared
1 page to be copied at a store, 1 of zeros, 0 served by the window
faults: 9 minor, 1 major, 2 copy-on-write

page tables
  level 2  1 page, 4,096 bytes, 1 entry
  level 1  1 page, 4,096 bytes, 2 entries
  level 0  2 pages, 8,192 bytes, 9 entries, 1 shared with other processes since a fork
  root: frame 0x7006, 1 entry
    [0x0] from 0x0: frame 0x700a, 2 entries
      [0x0] from 0x0: frame 0x700d, 7 entries, shared by 2 spaces
      [0x1ff] from 0x3fe00000: frame 0x700b, 2 entries

walk of 0x11008 (data+0x8)
  address   VPN[2] 0x0, VPN[1] 0x0, VPN[0] 0x11, offset 0x8
  mapping   0x11000-0x13000 rw-p /prog
  object    /prog page 1, file offset 0x1008
  level 2   table 0x7006 [0x0] at 0x7006000: 0000_0000_01c0_2801  V------- RSW 00
            table 0x700a
  level 1   table 0x700a [0x0] at 0x700a000: 0000_0000_01c0_3501  V------- RSW 01
            table 0x700d, shared since a fork (no W below holds)
  level 0   table 0x700d [0x11] at 0x700d088: 0000_0000_0400_4653  VR--U-A- RSW 10
            frame 0x10011: readable, the user's, accessed, soft-dirty
  frame     0x10011: 2 references, anonymous
  physical  0x10011008 in linear memory
  window    slot 0, home frame 0x10011 (the page is at home), permission byte r-
  TLB       entry 17: not this page
  load      no fault: the window byte allows it
  store     copy-on-write fault: the page is copied
  fetch     SIGSEGV (SEGV_ACCERR)

P private to this mapping, dirty   p private to this mapping, clean
S shared, dirty   c copied at the next store
: absent, in the page cache   w swapped out   . absent
`;

test('text', () => {
  assert.fixture(snapshotText(SNAPSHOT, { width: 70, color: false }), TEXT);
});

test('colour adds codes and nothing else', () => {
  const colored = snapshotText(SNAPSHOT, { width: 70, color: true });
  assert.match(colored, '\x1b[33mc\x1b[0m');
  const codes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
  assert.is(colored.replace(codes, ''), TEXT);
});

test('classes of pages', () => {
  const glyphs = (...bits: readonly number[]): string => bits.map((b) => P.classOf(b).glyph).join('');
  assert.is(glyphs(0, P.PAGE_CACHED, P.PAGE_PRESENT | P.PAGE_ZERO), '.:0');
  assert.is(glyphs(P.PAGE_PRESENT, OWN, P.PAGE_PRESENT | P.PAGE_SHARED, OWN | P.PAGE_SHARED), 'pPsS');
  assert.is(glyphs(OWN | P.PAGE_SHARED | P.PAGE_COW, OWN | P.PAGE_PROTECTED, P.PAGE_SWAPPED, P.PAGE_MARKED), 'cuw!');
});

test('cells', () => {
  const pages = runs([3, 0], [1, OWN], [5, 0]);
  assert.equal(
    [...P.cells(pages, 2)].map(({ page, count, shown }) => [page, count, shown.glyph]),
    [
      [0, 2, '.'],
      [2, 2, 'P'],
      [4, 2, '.'],
      [6, 2, '.'],
      [8, 1, '.'],
    ],
  );
  assert.equal([P.pagesPerCell(64, 64), P.pagesPerCell(65, 64), P.pagesPerCell(2 ** 24, 512)], [1, 2, 2 ** 15]);
  // A reservation of the whole half is 2^26 pages in one run: cells, not pages, are what costs.
  assert.is([...P.cells(runs([2 ** 26, 0]), P.pagesPerCell(2 ** 26, 512))].length, 512);
});

test('points', () => {
  assert.equal(parsePoint('exit'), { kind: 'exit' });
  assert.equal(parsePoint('syscall:write:3'), { kind: 'syscall', name: 'write', count: 3 });
  assert.equal(parsePoint('pc:main+0x8'), { kind: 'pc', text: 'main+0x8', address: { symbol: 'main', offset: 8 } });
  assert.equal(parsePoint('pc:0x10074'), { kind: 'pc', text: '0x10074', address: { symbol: undefined, offset: 0x10074 } });
  assert.equal(parsePoint('instructions:1.5K'), { kind: 'instructions', count: 1500 });
  for (const bad of [
    '',
    'exit:1',
    'syscall',
    'syscall:',
    'syscall:write:0',
    'syscall:write:1:2',
    'pc',
    'pc:',
    'pc:8x',
    'instructions:0',
    'instructions:-1',
    'x',
  ]) {
    assert.type(parsePoint(bad), 'string', bad);
  }
  const described = ['syscall:write', 'syscall:write:22', 'syscall:write:11', 'instructions:1K'].map((text) => {
    const point = parsePoint(text);
    return typeof point === 'string' ? point : describePoint(point);
  });
  assert.equal(described, ['the first write', 'the 22nd write', 'the 11th write', '1,000 instructions']);
});

test('addresses', () => {
  assert.equal(parseAddress('4096'), { symbol: undefined, offset: 4096 });
  assert.equal(parseAddress('_ZN1a-8'), { symbol: '_ZN1a', offset: -8 });
  assert.equal(parseAddress('a.b@plt'), { symbol: 'a.b@plt', offset: 0 });
  for (const bad of ['', '0xg', '12ab', 'a b', '99999999999999999999', '+4']) assert.is(parseAddress(bad), undefined, bad);
});

test('numbers', () => {
  assert.equal([0, 1, 33, 300, 2 ** 18, 2 ** 26].map(pagesText), ['-', '4K', '132K', '1.2M', '1G', '256G']);
  assert.is(pteText(0x1c02801), '0000_0000_01c0_2801');
  assert.is(pteBitsText(0x3ff), 'VRWXUGAD RSW 11');
});

test('entries in words', () => {
  const leaf = (pte: number, level = 0): string => describePte({ level, pte, index: 0, table: 1, at: 4096 } satisfies LevelSnapshot);
  assert.is(leaf(0), 'nothing: never touched, or given back');
  assert.is(leaf(0, 1), 'nothing: no table below');
  assert.is(leaf(5 * 8192 + 1024 + 512), 'mark: swapped out to slot 5, soft-dirty');
  assert.is(leaf(2 * 1024), 'mark: poisoned');
  assert.is(leaf(3 * 1024), 'mark: guard');
  assert.is(leaf(7 * 8192 + 6 * 1024), 'mark: kind 6, value 7');
  assert.is(leaf(9 * 1024 + 17), "frame 0x9: kept from everybody (PROT_NONE), the user's");
  assert.is(leaf(9 * 1024 + 256 + 19), "frame 0x9: readable, the user's, write-protected by a userfaultfd");
  assert.is(leaf(512 * 1024 + 19, 1), "frame 0x200 of 2 MiB: readable, the user's");
});

test('an address that is not the user’s', () => {
  const walk = { ...WALK, address: 2 ** 38, levels: [], outcomes: { load: 'no', store: 'no', fetch: 'no' } };
  assert.equal(walkLines(walk), [
    ['address', "not the user's: those end at 0x4000000000"],
    ['any access', 'no'],
  ]);
});

/** Every element is closed, in order. */
function isWellFormed(markup: string): boolean {
  const open: string[] = [];
  for (const [, closing, name, attributes] of markup.matchAll(/<(\/?)([a-z][\w-]*)([^>]*)>/gi)) {
    if (attributes.endsWith('/')) continue;
    if (closing === '') open.push(name);
    else if (open.pop() !== name) return false;
  }
  return open.length === 0;
}

test('the picture is well-formed, says all that is there, and escapes names', () => {
  const svg = snapshotSvg(SNAPSHOT);
  assert.ok(isWellFormed(svg));
  assert.not.match(svg, /NaN|undefined|<a&b>|style="|script/);
  for (const part of ['prog &#60;a&#38;b&#62;', '0x20000–0xe8000', 'swapped out', 'shared by 2 spaces', 'level 0', 'soft-dirty']) {
    assert.match(svg, part);
  }
  // One shape for a run of pages, its range in the title.
  assert.match(svg, '<title>0x20000–0x22000, 2 pages: private to this mapping, dirty: accessed, dirty</title>');
  assert.is(escapeXml('\u0007<&">\ud800'), '\ufffd&#60;&#38;&#34;&#62;\ufffd');
});

test('the page needs nothing else', () => {
  const html = snapshotHtml(SNAPSHOT);
  assert.match(html, "default-src 'none'");
  assert.not.match(html, /<script|javascript:|https?:|NaN|undefined|<a&b>|style="| on\w+="/);
  const voids = /<(!doctype html|meta [^>]*)>/g;
  assert.ok(isWellFormed(html.replace(voids, '')));
});

test('options of inspect may stand behind PROGRAM', () => {
  const first = (text: string): string => inspectOptionsFirst(text.split(' ')).join(' ');
  assert.is(first('inspect prog --at exit --all -l'), 'inspect --at exit --all -- prog -l');
  assert.is(first('inspect --root r prog -l --at exit'), 'inspect --root r -- prog -l --at exit');
  assert.is(first('inspect prog --walk=1 -- --all x'), 'inspect --walk=1 -- prog --all x');
  assert.is(first('run prog --at exit'), 'run prog --at exit');
});

test.run();
