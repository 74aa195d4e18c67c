/** An overlay over file systems whose pages only their own page cache has: what answers later, and what another overlay shows of it. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type FileSystemSource, Machine, overlay, promisesFolder } from '../../host/index-node.js';
import { elf } from '../support/assembled.js';
import { hashFolder } from '../support/backends.js';

const PAGE = 4096;
const BIG = Uint8Array.from({ length: 40 * PAGE + 100 }, (_, i) => (i * 13) ^ (i >> 9));

/** Maps 41 pages of /data/big privately and of /data/d/inside shared; adds a byte of the last page to one that it stores in the second. */
const MAPPER = elf(`
_start: li a0, -100; la a1, big; li a2, 0; li a7, 56; ecall
        mv a4, a0; li a0, 0; li a1, 163940; li a2, 3; li a3, 2; li a5, 0; li a7, 222; ecall
        mv s0, a0
        li a0, -100; la a1, inside; li a2, 2; li a7, 56; ecall
        mv a4, a0; li a0, 0; li a1, 4096; li a2, 3; li a3, 1; li a5, 0; li a7, 222; ecall
        mv s1, a0
        li t0, 163939; add t0, t0, s0; lbu t1, 0(t0)
        sb t1, 0(s0)
        sb t1, 1(s1)
        lbu a0, 0(s1); add a0, a0, t1
        li a7, 93; ecall
.data
big:    .asciz "/data/big"
inside: .asciz "/data/d/inside"`);

const sources: Readonly<Record<string, (folder: string) => FileSystemSource>> = {
  'a folder behind promises': (folder) => overlay(promisesFolder(fs, folder)),
  'an overlay over one': (folder) => overlay(overlay(promisesFolder(fs, folder))),
};

for (const [name, source] of Object.entries(sources)) {
  test(`over ${name}: everything can be changed, and nothing of it is`, async () => {
    const folder = await fs.mkdtemp(join(tmpdir(), 'pagewalk-overlay-'));
    try {
      await fs.mkdir(join(folder, 'd'));
      await fs.writeFile(join(folder, 'd/inside'), 'inside');
      await fs.writeFile(join(folder, 'big'), BIG);
      await fs.writeFile(join(folder, 'gone'), 'gone');
      const before = hashFolder(folder);
      const machine = await Machine.create({ memory: '16M', files: { '/bin/mapper': MAPPER }, mounts: { '/data': source(folder) } });
      const { fs: guest } = machine;
      const last = BIG[BIG.length - 1];
      assert.is((await machine.run('mapper')).exitCode, ('i'.charCodeAt(0) + last) & 255);
      assert.equal((await guest.readFile('/data/d/inside')).subarray(0, 3), Uint8Array.of(105, last, 115));
      assert.equal(await guest.readFile('/data/big'), BIG);
      await guest.writeFile('/data/big', 'short', { flag: 'r+' });
      await guest.rename('/data/big', '/data/d/large');
      await guest.unlink('/data/gone');
      await guest.rename('/data/d', '/data/e');
      await guest.mkdir('/data/d');
      await guest.writeFile('/data/d/new', 'new');
      assert.equal((await guest.readdir('/data')).sort(), ['d', 'e']);
      assert.equal((await guest.readdir('/data/d')).sort(), ['new']);
      assert.equal((await guest.readdir('/data/e')).sort(), ['inside', 'large']);
      const large = await guest.readFile('/data/e/large');
      assert.equal([new TextDecoder().decode(large.subarray(0, 5)), large.length, large[PAGE]], ['short', BIG.length, BIG[PAGE]]);
      await machine.close();
      assert.is(hashFolder(folder), before);
    } finally {
      await fs.rm(folder, { recursive: true });
    }
  });
}

test.run();
