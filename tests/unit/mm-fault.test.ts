/** Page faults: demand paging, copy-on-write, fork trees, files, stacks, permissions, window bytes, running out of memory. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as X from '../../assembly/shared/exit.js';
import * as L from '../../assembly/shared/layout.js';
import * as M from '../../assembly/shared/mman.js';
import * as S from '../../assembly/shared/stat.js';
import { ANON, MMAP_BASE, Mm, PAGE, RW, SHARED_ANON, STACK_LIMIT } from '../support/core.js';

const AT = 0x1000000;
const PTE_W = 4;
const PTE_X = 8;
const PTE_A = 64;
const PTE_D = 128;

test('an untouched mapping uses no frame; a read uses none of its own; a write one', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const stat = (which: number): number => mm.exports.spaceStat(space, which);
  const idle = mm.frames;
  mm.mapAt(space, AT, 4096);
  assert.is(mm.frames - idle, 1, 'the record of the mapping');
  assert.is(stat(S.SPACE_STAT_PAGES_MAPPED), 4096);
  for (let i = 0; i < 512; i++) assert.is(mm.read(space, AT + i * PAGE), 0);
  assert.is(mm.frames - idle, 3, 'two page tables');
  assert.is(stat(S.SPACE_STAT_RESIDENT), 0);
  assert.is(mm.frame(space, AT), mm.frame(space, AT + PAGE), 'all are the page of zeros');
  for (let i = 0; i < 10; i++) mm.write(space, AT + i * PAGE, i + 1);
  assert.is(mm.frames - idle, 13);
  assert.is(stat(S.SPACE_STAT_RESIDENT), 10);
  assert.is(stat(S.SPACE_STAT_MINOR_FAULTS), 522);
  for (let i = 0; i < 12; i++) assert.is(mm.read(space, AT + i * PAGE), i < 10 ? i + 1 : 0);
  assert.is(stat(S.SPACE_STAT_MINOR_FAULTS), 522);
  assert.is(mm.exports.mmUnmap(space, AT, 8 * PAGE), 0);
  assert.is(stat(S.SPACE_STAT_RESIDENT), 2);
  assert.is(stat(S.SPACE_STAT_RESIDENT_PEAK), 10);
  mm.finish(before, space);
});

test('a frame that comes back is zero again', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  for (let round = 0; round < 3; round++) {
    mm.mapAt(space, AT, 64);
    for (let i = 0; i < 64; i++) {
      const at = mm.touch(space, AT + i * PAGE, X.ACCESS_WRITE);
      assert.ok(mm.core.u8.subarray(at, at + PAGE).every((byte) => byte === 0));
      mm.core.u8.fill(0xa5, at, at + PAGE);
    }
    mm.exports.mmUnmap(space, AT, 64 * PAGE);
  }
  mm.finish(before, space);
});

test('A and D bits are what has been done', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, 4);
  assert.is(mm.exports.pteRead(space, AT), 0);
  mm.read(space, AT);
  assert.is(mm.exports.pteRead(space, AT) & (PTE_A | PTE_D | PTE_W), PTE_A);
  mm.write(space, AT, 1);
  assert.is(mm.exports.pteRead(space, AT) & (PTE_A | PTE_D | PTE_W), PTE_A | PTE_D | PTE_W);
  mm.finish(before, space);
});

test('fork: frames are shared until one side stores, the last owner keeps its frame', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const parent = mm.space();
  mm.mapAt(parent, AT, 8);
  for (let i = 0; i < 4; i++) mm.write(parent, AT + i * PAGE, 10 + i);
  const frame = mm.frame(parent, AT);
  const child = mm.exports.spaceFork(parent);
  assert.is(mm.frame(child, AT), frame);
  assert.is(mm.references(parent, AT), 1, 'the table that both have holds one reference');
  mm.check(parent, child);
  assert.is(mm.write(child, AT, 99), 0);
  assert.is(mm.read(parent, AT), 10);
  assert.is(mm.read(child, AT), 99);
  assert.is(mm.references(parent, AT), 1);
  assert.is(mm.exports.spaceStat(child, S.SPACE_STAT_COW_FAULTS), 1);
  const cow = mm.core.counter(L.COUNT_COW_FAULTS);
  assert.is(mm.write(parent, AT, 11), 0);
  assert.is(mm.frame(parent, AT), frame, 'reused in place');
  assert.is(mm.core.counter(L.COUNT_COW_FAULTS), cow, 'nothing was copied');
  assert.is(mm.write(parent, AT + 5 * PAGE, 5), 0);
  assert.is(mm.read(child, AT + 5 * PAGE), 0);
  mm.check(parent, child);
  mm.exports.spaceRelease(parent);
  for (let i = 1; i < 4; i++) {
    assert.is(mm.read(child, AT + i * PAGE), 10 + i);
    assert.is(mm.references(child, AT + i * PAGE), 1);
  }
  mm.finish(before, child);
});

test('a tree of forks: each sees what was there when it was born, and its own stores', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const spaces = [mm.space()];
  const contents = [new Array<number>(16).fill(0)];
  mm.mapAt(spaces[0], AT, 16);
  for (let generation = 0; generation < 24; generation++) {
    const mother = (generation * 7) % spaces.length;
    mm.write(spaces[mother], AT + (generation % 16) * PAGE, generation + 1);
    contents[mother][generation % 16] = generation + 1;
    spaces.push(mm.exports.spaceFork(spaces[mother]));
    contents.push([...contents[mother]]);
    const last = spaces.length - 1;
    mm.write(spaces[last], AT + ((generation * 5) % 16) * PAGE, 100 + generation);
    contents[last][(generation * 5) % 16] = 100 + generation;
  }
  mm.check(...spaces);
  spaces.forEach((space, n) => {
    for (let i = 0; i < 16; i++) assert.is(mm.read(space, AT + i * PAGE), contents[n][i], `space ${n}, page ${i}`);
  });
  for (let n = 0; n < spaces.length; n += 2) mm.exports.spaceRelease(spaces[n]);
  const rest = spaces.filter((_, n) => n % 2 === 1);
  mm.check(...rest);
  for (let n = 1; n < spaces.length; n += 2) for (let i = 0; i < 16; i++) assert.is(mm.read(spaces[n], AT + i * PAGE), contents[n][i]);
  mm.finish(before, ...rest);
});

test('fork: shared memory stays shared, advice is followed, the heap is known', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const parent = mm.space();
  mm.mapAt(parent, AT, 4, RW, SHARED_ANON);
  mm.mapAt(parent, AT + 0x100000, 4);
  mm.mapAt(parent, AT + 0x200000, 4);
  mm.exports.mmBrk(parent, 0x800000 + 3 * PAGE);
  for (const at of [AT, AT + 0x100000, AT + 0x200000, 0x800000]) mm.write(parent, at, 1);
  assert.is(mm.exports.mmAdvise(parent, AT + 0x100000, 4 * PAGE, M.MADV_DONTFORK), 0);
  assert.is(mm.exports.mmAdvise(parent, AT + 0x200000, 4 * PAGE, M.MADV_WIPEONFORK), 0);
  const child = mm.exports.spaceFork(parent);
  assert.is(mm.write(child, AT, 42), 0);
  assert.is(mm.read(parent, AT), 42);
  assert.is(mm.read(child, AT + 0x100000), -X.FAULT_MAPERR);
  assert.is(mm.read(child, AT + 0x200000), 0);
  assert.is(mm.read(parent, AT + 0x200000), 1);
  assert.is(mm.exports.mmBrk(child, 0), 0x800000 + 3 * PAGE);
  assert.is(mm.exports.mmBrk(child, 0x800000 + 5 * PAGE), 0x800000 + 5 * PAGE);
  mm.finish(before, parent, child);
});

test('private file pages: read from the cache, written to a copy; the file never sees it', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const file = mm.file(4);
  mm.mapAt(space, AT, 4, RW, M.MAP_PRIVATE, file);
  assert.is(mm.exports.userPage(space, AT + PAGE, X.ACCESS_READ), 0);
  assert.is(mm.fault.kind, X.FAULT_IO);
  assert.is(mm.core.u32[(L.HART + L.HART_IO_OBJECT) >>> 2], file);
  assert.is(mm.core.ioIndex, 1);
  assert.is(mm.read(space, AT + PAGE), 2);
  assert.is(mm.frame(space, AT + PAGE), (mm.exports.objectPage(file, 1) >>> 0) / PAGE, 'the cache itself');
  assert.is(mm.write(space, AT + PAGE, 77), 0);
  assert.is(mm.write(space, AT + 2 * PAGE, 78), 0, 'a copy at once');
  assert.is(mm.core.u8[mm.exports.objectPage(file, 1) >>> 0], 2);
  assert.is(mm.core.u8[mm.exports.objectPage(file, 2) >>> 0], 3);
  assert.is(mm.read(space, AT + 2 * PAGE + 1), 3, 'the rest of the copied page');
  assert.is(mm.exports.objectPagesDirty(file), 0);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_MAJOR_FAULTS), 2);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_MINOR_FAULTS), 1, 'a page that had to be read is no minor fault');
  mm.exports.objectRelease(file);
  mm.finish(before, space);
});

test('a page asked for again before it came is one major fault', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const file = mm.file(1);
  mm.mapAt(space, AT, 1, M.PROT_READ, M.MAP_SHARED, file);
  for (let i = 0; i < 3; i++) assert.is(mm.exports.userPage(space, AT, X.ACCESS_READ), 0);
  assert.is(mm.read(space, AT), 1);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_MAJOR_FAULTS), 1);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_MINOR_FAULTS), 0);
  mm.exports.objectRelease(file);
  mm.finish(before, space);
});

test('fault-around maps what the cache has already, without calling it accessed', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const file = mm.file(64);
  for (let i = 0; i < 40; i++) mm.exports.objectInsertPage(file, i);
  mm.mapAt(space, AT, 64, M.PROT_READ, M.MAP_PRIVATE, file);
  mm.read(space, AT + 20 * PAGE);
  const present = Array.from({ length: 64 }, (_, i) => i).filter((i) => mm.exports.pteRead(space, AT + i * PAGE) !== 0);
  assert.equal(
    present,
    Array.from({ length: 16 }, (_, i) => 16 + i),
  );
  assert.is(mm.exports.pteRead(space, AT + 21 * PAGE) & PTE_A, 0);
  assert.is(mm.exports.pteRead(space, AT + 20 * PAGE) & PTE_A, PTE_A);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_MINOR_FAULTS), 1);
  mm.exports.objectRelease(file);
  mm.finish(before, space);
});

test('beyond the end of a file: a bus error, not zeros; within the last page: zeros', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const file = mm.shmem(0);
  mm.exports.objectSetSize(file, PAGE + 10);
  mm.mapAt(space, AT, 4, RW, M.MAP_SHARED, file);
  mm.mapAt(space, AT + 0x100000, 4, RW, M.MAP_PRIVATE, file);
  for (const base of [AT, AT + 0x100000]) {
    assert.is(mm.read(space, base + PAGE + 4000), 0);
    assert.is(mm.read(space, base + 2 * PAGE), -X.FAULT_ADRERR);
    assert.is(mm.write(space, base + 3 * PAGE, 1), -X.FAULT_ADRERR);
  }
  assert.equal(mm.fault, { kind: X.FAULT_ADRERR, access: X.ACCESS_WRITE, address: AT + 0x103000 });
  mm.exports.objectSetSize(file, 3 * PAGE);
  assert.is(mm.read(space, AT + 2 * PAGE), 0);
  mm.exports.objectRelease(file);
  mm.finish(before, space);
});

test('permissions: every access checked, writable implies readable, execute-only stays so', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const kinds = [X.ACCESS_READ, X.ACCESS_WRITE, X.ACCESS_EXEC];
  const table: [number, string][] = [
    [M.PROT_NONE, '---'],
    [M.PROT_READ, 'r--'],
    [M.PROT_WRITE, 'rw-'],
    [M.PROT_EXEC, '--x'],
    [M.PROT_READ | M.PROT_EXEC, 'r-x'],
    [M.PROT_WRITE | M.PROT_EXEC, 'rwx'],
  ];
  const seen = (address: number): string =>
    kinds.map((kind) => (mm.exports.userPage(space, address, kind) !== 0 ? 'rwx'[kind] : '-')).join('');
  for (const [prot, want] of table) {
    mm.mapAt(space, AT, 2, prot);
    assert.is(seen(AT), want, `mapped with ${prot}`);
    if (want !== 'rwx') assert.is(mm.fault.kind, X.FAULT_ACCERR);
    for (const [first] of table) {
      mm.mapAt(space, AT, 2, RW | M.PROT_EXEC);
      mm.write(space, AT, 1);
      mm.exports.mmProtect(space, AT, 2 * PAGE, first);
      mm.exports.mmProtect(space, AT, 2 * PAGE, prot);
      assert.is(seen(AT), want, `${first}, then ${prot}`);
      assert.is(seen(AT + PAGE), want, `${first}, then ${prot}, untouched`);
      mm.check(space);
    }
  }
  mm.mapAt(space, AT, 1, M.PROT_READ | M.PROT_EXEC);
  mm.exports.userPage(space, AT, X.ACCESS_EXEC);
  assert.is(mm.exports.pteRead(space, AT) & PTE_X, PTE_X);
  assert.is(mm.read(space, AT + 2 * PAGE), -X.FAULT_MAPERR);
  assert.is(mm.read(space, 2 ** 38), -X.FAULT_MAPERR);
  assert.is(mm.read(space, 2 ** 52), -X.FAULT_MAPERR);
  assert.is(mm.read(space, -1), -X.FAULT_MAPERR);
  mm.finish(before, space);
});

test('a stack grows to its limit and keeps the guard gap', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  const top = MMAP_BASE + 0x1000000;
  const bottom = top - 4 * PAGE;
  mm.mapAt(space, bottom, 4, RW, ANON | M.MAP_GROWSDOWN);
  assert.is(mm.write(space, bottom - 100 * PAGE, 1), 0, 'a jump is growth, too');
  assert.is(mm.exports.vmaCount(space), 1);
  assert.is(mm.vmas(space)[0].start, bottom - 100 * PAGE);
  assert.is(mm.exports.spaceStat(space, S.SPACE_STAT_STACK_PAGES), 104);
  assert.is(mm.write(space, top - STACK_LIMIT, 1), 0, 'exactly the limit');
  assert.is(mm.write(space, top - STACK_LIMIT - 1, 1), -X.FAULT_MAPERR);
  const low = top - STACK_LIMIT;
  mm.check(space);
  // A larger limit, and a mapping below.
  mm.exports.spaceSetLayout(space, MMAP_BASE, 0x800000, 2 * STACK_LIMIT);
  mm.mapAt(space, low - 512 * PAGE, 1);
  assert.is(mm.write(space, low - 255 * PAGE, 1), 0);
  assert.is(mm.write(space, low - 256 * PAGE, 1), -X.FAULT_MAPERR);
  // What nobody may access is a guard itself.
  mm.exports.mmProtect(space, low - 512 * PAGE, PAGE, M.PROT_NONE);
  assert.is(mm.write(space, low - 511 * PAGE, 1), 0);
  mm.finish(before, space);
});

test('nothing is placed in the guard gap of a stack unless it must be there', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, MMAP_BASE - 4 * PAGE, 4, RW, ANON | M.MAP_GROWSDOWN);
  assert.is(mm.map(space, 0, 2), MMAP_BASE - (4 + 256 + 2) * PAGE);
  assert.is(mm.map(space, MMAP_BASE - 10 * PAGE, 2), MMAP_BASE - (4 + 256 + 4) * PAGE, 'a hint into it is moved');
  mm.mapAt(space, MMAP_BASE - 10 * PAGE, 2);
  mm.check(space);
  mm.finish(before, space);
});

test('identity frames and window bytes: private pages get theirs, shared and copied pages never a byte', async () => {
  const mm = await Mm.create();
  const before = mm.frames;
  const parent = mm.space();
  mm.exports.spaceActivate(parent);
  mm.mapAt(parent, AT, 8);
  mm.mapAt(parent, AT + 0x100000, 8, RW, SHARED_ANON);
  for (let i = 0; i < 8; i++) {
    mm.write(parent, AT + i * PAGE, i);
    mm.write(parent, AT + 0x100000 + i * PAGE, i);
  }
  assert.is(mm.exports.spaceStat(parent, S.SPACE_STAT_WINDOW_PAGES), 8);
  assert.is(mm.exports.spaceStat(parent, S.SPACE_STAT_SHARED_RESIDENT), 8);
  const slot = (n: number): Uint8Array => mm.core.u8.subarray(L.PERMISSIONS + n * 2 ** 20, L.PERMISSIONS + (n + 1) * 2 ** 20);
  const bytes = (n: number): number[] => [...slot(n).subarray(AT / PAGE, AT / PAGE + 8)];
  assert.equal(bytes(0), new Array(8).fill(L.PERM_READ | L.PERM_WRITE));
  const child = mm.exports.spaceFork(parent);
  assert.equal(bytes(0), new Array(8).fill(L.PERM_READ), 'fork takes the right to store, not to load');
  mm.write(child, AT, 100);
  assert.equal(bytes(1), [3, 0, 0, 0, 0, 0, 0, 0], 'the copy lies at the identity frame of the child');
  mm.check(parent, child);
  mm.exports.mmProtect(parent, AT, 4 * PAGE, M.PROT_NONE);
  assert.equal(bytes(0), [0, 0, 0, 0, 1, 1, 1, 1]);
  mm.exports.spaceRelease(parent);
  mm.exports.spaceRelease(child);
  assert.ok(slot(0).every((byte) => byte === 0) && slot(1).every((byte) => byte === 0), 'all bytes of free slots are 0');
  assert.is(mm.frames, before);
});

test('the last owner of a page that lies elsewhere takes it home, and does without when memory is short', async () => {
  const mm = await Mm.create(64);
  const before = mm.frames;
  const parent = mm.space();
  mm.mapAt(parent, AT, 8);
  for (let i = 0; i < 8; i++) mm.write(parent, AT + i * PAGE, i + 1);
  const child = mm.exports.spaceFork(parent);
  mm.exports.spaceRelease(parent);
  const at = (): number => mm.exports.spaceStat(child, S.SPACE_STAT_WINDOW_PAGES);
  assert.is(at(), 0);
  mm.write(child, AT, 50);
  assert.is(at(), 1);
  assert.is(mm.exports.spaceStat(child, S.SPACE_STAT_COW_FAULTS), 0, 'nothing was shared');
  mm.check(child);
  mm.mapAt(child, AT + 0x800000, 64);
  for (let i = 0; mm.write(child, AT + 0x800000 + i * PAGE, 1) === 0; i++);
  assert.is(mm.frames, 64);
  for (let i = 1; i < 8; i++) assert.is(mm.write(child, AT + i * PAGE + 1, 60 + i), 0, 'needs no frame');
  for (let i = 1; i < 8; i++) assert.is(mm.read(child, AT + i * PAGE), i + 1);
  mm.finish(before, child);
});

test('more spaces than windows: the rest live without one', async () => {
  const mm = await Mm.create(16384, 0x2000);
  const before = mm.frames;
  const spaces = Array.from({ length: L.WINDOW_SLOTS + 6 }, () => mm.space());
  spaces.forEach((space, n) => {
    mm.mapAt(space, AT, 4);
    assert.is(mm.write(space, AT, n + 1), 0);
  });
  assert.is(mm.exports.spaceStat(spaces[0], S.SPACE_STAT_WINDOW_PAGES), 1);
  assert.is(mm.exports.spaceStat(spaces[L.WINDOW_SLOTS], S.SPACE_STAT_WINDOW_PAGES), 0);
  spaces.forEach((space, n) => {
    mm.exports.spaceActivate(space);
    assert.is(mm.read(space, AT), n + 1);
  });
  mm.finish(before, ...spaces);
});

test('out of frames: the fault says so, and what is freed can be used again', async () => {
  const mm = await Mm.create(64);
  const before = mm.frames;
  const space = mm.space();
  mm.mapAt(space, AT, 200);
  let written = 0;
  while (mm.write(space, AT + written * PAGE, written) === 0) written++;
  assert.is(mm.fault.kind, X.FAULT_MEMORY);
  assert.is(mm.frames, 64);
  assert.is(mm.exports.spaceFork(space), 0);
  mm.check(space);
  for (let i = 0; i < written; i++) assert.is(mm.read(space, AT + i * PAGE), i);
  mm.exports.mmUnmap(space, AT, 10 * PAGE);
  for (let i = 0; i < 10; i++) assert.is(mm.write(space, AT + (100 + i) * PAGE, 1), 0);
  assert.is(mm.write(space, AT + 120 * PAGE, 1), -X.FAULT_MEMORY);
  mm.finish(before, space);
});

test('memory that ends at every possible place leaves everything consistent', async () => {
  let succeeded = 0;
  for (let frames = 2; frames < 70; frames++) {
    const mm = await Mm.create(frames);
    const before = mm.frames;
    const space = mm.exports.spaceCreate();
    if (space === 0) {
      assert.is(mm.frames, before);
      continue;
    }
    mm.exports.spaceSetLayout(space, MMAP_BASE, 0x800000, STACK_LIMIT);
    const spaces = [space];
    const object = mm.exports.objectCreate(X.OBJECT_SHMEM) >>> 0;
    if (object !== 0) mm.exports.objectSetSize(object, 2 ** 40);
    let failures = 0;
    const note = (ok: boolean): void => {
      if (!ok) failures++;
      mm.check(...spaces);
    };
    note(mm.map(space, AT, 16, RW, ANON | M.MAP_FIXED) === AT);
    note(mm.map(space, AT + 0x400000, 16, RW, SHARED_ANON | M.MAP_FIXED) > 0);
    if (object !== 0) note(mm.map(space, AT + 0x800000, 16, RW, M.MAP_SHARED | M.MAP_FIXED, object, 2 ** 39) > 0);
    for (let i = 0; i < 6; i++) for (const at of [AT, AT + 0x400000, AT + 0x800000]) note(mm.write(space, at + i * PAGE, i) === 0);
    if (object !== 0) for (const index of [0, 70, 5000, 300000, 20000000]) note(mm.exports.objectInsertPage(object, index) !== 0);
    note(mm.exports.mmProtect(space, AT + 4 * PAGE, PAGE, M.PROT_READ) === 0);
    note(mm.exports.mmRemap(space, AT, 3 * PAGE, 20 * PAGE, M.MREMAP_MAYMOVE, 0) > 0);
    note(mm.exports.mmRemap(space, AT + 0x400000, 3 * PAGE, 3 * PAGE, M.MREMAP_MAYMOVE | M.MREMAP_FIXED, 0x3000000000) > 0);
    note(mm.exports.mmUnmap(space, AT + 10 * PAGE, PAGE) === 0);
    const child = mm.exports.spaceFork(space);
    if (child !== 0) spaces.push(child);
    note(child !== 0);
    if (child !== 0) for (let i = 5; i < 10; i++) note(mm.write(child, AT + i * PAGE, 50 + i) === 0);
    if (failures === 0) succeeded++;
    if (object !== 0) mm.exports.objectRelease(object);
    mm.finish(before, ...spaces);
  }
  assert.ok(succeeded > 0, 'with the most frames all of it works');
});

test.run();
