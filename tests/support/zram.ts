/** A disk of Linux's that refuses to write when it is told to: memory that is compressed (zram), with a limit that can be set. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const DEVICE = '/dev/zram0';
const KNOBS = '/sys/block/zram0';
const MKFS = '/usr/sbin/mkfs.ext4';

/** Has the kernel such a disk? */
export function hasZram(): boolean {
  return existsSync(DEVICE);
}

/** What a test of it needs, as testWith wants it; the device must be nobody's. */
export function zramNeeds(): string[] {
  const needs = [DEVICE, MKFS, `${KNOBS}/initstate`];
  const inUse = existsSync(`${KNOBS}/initstate`) && readFileSync(`${KNOBS}/initstate`, 'utf8').trim() !== '0';
  return [...needs, ...(process.getuid?.() === 0 ? [] : ['to be root']), ...(inUse ? ['a zram device that nobody uses'] : [])];
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}

/**
 * Calls `use` with a folder on an ext4 of such a disk, without a journal, and the file by which it is told ("4096": it refuses; "0": it
 * does not). Times are written with other things only, so that an inode's block is not one more thing that fails.
 */
export function withZram<T>(use: (folder: string, limit: string) => T): T {
  writeFileSync(`${KNOBS}/disksize`, '32M');
  const folder = mkdtempSync(join(tmpdir(), 'pagewalk-zram-'));
  let mounted = false;
  try {
    run(MKFS, '-q', '-O', '^has_journal', '-b', '4096', DEVICE);
    run('mount', '-o', 'lazytime', DEVICE, folder);
    mounted = true;
    return use(folder, `${KNOBS}/mem_limit`);
  } finally {
    writeFileSync(`${KNOBS}/mem_limit`, '0');
    if (mounted) run('umount', folder);
    rmdirSync(folder);
    writeFileSync(`${KNOBS}/reset`, '1');
  }
}
