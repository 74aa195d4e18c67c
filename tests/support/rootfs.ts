/** Runs `pagewalk rootfs create` against a mirror of this process. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeMirror, mirrorFiles, type TestPackage } from './debian.js';
import { Random } from './random.js';

const MAIN = 'dist/bin/pagewalk.cjs';
export const INDEX = 'dists/test/main/binary-riscv64/Packages.gz';
export const PASSWD = 'root:*:0:0:root:/root:/bin/bash\n';
export const hello = fs.readFileSync('examples/bin/hello.elf');
/** Bytes that don't pack. */
const random = new Random(3);
export const big = Uint8Array.from({ length: 400_000 }, () => random.u32());

export const PACKAGES: readonly TestPackage[] = [
  {
    name: 'base',
    fields: { Essential: 'yes' },
    files: [
      { name: './usr/share/base-passwd/passwd.master', data: PASSWD },
      { name: './tmp/', type: '5', mode: 0o1777 },
    ],
  },
  {
    name: 'hello',
    version: '1:2.0-1',
    fields: { Depends: 'libhello (>= 1), editor' },
    files: [
      { name: './bin/', type: '5', mode: 0o755 },
      { name: './bin/hello', data: hello, mode: 0o4755, uid: 7, gid: 8, mtime: 1_500_000_000 },
      { name: './usr/bin/hola', type: '1', link: './bin/hello' },
      { name: './usr/share/shared', data: 'of hello' },
      { name: './usr/bin/salut', type: '2', link: 'hello' },
    ],
  },
  {
    name: 'libhello',
    fields: { Replaces: 'hello', 'Multi-Arch': 'same' },
    files: [
      { name: './usr/share/shared', data: 'of libhello' },
      { name: './usr/lib/big', data: big },
    ],
  },
  {
    name: 'vi',
    fields: { Provides: 'editor' },
    files: [{ name: './usr/bin/vi.tiny', data: 'vi', mode: 0o755 }],
    scripts: { postinst: '#!/bin/sh\nset -e\nupdate-alternatives --quiet --install /usr/bin/editor editor \\\n  /usr/bin/vi.tiny 10\n' },
  },
];

export let folder = '';
export let mirror: FakeMirror;
let count = 0;

export interface Outcome {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A new path in the test's folder. */
export function fresh(name: string): string {
  return join(folder, `${++count}-${name}`);
}

export function pagewalk(args: readonly string[], onStart?: (kill: (signal: NodeJS.Signals) => void) => void): Promise<Outcome> {
  const child = spawn(process.execPath, [MAIN, ...args]);
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (data) => {
    out.stdout += data;
  });
  child.stderr.on('data', (data) => {
    out.stderr += data;
  });
  onStart?.((signal) => child.kill(signal));
  return new Promise((done) => child.on('close', (status, signal) => done({ status, signal, ...out })));
}

/** `--no-signature`: most mirrors here sign nothing. */
export function create(
  target: string,
  packages: readonly string[],
  cache = fresh('cache'),
  more: readonly string[] = ['--no-signature'],
): Promise<Outcome> {
  return pagewalk(['rootfs', 'create', '--suite', 'test', '--mirror', mirror.url, '--cache', cache, ...more, target, ...packages]);
}

export function text(...path: readonly string[]): string {
  return fs.readFileSync(join(...path), 'utf8');
}

export async function start(): Promise<void> {
  folder = fs.mkdtempSync(join(tmpdir(), 'pagewalk-rootfs-'));
  mirror = await FakeMirror.start(new Map());
}

/** The mirror as it is at first. */
export function reset(): void {
  mirror.files = mirrorFiles(PACKAGES);
  mirror.hook = undefined;
  mirror.requests.length = 0;
}

export function stop(): void {
  mirror.stop();
  fs.rmSync(folder, { recursive: true });
}
