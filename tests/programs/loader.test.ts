/** Every way of linking: static, static-pie, with an interpreter, C++ exceptions through shared libraries; as under qemu-riscv64. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runTool } from '../support/gnu.js';
import { COMPARE_NEEDS, GCC, QEMU } from '../support/guest.js';
import { testWith, toolPath } from '../support/tools.js';

const SYSROOT = '/usr/riscv64-linux-gnu';
const LIBRARIES = ['ld-linux-riscv64-lp64d.so.1', 'libc.so.6', 'libm.so.6', 'libstdc++.so.6', 'libgcc_s.so.1'];
const CLI = 'dist/bin/pagewalk.cjs';

interface Outcome {
  readonly stdout: string;
  readonly status: number | null;
}

/** Builds a program into a root folder of its own, and runs it there and under qemu. */
function compare(tool: string, source: string, flags: readonly string[], args: readonly string[] = []): { real: Outcome; ours: Outcome } {
  const root = mkdtempSync(join(tmpdir(), 'pagewalk-loader-'));
  try {
    const program = join(root, 'program');
    runTool(tool, ['-O1', ...flags, '-o', program, source]);
    mkdirSync(join(root, 'lib'));
    for (const name of LIBRARIES) {
      const from = join(SYSROOT, 'lib', name);
      if (existsSync(from)) writeFileSync(join(root, 'lib', name), readFileSync(from), { mode: 0o755 });
    }
    const options = { encoding: 'utf8', input: '', timeout: 120_000 } as const;
    const real = spawnSync(toolPath(QEMU) as string, ['-L', SYSROOT, program, ...args], { ...options, env: { A: '1' } });
    const run = [CLI, 'run', '--root', root, '--env', 'A=1'];
    const ours = spawnSync(process.execPath, [...run, '/program', ...args], options);
    assert.is(ours.stderr, '');
    return { real, ours };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** The command line gives PATH and a few more: only what the test set is compared. */
const withoutDefaults = (text: string): string => text.replace(/^(PATH|HOME|USER|TERM|PWD|SHELL|LOGNAME)=.*\n/gm, '');

function same(tool: string, source: string, flags: readonly string[], args: readonly string[] = []): void {
  const { real, ours } = compare(tool, source, flags, args);
  assert.is(withoutDefaults(ours.stdout), real.stdout);
  assert.is(ours.status, real.status);
}

const BARE = ['-nostdlib', '-ffreestanding', '-fno-builtin'];

testWith(test, COMPARE_NEEDS, 'static', () => same(GCC, 'tests/guest/start.c', [...BARE, '-static'], ['one', 'a b', '']));
testWith(test, COMPARE_NEEDS, 'static, aligned for large pages', () =>
  same(GCC, 'tests/guest/start.c', [...BARE, '-static', '-Wl,-z,max-page-size=65536'], ['x']),
);
testWith(test, COMPARE_NEEDS, 'static-pie', () => same(GCC, 'tests/guest/start.c', [...BARE, '-static-pie', '-fPIE', '-DPIE'], ['one']));
testWith(test, [...COMPARE_NEEDS, join(SYSROOT, 'lib', LIBRARIES[0])], 'with the dynamic linker', () => same(GCC, 'bench/hello.c', []));
testWith(
  test,
  [...COMPARE_NEEDS, 'riscv64-linux-gnu-g++', join(SYSROOT, 'lib', LIBRARIES[3])],
  'C++ exceptions across shared libraries',
  () => same('riscv64-linux-gnu-g++', 'tests/guest/exceptions.cc', []),
);
testWith(test, [...COMPARE_NEEDS, 'riscv64-linux-gnu-g++'], 'C++ exceptions, static', () =>
  same('riscv64-linux-gnu-g++', 'tests/guest/exceptions.cc', ['-static']),
);

test.run();
