/**
 * The cases of tests/programs/userland: scripts in a dozen languages that put Debian's own riscv64 programs to work. Each runs in a
 * root folder made by scripts/fetch-userland.sh; its whole output is compared with a reviewed file, and that with qemu-riscv64.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toolPath } from './tools.js';

export const USERLAND_ROOT = '.cache/userland';
export const USERLAND_CASES = 'tests/programs/userland';

/** What running a case needs. */
export const USERLAND_NEEDS = [`${USERLAND_ROOT}/.complete`];
/** What the same case under qemu needs: a chroot of its own. */
export const REFERENCE_NEEDS = [...USERLAND_NEEDS, 'qemu-riscv64-static', 'unshare', '/proc/sys/fs/binfmt_misc/pagewalk-riscv64'];

export interface Userland {
  /** File name of the script, which its first line says how to run. */
  readonly file: string;
  /** What the script puts to work: its first comment. */
  readonly title: string;
  /** Why qemu-riscv64 can't be the reference, if it can't. */
  readonly noReference?: string;
}

export function userlandCases(): Userland[] {
  return readdirSync(USERLAND_CASES)
    .filter((file) => /\.\w+$/.test(file))
    .sort()
    .map((file) => {
      const [, title, remark] = readFileSync(join(USERLAND_CASES, file), 'utf8').split('\n');
      const reason = /^\W+ no reference: (.*)/.exec(remark)?.[1];
      return { file, title: title.replace(/^[#\-" ]+|"+$/g, ''), ...(reason === undefined ? {} : { noReference: reason }) };
    });
}

export function expectedPath(file: string): string {
  return join(USERLAND_CASES, 'expected', `${file}.txt`);
}

/** Command line that runs a case in Pagewalk; `options` are of `pagewalk run`. */
export function ourCommand(file: string, options: readonly string[] = []): string[] {
  const run = ['dist/bin/main.js', 'run', '--root', USERLAND_ROOT, '--mount', `${USERLAND_CASES}:/work:ro`, '--env', 'HOME=/root'];
  return [process.execPath, ...run, ...options, `/work/${file}`];
}

/** Command line that runs a case under qemu-riscv64. */
export function referenceCommand(file: string): string[] {
  return ['scripts/reference-root.sh', USERLAND_ROOT, USERLAND_CASES, `/work/${file}`];
}

/** Whether the cases can be compared with qemu here; the user must be root, too. */
export function haveReference(): boolean {
  return (
    process.getuid?.() === 0 && REFERENCE_NEEDS.every((need) => (need.includes('/') ? existsSync(need) : toolPath(need) !== undefined))
  );
}
