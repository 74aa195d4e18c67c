/** Machines with file systems that are not all their own, saved and made again: what was open goes on. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type FileSystemSource, folder, Machine, memory, overlay, tar } from '../../host/index-node.js';
import { elf } from '../support/assembled.js';
import { makeTar } from '../support/tar.js';

const TREE = makeTar([
  { name: 'etc/', type: '5', mode: 0o755 },
  { name: 'etc/motd', data: 'below\n' },
  { name: 'etc/deep/file', data: 'deep\n' },
  { name: 'log', data: 'first\n' },
]);

/** Opens /data/log to append, maps /data/etc/motd; for each byte of its input it appends a line, and stores into the mapping. */
const WRITER = elf(`
_start: li a0, -100; la a1, log; li a2, 02002; li a7, 56; ecall; mv s0, a0
        li a0, -100; la a1, motd; li a2, 2; li a7, 56; ecall; mv a4, a0
        li a0, 0; li a1, 4096; li a2, 3; li a3, 1; li a5, 0; li a7, 222; ecall; mv s1, a0
again:  li a0, 0; la a1, byte; li a2, 1; li a7, 63; ecall
        beqz a0, done
        la t0, byte; lbu t1, 0(t0); sb t1, 0(s1)
        mv a0, s0; la a1, byte; li a2, 2; li a7, 64; ecall
        j again
done:   li a0, 0; li a7, 93; ecall
.data
byte:   .asciz " "
        .byte 10
log:    .asciz "/data/log"
motd:   .asciz "/data/etc/motd"`);

/** `upper` is made for each machine; what it keeps is there for the second one, or in the snapshot. */
async function savedInBetween(upper: () => FileSystemSource): Promise<void> {
  const mounts = { '/data': overlay(tar(TREE), upper()) };
  const first = await Machine.create({ memory: '32M', files: { '/bin/writer': WRITER }, mounts });
  await first.fs.rename('/data/etc', '/data/conf');
  await first.fs.mkdir('/data/etc');
  await first.fs.rename('/data/conf/motd', '/data/etc/motd');
  const input = new TransformStream<Uint8Array, Uint8Array>();
  const writer = input.writable.getWriter();
  const { pid } = await first.spawn('writer', [], { stdin: input.readable });
  await writer.write(new TextEncoder().encode('A'));
  while (!(await first.fs.readFile('/data/log', 'utf8')).includes('A')) await new Promise((done) => setTimeout(done, 1));
  await first.pause();
  const bytes = await first.snapshot();
  await first.close();
  const second = await Machine.restore(bytes, {
    mounts: { '/data': overlay(tar(TREE), upper()) },
    stdio: () => ({ stdin: 'B' }),
  });
  await second.process(pid)?.exited;
  assert.match(await second.fs.readFile('/data/log', 'utf8'), /^first\nA.*B/s);
  assert.is(await second.fs.readFile('/data/etc/motd', 'utf8'), 'Below\n');
  assert.is(await second.fs.readFile('/data/conf/deep/file', 'utf8'), 'deep\n');
  await second.fs.writeFile('/data/conf/deep/file', 'deeper\n');
  assert.is(await second.fs.readFile('/data/conf/deep/file', 'utf8'), 'deeper\n');
  await second.close();
}

test('a union whose upper part is in memory', () => savedInBetween(() => memory()));

test('a union whose upper part is a folder of the host', async () => {
  const path = await fs.mkdtemp(join(tmpdir(), 'pagewalk-snapshot-'));
  try {
    await savedInBetween(() => folder(path, { readOnly: false }));
    assert.match(await fs.readFile(join(path, 'log'), 'utf8'), /^first\nA.*B/s);
  } finally {
    await fs.rm(path, { recursive: true });
  }
});

test.run();
