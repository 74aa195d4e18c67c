/** Node's modules for terminals and child processes, loaded by who has a terminal: most of what else starts needs neither. */
import { fstatSync } from 'node:fs';
import { createRequire } from 'node:module';
import { errnoOf } from '../vfs/backends/node-errno.js';

const require = createRequire(import.meta.url);

export function tty(): typeof import('node:tty') {
  return require('node:tty');
}

export function spawnSync(...args: Parameters<typeof import('node:child_process').spawnSync>): { readonly status: number | null } {
  return (require('node:child_process') as typeof import('node:child_process')).spawnSync(...args);
}

export function isTerminal(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice() && tty().isatty(fd);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}
