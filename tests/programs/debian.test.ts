/** Debian's own static programs, unmodified, against the same programs under qemu-riscv64: whole outputs, exit status too. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testWith, toolPath } from '../support/tools.js';

const BUSYBOX = '.cache/debian/usr/bin/busybox';
const BASH = '.cache/debian/usr/bin/bash-static';
const BINFMT = '/proc/sys/fs/binfmt_misc/pagewalk-riscv64';
const NEEDS = ['qemu-riscv64', BUSYBOX, BASH, BINFMT];

/** A root folder with busybox, its applets as links, bash, and an empty /work. */
function makeRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'pagewalk-root-'));
  for (const folder of ['bin', 'work', 'tmp', 'proc', 'dev']) mkdirSync(join(root, folder));
  copyFileSync(BUSYBOX, join(root, 'bin/busybox'));
  copyFileSync(BASH, join(root, 'bin/bash'));
  chmodSync(join(root, 'bin/busybox'), 0o755);
  chmodSync(join(root, 'bin/bash'), 0o755);
  const applets = spawnSync(toolPath('qemu-riscv64') as string, [BUSYBOX, '--list'], { encoding: 'utf8' }).stdout;
  for (const applet of applets.split('\n')) if (applet !== '' && applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
  return root;
}

function compare(shell: readonly string[], script: string): void {
  const root = makeRoot();
  try {
    copyFileSync(join('tests/guest', script), join(root, script));
    const options = { input: '', maxBuffer: 1 << 26, timeout: 300_000 } as const;
    const real = spawnSync(toolPath('qemu-riscv64') as string, [join(root, 'bin', shell[0]), ...shell.slice(1), join(root, script)], {
      ...options,
      cwd: join(root, 'work'),
      env: { PATH: join(root, 'bin'), LC_ALL: 'C' },
    });
    rmSync(join(root, 'work'), { recursive: true });
    mkdirSync(join(root, 'work'));
    const run = ['dist/bin/pagewalk.cjs', 'run', '--root', root, '--cwd', '/work', '--env', 'PATH=/bin', '--env', 'LC_ALL=C'];
    const ours = spawnSync(process.execPath, [...run, shell[0], ...shell.slice(1), `/${script}`], options);
    assert.is(ours.stdout.toString(), real.stdout.toString(), `standard output of ${script}\n${ours.stderr}`);
    assert.is(ours.status, real.status);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

testWith(test, NEEDS, 'busybox: a shell script of a hundred lines', () => compare(['busybox', 'sh'], 'userland.sh'));
testWith(test, NEEDS, 'bash: arrays, expansion, control, processes', () => compare(['bash'], 'features.bash'));

test.run();
