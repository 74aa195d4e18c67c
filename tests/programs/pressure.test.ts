/** Working sets of several times the memory: nothing is lost, and what programs are told of it is so. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EIO } from '../../assembly/shared/errno.js';
import { Suspend, SysError } from '../../host/linux/error.js';
import type { Machine } from '../../host/machine.js';
import { mountAt } from '../../host/machine-setup.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { MemoryFile } from '../../host/vfs/backends/memory-file.js';
import { NodeSwap } from '../../host/vfs/backends/node-swap.js';
import { MemorySwap, type SwapMedium } from '../../host/vfs/swap.js';
import type { NewInode } from '../../host/vfs/types.js';
import { Disk } from '../support/disk.js';
import {
  COMPARE_NEEDS,
  compileGuest,
  compileNative,
  GCC,
  type GuestOutcome,
  NATIVE_NEEDS,
  type OurOptions,
  runNative,
  runOurs,
  runQemu,
} from '../support/guest.js';
import { testWith } from '../support/tools.js';

const MB = 1024 * 1024;
const MEMORY = 2 * MB;
const SWAP = 64 * MB;

const program = (): string => compileGuest('tests/guest/pressure.c', ['-O2']);

function short(args: readonly string[], medium: SwapMedium, options: OurOptions = {}): Promise<GuestOutcome> {
  return runOurs(program(), args, { memoryBytes: MEMORY, swap: { sizeBytes: SWAP, medium }, ...options });
}

testWith(test, COMPARE_NEEDS, 'a mapped file of four times the memory is sorted, without a swap area', async () => {
  const disk = mkdtempSync(join(tmpdir(), 'pagewalk-disk-'));
  try {
    const ours = await runOurs(program(), ['file', '8192', '/disk/data'], { memoryBytes: MEMORY, disk });
    assert.is(ours.stdout, runQemu(program(), ['file', '8192', 'data']).stdout);
    assert.is(ours.status, 0);
  } finally {
    rmSync(disk, { recursive: true });
  }
});

testWith(test, COMPARE_NEEDS, 'a mapped file of a file system in memory goes to the swap area', async () => {
  const ours = await short(['file', '6144', '/tmp/data'], new MemorySwap());
  assert.is(ours.stdout, runQemu(program(), ['file', '6144', 'data']).stdout);
});

testWith(test, COMPARE_NEEDS, 'anonymous memory of three and a half times the memory is sorted in a swap file', async () => {
  const swap = new NodeSwap();
  try {
    const ours = await short(['anonymous', '7168'], swap);
    assert.is(ours.stdout, runQemu(program(), ['anonymous', '7168']).stdout);
  } finally {
    swap.close();
  }
});

testWith(test, COMPARE_NEEDS, 'pages that are out are forked, changed on both sides, shared', async () => {
  for (const jit of [undefined, false] as const) {
    const ours = await short(['fork', '2048'], new MemorySwap(), { jit });
    assert.is(ours.stdout, runQemu(program(), ['fork', '2048']).stdout);
  }
});

testWith(test, COMPARE_NEEDS, 'system calls read and write pages that are out; what is locked stays', async () => {
  const ours = await short(['locked', '4096'], new MemorySwap());
  assert.is(ours.stdout, runQemu(program(), ['locked', '4096']).stdout);
});

/** Answers nothing at once. */
class SlowSwap extends MemorySwap {
  readonly #ready = new Set<string>();
  asked = 0;

  #wait(what: string): void {
    if (this.#ready.delete(what)) return;
    this.asked++;
    throw new Suspend(new Promise((done) => setImmediate(done)).then(() => void this.#ready.add(what)));
  }

  override readPage(index: number, into: Uint8Array): void {
    this.#wait(`read ${index}`);
    super.readPage(index, into);
  }

  override writePage(index: number, bytes: Uint8Array): void {
    this.#wait(`write ${index}`);
    super.writePage(index, bytes);
  }
}

testWith(test, COMPARE_NEEDS, 'a medium that has to be waited for', async () => {
  const swap = new SlowSwap();
  const ours = await short(['fork', '1536'], swap);
  assert.is(ours.stdout, runQemu(program(), ['fork', '1536']).stdout);
  assert.ok(swap.asked > 100, `${swap.asked} times`);
});

/** A disk that answers nothing at once, neither reads nor writes. */
class SlowDisk extends Disk {
  readonly #ready = new Set<string>();
  asked = 0;

  constructor() {
    super(new Uint8Array(0));
    const { readPage, writePage } = this;
    this.readPage = (index, into) => this.#wait(`read ${index}`, () => readPage.call(this, index, into));
    this.writePage = (index, bytes, length) => this.#wait(`write ${index}`, () => writePage.call(this, index, bytes, length));
  }

  #wait(what: string, act: () => void): void {
    if (this.#ready.delete(what)) {
      act();
      return;
    }
    this.asked++;
    throw new Suspend(new Promise((done) => setImmediate(done)).then(() => void this.#ready.add(what)));
  }
}

class SlowFile extends MemoryFile {
  readonly disk = new SlowDisk();

  constructor(fs: SlowFileSystem, what: NewInode) {
    super(fs, what);
    this.backing = this.disk;
    fs.disks.push(this.disk);
  }
}

class SlowFileSystem extends MemoryFileSystem {
  readonly disks: SlowDisk[] = [];

  override makeFile(what: NewInode): MemoryFile {
    return new SlowFile(this, what);
  }
}

testWith(
  test,
  COMPARE_NEEDS,
  'a mapped file of one and a half times the memory on a medium that has to be waited for, without a swap area',
  async () => {
    let disks: readonly SlowDisk[] = [];
    const during = (machine: Machine): void => {
      const fs = new SlowFileSystem(machine.env);
      disks = fs.disks;
      mountAt(machine, '/disk', fs);
    };
    const ours = await runOurs(program(), ['file', '3072', '/disk/data'], { memoryBytes: MEMORY, during });
    assert.is(ours.stdout, runQemu(program(), ['file', '3072', 'data']).stdout, ours.stderr);
    assert.ok(disks[0].asked > 500, `${disks[0].asked} times`);
  },
);

/** userfaultfd(2) of what the kernel does, too, needs root on most systems. */
const IS_ROOT = process.getuid?.() === 0;

for (const [what, kib] of [
  ['segments', 4096],
  ['served', 3072],
  ['minor', 4096],
] as const) {
  testWith(test, IS_ROOT ? NATIVE_NEEDS : ['root'], `System V segments, memory that userfaultfds watch: ${what}`, async () => {
    const source = 'tests/guest/pressure-served.c';
    const { stdout } = runNative(compileNative(source), [what, `${kib}`]);
    for (const medium of [new MemorySwap(), new SlowSwap()]) {
      const options = { memoryBytes: MEMORY, swap: { sizeBytes: SWAP, medium } };
      const ours = await runOurs(compileGuest(source, ['-O2']), [what, `${kib}`], options);
      assert.is(ours.stdout, stdout);
    }
  });
}

class BrokenSwap extends MemorySwap {
  reads = 0;
  constructor(readonly failing: 'read' | 'write') {
    super();
  }
  override readPage(index: number, into: Uint8Array): void {
    if (this.failing === 'read' && ++this.reads > 100) throw new SysError(EIO);
    super.readPage(index, into);
  }
  override writePage(index: number, bytes: Uint8Array): void {
    if (this.failing === 'write') throw new SysError(EIO);
    super.writePage(index, bytes);
  }
}

testWith(test, [GCC], 'a page that can not be read again is SIGBUS; pages that can not be written stay, and memory is short', async () => {
  const lost = await short(['anonymous', '7168'], new BrokenSwap('read'), { mayBeCut: true });
  assert.is(lost.status, 128 + 7);
  const kept = await short(['anonymous', '7168'], new BrokenSwap('write'), { mayBeCut: true });
  assert.is(kept.reason, 'memory');
});

testWith(test, [GCC], 'a swap area that is full, or none: the largest process is killed', async () => {
  const full = await short(['anonymous', '7168'], new MemorySwap(), { mayBeCut: true, swap: { sizeBytes: MB } });
  assert.is(full.reason, 'memory');
  const none = await short(['anonymous', '7168'], new MemorySwap(), { mayBeCut: true, swap: undefined });
  assert.is(none.reason, 'memory');
});

testWith(test, [GCC], 'what programs are told: mincore, smaps, pagemap, status, meminfo, sysinfo, faults; swapon and swapoff', async () => {
  const swap = { sizeBytes: 16 * MB };
  const { stdout } = await runOurs(compileGuest('tests/guest/swapped.c'), [], { swap });
  assert.is(stdout, readFileSync('tests/guest/swapped.txt', 'utf8'));
});

test.run();
