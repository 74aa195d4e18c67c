/** Devices that can be mapped: /dev/zero beside real Linux, and the embedder's own, by memory and by callbacks. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EIO, ENOMEM, ENOTTY } from '../../assembly/shared/errno.js';
import { Suspend, SysError } from '../../host/linux/error.js';
import { POLLIN, POLLOUT } from '../../host/linux/poll.js';
import { addDevice } from '../../host/machine-setup.js';
import type { CharacterDevice } from '../../host/vfs/chardevice.js';
import { DeviceMemory } from '../../host/vfs/devicememory.js';
import { Framebuffer } from '../../host/vfs/framebuffer.js';
import { WaitQueue } from '../../host/vfs/wait.js';
import { sameAsLinux } from '../support/compare.js';
import { Mm } from '../support/core.js';
import { compileGuest, GCC, type GuestOutcome, NATIVE_NEEDS, runOurs } from '../support/guest.js';
import { testWith } from '../support/tools.js';

const PAGE = 4096;

testWith(test, NATIVE_NEEDS, 'mapping /dev/zero and devices that are no memory', () => sameAsLinux('zero'));

/** Runs tests/guest/device.c with one device. */
async function withDevice(mode: string, device: CharacterDevice, atEnd = (): void => {}): Promise<GuestOutcome> {
  const path = mode === 'frame' ? '/dev/fb0' : '/dev/mine';
  let checks = 0;
  const outcome = await runOurs(compileGuest('tests/guest/device.c'), [mode, path], {
    during: (machine) => {
      addDevice(machine, path, device);
      const { onProcessExit } = machine.kernel.hooks;
      machine.kernel.hooks.onProcessExit = (process) => {
        assert.is(machine.core.exports.debugCheckSpace(process.space.handle), 0);
        assert.is(machine.core.exports.debugCheckFrames(), 0);
        checks++;
        onProcessExit?.(process);
      };
    },
  });
  assert.ok(checks > 0);
  assert.is(outcome.status, 0, outcome.stdout);
  atEnd();
  return outcome;
}

/** What the program prints of 2.5 pages of memory that hold 1, 2 and 3. */
const MEMORY = `fstat(fd, &status) = 0
mode 20666 size 0
2 pages rw-p at 1000
3 pages rw-s at 0
1 2 3 2
2 2
from the child: 99 2
pread(fd, text, 4, 5) = 4
99
pwrite(fd, "abc", 3, PAGE - 1) = 3
abc
pread(fd, text, 16, 2 * PAGE + 2040) = 8
pread(fd, text, 16, 2 * PAGE + 2048) = 0
pwrite(fd, "abcdefghij", 10, 2 * PAGE + 2043) = 5
pwrite(fd, "a", 1, 2 * PAGE + 2048) = -1 ENOSPC
pwrite(fd, "a", 1, 3 * PAGE) = -1 EFBIG
lseek(fd, 2 * PAGE, SEEK_SET) = 8192
read(fd, text, 2) = 2
lseek(fd, 0, SEEK_CUR) = 8194
lseek(fd, -1, SEEK_SET) = -1 EINVAL
mmap(0, 4 * PAGE, RW, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0 = -1 EINVAL
mmap(0, PAGE, RW, MAP_SHARED, fd, 3 * PAGE) == MAP_FAILED ? -1 : 0 = -1 EINVAL
mmap(0, PAGE, RW, MAP_SHARED, fd, 2 * PAGE) == MAP_FAILED ? -1 : 0 = 0
(long)mremap(shared, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE) < 0 ? -1 : 0 = -1 EFAULT
moved == shared ? 0 : 1 = 0
mmap(0, PAGE, RW, MAP_SHARED, reader, 0) == MAP_FAILED ? -1 : 0 = -1 EACCES
msync(shared, 2 * PAGE, MS_SYNC) = 0
fsync(fd) = 0
ftruncate(fd, 0) = -1 EINVAL
ioctl(fd, 12345, 0) = -1 ENOTTY
after close: 88
munmap(shared, 2 * PAGE) = 0
unmapped: -11
`;

function pattern(): Uint8Array {
  return Uint8Array.from({ length: 2.5 * PAGE }, (_, i) => 1 + Math.floor(i / PAGE));
}

testWith(test, [GCC], "memory in frames: the embedder's view and the guest's mapping are one", async () => {
  const memory = new DeviceMemory(pattern());
  assert.is(memory.bytes[PAGE], 2);
  const { stdout } = await withDevice('memory', { memory });
  assert.is(stdout, MEMORY);
  assert.is(memory.bytes.length, 2.5 * PAGE);
  assert.equal([...memory.bytes.subarray(PAGE - 1, PAGE + 2)], [...new TextEncoder().encode('abc')]);
  assert.is(memory.bytes[7], 88);
  assert.equal(memory.takeDirty(), [{ from: 0, to: 2.5 * PAGE }]);
  assert.equal(memory.takeDirty(), []);
});

testWith(test, [GCC], 'memory by callbacks: pages are loaded at their first touch and stored when they are wanted', async () => {
  const medium = pattern();
  const loads: number[] = [];
  const memory = {
    sizeBytes: medium.length,
    load(index: number, into: Uint8Array): void {
      loads.push(index);
      into.set(medium.subarray(index * PAGE, (index + 1) * PAGE));
    },
    store(index: number, bytes: Uint8Array): void {
      medium.set(bytes, index * PAGE);
    },
  };
  const { stdout } = await withDevice('memory', { memory });
  assert.is(stdout, MEMORY);
  assert.equal(loads.sort(), [0, 1, 2]);
  // The store after msync is written back when the run ends.
  assert.is(medium[7], 88);
  assert.equal([...medium.subarray(PAGE - 1, PAGE + 2)], [...new TextEncoder().encode('abc')]);
  assert.is(medium.length, 2.5 * PAGE);
});

testWith(test, [GCC], 'a device may take its time', async () => {
  const waits: string[] = [];
  const later = (what: string): void => {
    // The first time it must be awaited, then it is there.
    if (waits.includes(what)) return;
    waits.push(what);
    throw new Suspend(new Promise((done) => setTimeout(done, 5)));
  };
  const medium = pattern();
  const memory = {
    sizeBytes: medium.length,
    load(index: number, into: Uint8Array): void {
      later(`load ${index}`);
      into.set(medium.subarray(index * PAGE, (index + 1) * PAGE));
    },
    store(index: number, bytes: Uint8Array): void {
      later(`store ${index}`);
      medium.set(bytes, index * PAGE);
    },
  };
  const { stdout } = await withDevice('memory', { memory });
  assert.is(stdout, MEMORY);
  assert.is(medium[7], 88);
  assert.equal(waits.sort(), ['load 0', 'load 1', 'load 2', 'store 0', 'store 1', 'store 2']);
});

test('memory of devices lies in neighbouring frames, under windows where there is no other room, and is given back', async () => {
  const mm = await Mm.create(200_000);
  const before = mm.frames;
  const objects = [1, 1000, 30_000, 30_000].map((pages) => ({ pages, handle: mm.exports.objectCreateDevice(pages) >>> 0 }));
  for (const { pages, handle } of objects) {
    const first = mm.exports.objectPage(handle, 0) >>> 0;
    assert.is.not(first, 0);
    for (const page of [1, pages >> 1, pages - 1]) {
      if (page < pages) assert.is(mm.exports.objectPage(handle, page) >>> 0, first + page * PAGE);
    }
    assert.is(mm.core.u8[first + pages * PAGE - 1], 0);
    assert.is(mm.exports.objectSize(handle), pages * PAGE);
  }
  assert.is(mm.exports.objectCreateDevice(200_000), 0);
  mm.check();
  const space = mm.space();
  const at = mm.map(space, 0, 1000, 3, 1, objects[1].handle);
  assert.is(mm.write(space, at + 999 * PAGE, 7), 0);
  assert.is(mm.core.u8[(mm.exports.objectPage(objects[1].handle, 999) >>> 0) % 2 ** 32], 7);
  assert.is(mm.exports.objectPagesDirty(objects[1].handle), 1);
  for (const { handle } of objects) mm.exports.objectRelease(handle);
  mm.finish(before, space);
});

testWith(test, [GCC], 'a page that the device cannot give is SIGBUS, one that it does not take is an error of fsync', async () => {
  const stored: number[] = [];
  const memory = {
    sizeBytes: 4 * PAGE,
    load(index: number): void {
      if (index === 2) throw new SysError(EIO);
    },
    store(index: number): void {
      if (index === 3) throw new SysError(EIO);
      stored.push(index);
    },
  };
  const { stdout } = await withDevice('broken', { memory });
  assert.is(
    stdout,
    `0 33
broken: -7 code 2
pread(fd, text, 8, 2 * PAGE) = -1 EIO
msync(p, 4 * PAGE, MS_SYNC) = 0
fsync(fd) = -1 EIO
`,
  );
  assert.equal(stored, [1]);
});

testWith(test, [GCC], 'reading, writing, ioctl and poll by callbacks', async () => {
  const queue = new WaitQueue(() => true);
  const written: string[] = [];
  let input: Uint8Array | undefined = new TextEncoder().encode('hello from outside');
  let opened = 0;
  const device: CharacterDevice = {
    permissions: 0o600,
    queue,
    open(handle) {
      handle.data = ++opened;
    },
    close() {
      opened--;
    },
    read(_handle, max) {
      const bytes = input?.subarray(0, max);
      input = input === undefined || input.length <= max ? undefined : input.subarray(max);
      return bytes;
    },
    write(handle, bytes) {
      written.push(`${handle.data}: ${new TextDecoder().decode(bytes)}`);
      return 6;
    },
    ioctl(_handle, command, argument, user) {
      if (command === 1) return argument + 1;
      if (command === 2) user.writeU32(argument, user.readU32(argument) * 3);
      else if (command === 4) {
        setTimeout(() => {
          input = new TextEncoder().encode('woken');
          queue.wake(POLLIN);
        }, 20);
      } else throw new SysError(ENOTTY);
      return 0;
    },
    poll: () => (input === undefined ? POLLOUT : POLLIN | POLLOUT),
  };
  const { stdout } = await withDevice('stream', device);
  assert.is(
    stdout,
    `read(fd, text, 3) = 3
hel
read(fd, text, 64) = 15
lo from outside
write(fd, "to the host", 11) = 6
ioctl(fd, 1, 41) = 42
ioctl(fd, 2, &value) = 0
15
ioctl(fd, 2, BAD) = -1 EFAULT
ioctl(fd, 3, 0) = -1 ENOTTY
mmap(0, PAGE, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0 = -1 ENODEV
poll(&waits, 1, 0) = 1
4
read(quick, text, 8) = -1 EAGAIN
ioctl(fd, 4, 0) = 0
a sleep: woken
240 mine
mknod("/tmp/same", S_IFCHR | 0600, makedev(240, 0)) = 0
open("/tmp/same", O_RDWR) < 0 ? -1 : 0 = 0
`,
  );
  assert.equal(written, ['1: to the host']);
  assert.is(opened, 0, 'every opening was closed');
});

testWith(test, [GCC], '/dev/fb0', async () => {
  const framebuffer = new Framebuffer({ width: 320, height: 200 });
  let pans = 0;
  framebuffer.onPan = () => pans++;
  const { stdout } = await withDevice('frame', framebuffer);
  assert.is(
    stdout,
    `ioctl(fd, FBIOGET_VSCREENINFO, &var) = 0
ioctl(fd, FBIOGET_FSCREENINFO, &fix) = 0
320x200 (320x400) at 0,0: 32 bits, red 16:8 green 8:8 blue 0:8
pagewalk: 512000 bytes, line 1280, visual 2, type 0, pan 0 1
125 pages rw-s at 0
ioctl(fd, FBIOPUT_VSCREENINFO, &wanted) = -1 EINVAL
ioctl(fd, FBIOPUT_VSCREENINFO, &wanted) = -1 EINVAL
ioctl(fd, FBIOPUT_VSCREENINFO, &wanted) = -1 ENOMEM
ioctl(fd, FBIOPUT_VSCREENINFO, &wanted) = 0
200
ioctl(fd, FBIOPUT_VSCREENINFO, &var) = 0
ioctl(fd, FBIOPUT_VSCREENINFO, BAD) = -1 EFAULT
ioctl(fd, FBIOPAN_DISPLAY, &wanted) = -1 EINVAL
ioctl(fd, FBIOPAN_DISPLAY, &wanted) = 0
ioctl(fd, FBIOGET_VSCREENINFO, &var) = 0
at 200
ioctl(fd, FBIOBLANK, 0) = 0
ioctl(fd, 0x4699, 0) = -1 ENOTTY
pwrite(fd, "\\1\\2\\3\\4", 4, fix.line_length * var.yres + 4) = 4
`,
  );
  assert.is(pans, 1);
  assert.is(framebuffer.top, 200);
  assert.equal([...framebuffer.pixels.subarray(0, 8)], [255, 0, 0, 0, 1, 2, 3, 4]);
  assert.equal([...framebuffer.toRgba().subarray(0, 8)], [0, 0, 255, 255, 3, 2, 1, 255]);
  assert.equal(framebuffer.takeDirty(), { top: 0, bottom: 200 });
  assert.is(framebuffer.takeDirty(), undefined);
  framebuffer.top = 0;
  assert.equal([...framebuffer.pixels.subarray(0, 8)], [0x33, 0x22, 0x11, 0, 0, 0, 255, 0]);
});

testWith(test, [GCC], 'names and numbers that are taken, memory that there is not', async () => {
  const memory = new DeviceMemory(PAGE);
  const refused = (action: () => void): number => {
    try {
      action();
    } catch (error) {
      if (error instanceof SysError) return error.errno;
      throw error;
    }
    return 0;
  };
  await runOurs(compileGuest('tests/guest/device.c'), ['none', ''], {
    memoryBytes: 16 << 20,
    during: (machine) => {
      addDevice(machine, '/dev/sub/one', { memory, number: [240, 0] });
      assert.is.not(
        refused(() => addDevice(machine, '/dev/sub/one', {})),
        0,
      );
      assert.is.not(
        refused(() => addDevice(machine, '/dev/two', { number: [240, 0] })),
        0,
      );
      assert.is.not(
        refused(() => addDevice(machine, '/dev/three', { memory })),
        0,
      );
      assert.is.not(
        refused(() => addDevice(machine, 'relative', {})),
        0,
      );
      const before = machine.core.exports.framesInUse();
      assert.is(
        refused(() => addDevice(machine, '/dev/big', { memory: new DeviceMemory(17 << 20) })),
        ENOMEM,
      );
      assert.is(machine.core.exports.framesInUse(), before);
      assert.is(machine.core.exports.debugCheckFrames(), 0);
    },
  });
  assert.throws(() => new DeviceMemory(0));
  assert.throws(() => new Framebuffer({ width: 0, height: 5 }));
});

test.run();
