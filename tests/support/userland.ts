/**
 * The cases of tests/programs/userland: scripts in a dozen languages that put Debian's own riscv64 programs to work. Each runs in a
 * root folder made by scripts/fetch-userland.sh; its whole output is compared with a reviewed file, and that with qemu-riscv64.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testWith, toolPath } from './tools.js';

export const USERLAND_ROOT = '.cache/userland';
export const USERLAND_CASES = 'tests/programs/userland';

/** What running a case needs. */
export const USERLAND_NEEDS = [`${USERLAND_ROOT}/.complete`];
/** What the same case under qemu needs: a chroot of its own. */
const REFERENCE_NEEDS = [...USERLAND_NEEDS, 'qemu-riscv64-static', 'unshare', '/proc/sys/fs/binfmt_misc/pagewalk-riscv64'];

export interface Userland {
  readonly folder: string;
  /** File name of the script, which its first line says how to run. */
  readonly file: string;
  /** What the script puts to work: its first comment. */
  readonly title: string;
  /** Why qemu-riscv64 can't be the reference, if it can't. */
  readonly noReference?: string;
}

/** The scripts of a folder. */
export function userlandCases(folder = USERLAND_CASES): Userland[] {
  return readdirSync(folder)
    .filter((file) => /\.\w+$/.test(file))
    .sort()
    .map((file) => {
      const [, title, remark] = readFileSync(join(folder, file), 'utf8').split('\n');
      const reason = /^\W+ no reference: (.*)/.exec(remark)?.[1];
      return { folder, file, title: title.replace(/^[#\-" ]+|"+$/g, ''), ...(reason === undefined ? {} : { noReference: reason }) };
    });
}

function expectedPath(file: string): string {
  return join(USERLAND_CASES, 'expected', `${file}.txt`);
}

/** Command line that runs a case in Pagewalk; `options` are of `pagewalk run`. */
export function ourCommand(file: string, options: readonly string[] = [], folder = USERLAND_CASES): string[] {
  const run = ['dist/bin/pagewalk.cjs', 'run', '--root', USERLAND_ROOT, '--mount', `${folder}:/work:ro`, '--env', 'HOME=/root'];
  return [process.execPath, ...run, ...options, `/work/${file}`];
}

/** Command line that runs a case under qemu-riscv64. */
export function referenceCommand(file: string, folder = USERLAND_CASES): string[] {
  return ['scripts/reference-root.sh', USERLAND_ROOT, folder, `/work/${file}`];
}

/** Whether the cases can be compared with qemu here; the user must be root, too. */
export function haveReference(): boolean {
  return (
    process.getuid?.() === 0 && REFERENCE_NEEDS.every((need) => (need.includes('/') ? existsSync(need) : toolPath(need) !== undefined))
  );
}

/** Standard output, then standard error and the exit status. */
function outcome(command: readonly string[]): string {
  const result = spawnSync(command[0], command.slice(1), { input: '', encoding: 'utf8', maxBuffer: 1 << 26, timeout: 300_000 });
  const status = result.signal ?? result.status;
  return `${result.stdout}--- standard error\n${result.stderr}--- status ${status}\n`;
}

function expected(file: string): string {
  return existsSync(expectedPath(file)) ? readFileSync(expectedPath(file), 'utf8') : '';
}

function named(files: readonly string[]): Userland[] {
  const cases = userlandCases();
  return files.map((file) => {
    const found = cases.find((each) => each.file === file);
    if (found === undefined) throw new Error(`no case ${file} in ${USERLAND_CASES}`);
    return found;
  });
}

/** Runs cases in Pagewalk; `options` are of `pagewalk run`. Output and exit status must be the expected ones. */
export function runCases(files: readonly string[], options: readonly string[] = []): void {
  for (const { file, title } of named(files)) {
    testWith(test, USERLAND_NEEDS, [`${file}: ${title}`, ...options].join(' '), () => {
      const ours = outcome(ourCommand(file, options));
      // Review what this writes; compareCases says whether qemu-riscv64 agrees.
      if (process.env.PAGEWALK_UPDATE === '1') writeFileSync(expectedPath(file), ours);
      assert.is(ours, expected(file));
    });
  }
}

/** The judge's turn: what is expected is what qemu-riscv64 gives, where it can run the case. */
export function compareCases(files: readonly string[]): void {
  // Only root can chroot: for others it is as if the tool were missing.
  const needs = process.getuid?.() === 0 ? REFERENCE_NEEDS : [...REFERENCE_NEEDS, 'root'];
  for (const { file, noReference } of named(files)) {
    if (noReference !== undefined) continue;
    testWith(test, needs, `${file}: what is expected is what qemu-riscv64 gives`, () => {
      assert.is(outcome(referenceCommand(file)), expected(file));
    });
  }
}
