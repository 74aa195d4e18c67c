/** The embedding API: run(), and what it is made of. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assemble, DeviceMemory, Framebuffer, loadCore, run, SystemError } from '../../host/index-node.js';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function program(source: string): Uint8Array {
  const { elf, errors } = assemble(source);
  assert.equal(errors, []);
  return elf as Uint8Array;
}

const CAT = `
_start: li a0, 0; la a1, buffer; li a2, 100; li a7, 63; ecall
        blez a0, 1f
        mv a2, a0; li a0, 1; la a1, buffer; li a7, 64; ecall
        j _start
1:      li a0, 2; la a1, done; li a2, 5; li a7, 64; ecall
        li a0, 7; li a7, 93; ecall
.data
done:   .ascii "done\\n"
buffer: .zero 100`;

test('run: input, output, status, statistics', async () => {
  const module = await loadCore();
  const seen: string[] = [];
  const result = await run({
    module,
    program: program(CAT),
    stdin: 'through the machine',
    onOutput: (fd, bytes) => seen.push(`${fd}:${text(bytes)}`),
  });
  assert.is(result.reason, 'exit');
  assert.is(result.exitCode, 7);
  assert.is(text(result.stdout), 'through the machine');
  assert.is(text(result.stderr), 'done\n');
  assert.equal(seen, ['1:through the machine', '2:done\n']);
  assert.ok(result.stats.instructions > 10);
});

test('a module serves several machines at once', async () => {
  const module = await loadCore();
  const elf = program(CAT);
  const all = await Promise.all(['a', 'b', 'c'].map((stdin) => run({ module, program: elf, stdin })));
  assert.is(all.map((result) => text(result.stdout)).join(''), 'abc');
});

test('files of the embedder are seen', async () => {
  const source = `
_start: li a0, -100; la a1, path; li a2, 0; li a7, 56; ecall
        la a1, buffer; li a2, 100; li a7, 63; ecall
        mv a2, a0; li a0, 1; la a1, buffer; li a7, 64; ecall
        li a0, 0; li a7, 93; ecall
.data
path:   .asciz "/etc/deep/file"
buffer: .zero 100`;
  const result = await run({ module: await loadCore(), program: program(source), files: { '/etc/deep/file': 'content' } });
  assert.is(text(result.stdout), 'content');
});

test('limits: fuel, a fault, a bad program', async () => {
  const module = await loadCore();
  assert.is((await run({ module, program: program('_start: j _start'), limits: { instructions: 10000 } })).reason, 'fuel');
  const fault = await run({ module, program: program('_start: ld a0, 8(zero)') });
  assert.is(fault.exitCode, 139);
  assert.is(fault.report?.name, 'SIGSEGV');
  assert.is(fault.report?.address, 8);
  try {
    await run({ module, program: new Uint8Array(10) });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, SystemError);
  }
});

test('devices of the embedder: what programs draw and store is seen outside', async () => {
  const module = await loadCore();
  const framebuffer = new Framebuffer({ width: 64, height: 32 });
  const lesson = readFileSync('examples/bin/framebuffer.elf');
  assert.is((await run({ module, program: lesson, devices: { '/dev/fb0': framebuffer } })).exitCode, 0);
  assert.equal(framebuffer.takeDirty(), { top: 0, bottom: 32 });
  const rgba = framebuffer.toRgba();
  assert.equal([...rgba.subarray((16 * 64 + 48) * 4, (16 * 64 + 48) * 4 + 4)], [0, 0, 0, 255], 'the middle of the set');
  assert.ok(rgba[2] > 200, 'its surroundings');

  const memory = new DeviceMemory(Uint8Array.of(1, 2, 3, 4));
  const source = `
_start: li a0, -100; la a1, path; li a2, 2; li a7, 56; ecall
        mv s0, a0
        la a1, buffer; li a2, 100; li a7, 63; ecall
        mv s1, a0
        mv a0, s0; la a1, buffer; li a2, 2; li a3, 1; li a7, 68; ecall
        add a0, a0, s1; li a7, 93; ecall
.data
path:   .asciz "/dev/my/memory"
buffer: .zero 100`;
  const result = await run({ module, program: program(source), devices: { '/dev/my/memory': { memory } } });
  assert.is(result.exitCode, 4 + 2);
  assert.equal([...memory.bytes], [1, 1, 2, 4]);
});

test.run();
