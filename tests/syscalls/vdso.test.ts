/** The vDSO: its symbols and clocks as a program sees them, and unwinding through the frame of a signal. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { vdsoImage } from '../../isa/vdso/image.js';
import { compileGuest, GCC, runOurs } from '../support/guest.js';
import { testWith, toolPath } from '../support/tools.js';

const GXX = 'riscv64-linux-gnu-g++';
const READELF = 'riscv64-linux-gnu-readelf';

/** What every riscv64 Linux with such clocks prints. */
const EXPECTED = `elf 1 type 3 machine 243
__vdso_clock_gettime@LINUX_4.15
__vdso_gettimeofday@LINUX_4.15
__vdso_clock_getres@LINUX_4.15
__vdso_getcpu@LINUX_4.15
__vdso_flush_icache@LINUX_4.15
__vdso_rt_sigreturn@LINUX_4.15
clock 0: backwards 0
clock 1: backwards 0
clock 4: backwards 0
clock 7: backwards 0
clock 11: backwards 0
slept 1
gettod(&tv, 0) = 0
between 1
after 2020 1
bad clock -22 -22
cpu time 0
resolution 0 1
cpu 0 0 0
flush 0
mprotect((char *)base - 4096, 4096, PROT_READ | PROT_WRITE) = -1 EACCES
mprotect((char *)base, 4096, PROT_READ | PROT_WRITE) = 0
mprotect((char *)base, 4096, PROT_READ | PROT_EXEC) = 0
child 0
r--p[vvar]
r-xp[vdso]
`;

testWith(test, [GCC], 'symbols and clocks', async () => {
  assert.is((await runOurs(compileGuest('tests/guest/vdso.c'))).stdout, EXPECTED);
});

const UNWOUND = `caught Segmentation fault, kept 4.5
-1
caught Segmentation fault, kept 4.5
-1
caught Segmentation fault, kept 4.5
-1
destroyed 3
deeper by 10
`;

testWith(test, [GXX], 'unwinding through a signal handler', async () => {
  const flags = ['-fnon-call-exceptions', '-fasynchronous-unwind-tables'];
  assert.is((await runOurs(compileGuest('tests/guest/unwind.cc', flags, GXX))).stdout, UNWOUND);
});

testWith(test, [READELF], 'the image is a file that binutils like', () => {
  const { bytes, sigreturn } = vdsoImage();
  const folder = mkdtempSync(join(tmpdir(), 'pagewalk-vdso-'));
  const file = join(folder, 'vdso.so');
  writeFileSync(file, bytes);
  const shown = spawnSync(toolPath(READELF) as string, ['-dWs', '--dyn-syms', '-V', '--debug-dump=frames', file], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  assert.is(shown.stderr, '');
  assert.match(shown.stdout, /Library soname: \[linux-vdso\.so\.1\]/);
  assert.match(shown.stdout, /Augmentation: +"zRS"/);
  assert.match(shown.stdout, /DW_CFA_expression: r64 .*DW_OP_breg2 \(sp\): 304/);
  // li a7, 139; ecall: what unwinders without tables look for.
  assert.equal([...bytes.subarray(sigreturn, sigreturn + 8)], [0x93, 0x08, 0xb0, 0x08, 0x73, 0, 0, 0]);
});

testWith(test, [GCC], 'addresses are the same in every run, and others with aslr', async () => {
  const program = compileGuest('tests/guest/aslr.c');
  const show = async (args: string[], aslr: boolean): Promise<string[]> =>
    (await runOurs(program, args, { aslr })).stdout.trim().split(' ');
  const fixed = await show([], false);
  assert.equal(await show([], false), fixed);
  const [one, other] = [await show([], true), await show([], true)];
  // The program itself is not position-independent.
  for (let i = 1; i < fixed.length; i++) assert.ok(one[i] !== other[i] || one[i] !== fixed[i], `${i}: ${one[i]}`);
  // personality(ADDR_NO_RANDOMIZE)
  assert.equal(await show(['off'], true), await show(['off'], false));
});

testWith(test, [GCC], 'a static position-independent program', async () => {
  const flags = ['-static-pie', '-Wl,--no-dynamic-linker', '-nostdlib', '-nostartfiles', '-fPIE'];
  const program = compileGuest('tests/guest/pie.c', flags);
  const [one, other, again] = [
    await runOurs(program),
    await runOurs(program, [], { aslr: true }),
    await runOurs(program, [], { aslr: true }),
  ];
  for (const { stdout, status } of [one, other, again]) {
    assert.match(stdout, /^[0-9a-f]{13}000\n[0-9a-f]{13}000\n$/);
    assert.is(status, 0);
  }
  assert.ok(other.stdout !== one.stdout || again.stdout !== one.stdout);
});

test.run();
