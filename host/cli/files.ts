import { readFileSync, writeFileSync } from 'node:fs';
import { CliError, EXIT_NOT_FOUND } from './options.js';

/** What a failed call of node:fs means, without Node's own wording. */
export function failureText(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'no such file or directory',
    EACCES: 'permission denied',
    EPERM: 'operation not permitted',
    EISDIR: 'is a directory',
    ENOTDIR: 'not a directory',
    ENOSPC: 'no space left on device',
    ELOOP: 'too many symbolic links',
    ENAMETOOLONG: 'name too long',
    EROFS: 'read-only file system',
    EMFILE: 'too many open files',
    ERR_FS_FILE_TOO_LARGE: 'file is larger than 2 GiB',
  };
  return (code !== undefined ? known[code] : undefined) ?? (error instanceof Error ? error.message : String(error));
}

/** A whole input file, or a CliError that names it. */
export function readInput(path: string, missingStatus = EXIT_NOT_FOUND, otherStatus = 1): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const status = (error as NodeJS.ErrnoException).code === 'ENOENT' ? missingStatus : otherStatus;
    throw new CliError(status, `${path}: ${failureText(error)}`);
  }
}

export function writeOutput(path: string, bytes: Uint8Array | string, mode = 0o666): void {
  try {
    writeFileSync(path, bytes, { mode });
  } catch (error) {
    throw new CliError(1, `${path}: ${failureText(error)}`);
  }
}
