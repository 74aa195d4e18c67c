/** What host/debug/inspect reads of the core's records is what the core writes there. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as R from '../../host/debug/inspect/records.js';

const source = (name: string): string => readFileSync(`assembly/mm/${name}.ts`, 'utf8');

/** The value of a constant in a file of the core, exported or not. */
function constant(file: string, name: string): number {
  const found = new RegExp(`^(?:export )?const ${name}(?:: \\w+)? = ([0-9a-fx <*+]+);`, 'm').exec(source(file));
  assert.ok(found, `${file}.ts has no constant ${name}`);
  // Numbers, shifts and products only: see the pattern.
  return Number(new Function(`return ${found?.[1]}`)());
}

test('bits of a PTE', () => {
  const { PTE_V, PTE_R, PTE_W, PTE_X, PTE_U, PTE_A, PTE_D, PTE_SHARED, PTE_SOFT, PTE_UFFD_WP } = R;
  const bits = { PTE_V, PTE_R, PTE_W, PTE_X, PTE_U, PTE_A, PTE_D, PTE_SHARED, PTE_SOFT, PTE_UFFD_WP };
  for (const [name, bit] of Object.entries(bits)) assert.is(bit, constant('pagetable', name), name);
});

test('kinds of mark', () => {
  const { MARK_SWAP, MARK_POISON, MARK_GUARD, MARK_UFFD_WP } = R;
  for (const [name, kind] of Object.entries({ MARK_SWAP, MARK_POISON, MARK_GUARD, MARK_UFFD_WP })) {
    assert.is(kind, constant('pagetable', name), name);
  }
  assert.match(source('pagetable'), '| value 53..13 | kind 12..10 | SOFT 9 | UFFD_WP 8 | 0 |');
  assert.equal([R.markKind(5 * 8192 + 3 * 1024 + 512), R.markValue(5 * 8192 + 3 * 1024 + 512), R.markKind(3 * 1024 + 1)], [3, 5, 0]);
});

test('fields of a space, flags of a frame', () => {
  assert.is(R.SPACE_SLOT, constant('space', 'SPACE_SLOT'));
  assert.is(R.SPACE_WINDOW, constant('space', 'SPACE_WINDOW'));
  assert.is(R.SPACE_STACK_LIMIT, constant('space', 'SPACE_STACK_LIMIT'));
  assert.is(R.FRAME_DIRTY, constant('frames', 'FRAME_DIRTY'));
  assert.is(R.OBJECT_KIND, constant('object', 'OBJECT_KIND'));
  const bits = ['FRAME_DIRTY', 'FRAME_REFERENCED', 'FRAME_CODE', 'FRAME_COMPILED', 'FRAME_MERGED'].map((name) => constant('frames', name));
  assert.equal(
    R.FRAME_NAMES.map(([bit]) => bit),
    bits,
  );
});

test('fields of a frame, the TLB: as their own comments draw them', () => {
  assert.match(source('frames'), /0 {2}u32 references.*\n.*4 {2}u32 flags.*\n.*8 {2}u32 object.*\n.*12 {2}u32 page index/);
  assert.equal([R.FRAME_REFERENCES, R.FRAME_FLAGS, R.FRAME_OBJECT, R.FRAME_INDEX], [0, 4, 8, 12]);
  assert.match(source('tlb'), /256 entries of 32 bytes\n.*u64 read tag, u64 write tag, u32 address of the frame/);
});

test.run();
