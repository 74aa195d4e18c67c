/** Block devices of the embedder's: beside a loop device of Linux, at once and by promises, and what becomes of failures. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type BlockDevice, Machine, run, runSync, SysError, type SystemError } from '../../host/index-node.js';
import { addDevice } from '../../host/machine-setup.js';
import { elf } from '../support/assembled.js';
import { compileGuest, compileNative, GCC, runNative, runOurs } from '../support/guest.js';
import { testWith } from '../support/tools.js';

const PAGE = 4096;
const SIZE = 40448;

/** In an array; what it was asked. */
class Disk implements BlockDevice {
  readonly bytes: Uint8Array;
  readonly calls: string[] = [];

  constructor(readonly sizeBytes: number) {
    this.bytes = new Uint8Array(sizeBytes);
  }

  read(offset: number, length: number): Uint8Array | Promise<Uint8Array> {
    this.calls.push(`read ${offset}+${length}`);
    return this.bytes.slice(offset, offset + length);
  }

  write(offset: number, bytes: Uint8Array): void | Promise<void> {
    this.calls.push(`write ${offset}+${bytes.length}`);
    this.bytes.set(bytes, offset);
  }

  flush(): void | Promise<void> {
    this.calls.push('flush');
  }
}

class LateDisk extends Disk {
  override async read(offset: number, length: number): Promise<Uint8Array> {
    await new Promise((done) => setTimeout(done, 1));
    return super.read(offset, length);
  }

  override async write(offset: number, bytes: Uint8Array): Promise<void> {
    await new Promise((done) => setTimeout(done, 1));
    super.write(offset, bytes);
  }
}

/** `losetup` needs more than its being there. */
function loopDevice(file: string): string | undefined {
  const { status, stdout } = spawnSync('losetup', ['-f', '--show', file], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

let real: string | undefined;

testWith(test, [GCC, 'losetup'], 'every call, as on a loop device of Linux; at once and by promises', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pagewalk-block-'));
  writeFileSync(join(folder, 'disk'), new Uint8Array(SIZE));
  const loop = loopDevice(join(folder, 'disk'));
  try {
    if (loop !== undefined) real = runNative(compileNative('tests/guest/block.c'), [loop]).stdout;
  } finally {
    if (loop !== undefined) spawnSync('losetup', ['-d', loop]);
    rmSync(folder, { recursive: true });
  }
  const outputs: string[] = [];
  for (const disk of [new Disk(SIZE), new LateDisk(SIZE)]) {
    const during = (machine: Parameters<typeof addDevice>[0]): void => addDevice(machine, '/dev/vda', disk);
    const { stdout, status } = await runOurs(compileGuest('tests/guest/block.c'), ['/dev/vda'], { during });
    assert.is(status, 0, stdout);
    outputs.push(stdout);
    assert.equal(String.fromCharCode(...disk.bytes.subarray(0, 6)), 'axxxxm');
    assert.ok(disk.calls.includes('flush'));
  }
  assert.is(outputs[1], outputs[0]);
  if (real === undefined) console.log('no loop device: not compared with Linux');
  else assert.is(outputs[0], real);
});

/** Reads 8 bytes at 0, prints them, writes them at 8192, and fsyncs; its status is the errno of what failed first. */
const COPY = elf(`
_start: li a0, -100; la a1, path; li a2, 2; li a7, 56; ecall
        bltz a0, bad
        mv s0, a0
        la a1, data; li a2, 8; li a7, 63; ecall
        bltz a0, bad
        li a0, 1; la a1, data; li a2, 8; li a7, 64; ecall
        mv a0, s0; la a1, data; li a2, 8; li a3, 8192; li a7, 68; ecall
        bltz a0, bad
        mv a0, s0; li a7, 82; ecall
        bltz a0, bad
        li a0, 0; li a7, 93; ecall
bad:    neg a0, a0; li a7, 93; ecall
.data
path:   .asciz "/dev/vda"
data:   .zero 8`);

test('requests are whole sectors, neighbouring pages at once; the cache is written on fsync', async () => {
  const disk = new Disk(64 * PAGE);
  disk.bytes.set(new TextEncoder().encode('contents'));
  const { text, exitCode } = await run({ program: COPY, devices: { '/dev/vda': disk } });
  assert.equal([text, exitCode], ['contents', 0]);
  // The first to find out how it answers; reading ahead; the page that is written in part.
  assert.equal(disk.calls, ['read 0+4096', 'read 0+16384', 'write 8192+4096', 'flush'].slice(0, disk.calls.length));
  assert.is(new TextDecoder().decode(disk.bytes.subarray(8192, 8200)), 'contents');
  const again = new Disk(64 * PAGE);
  assert.is(runSync({ program: COPY, devices: { '/dev/vda': again } }).exitCode, 0);
});

const codeOf = (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: SystemError) => error.code,
  );

test('what a device throws or rejects is the error of the call; the machine goes on', async () => {
  const failing = (error: unknown, late: boolean): BlockDevice => ({
    sizeBytes: 64 * PAGE,
    read: (_, length) => (late ? Promise.resolve(new Uint8Array(length)) : new Uint8Array(length)),
    write: () => {
      if (late) return Promise.reject(error);
      throw error;
    },
  });
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
  for (const late of [false, true]) {
    for (const [error, errno, code] of [
      [new SysError(5), 5, 'EIO'],
      [new Error('?'), 5, 'EIO'],
      [full, 28, 'ENOSPC'],
    ] as const) {
      const machine = await Machine.create({ files: { '/bin/copy': COPY }, devices: { '/dev/vda': failing(error, late) } });
      assert.is((await machine.run('copy')).exitCode, errno);
      // What was to be kept is lost: whoever closes the machine hears it.
      assert.is(await codeOf(machine.close()), code);
    }
    const short: BlockDevice = {
      sizeBytes: 2 * PAGE,
      read: (_, length) => (late ? Promise.resolve(new Uint8Array(length - 1)) : new Uint8Array(5)),
    };
    assert.is((await run({ program: COPY, devices: { '/dev/vda': short } })).exitCode, 5);
  }
});

test('read only; sizes that can not be; names and numbers; /proc', async () => {
  const readOnly: BlockDevice = { sizeBytes: 64 * PAGE, read: (_, length) => new Uint8Array(length), number: [254, 3] };
  const { exitCode } = await run({ program: COPY, devices: { '/dev/vda': readOnly } });
  assert.is(exitCode, 1);
  const machine = await Machine.create({ devices: { '/dev/vda': readOnly } });
  assert.is(await codeOf(machine.addDevice('/dev/vdb', { ...readOnly, number: undefined, sizeBytes: 1000 })), 'EINVAL');
  assert.is(await codeOf(machine.addDevice('/dev/vdb', { ...readOnly, number: undefined, sizeBytes: 0 })), 'EINVAL');
  assert.is(await codeOf(machine.addDevice('/dev/vdb', readOnly)), 'EEXIST');
  assert.is(await codeOf(machine.addDevice('/dev/vdb', { ...readOnly, number: undefined })), 'none');
  assert.is(
    await machine.fs.readFile('/proc/partitions', 'utf8'),
    'major minor  #blocks  name\n\n 254        3        256 vda\n 240        0        256 vdb\n',
  );
  assert.match(String(await machine.fs.readFile('/proc/devices', 'utf8')), /\nBlock devices:\n240 vdb\n254 vda\n$/);
  assert.ok((await machine.fs.stat('/dev/vda')).isBlockDevice());
  await machine.close();
});

test.run();
