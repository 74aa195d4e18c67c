/** Files of dist/ that the laboratory's commands read. */
import { readFileSync } from 'node:fs';
import { CliError } from '../options.js';

/** Beside the bundled command and beside the sources. */
const FOLDERS: readonly string[] = ['../', '../../../dist/'];

export function readAsset(name: string): Uint8Array {
  for (const folder of FOLDERS) {
    try {
      return readFileSync(new URL(folder + name, import.meta.url));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new CliError(1, `dist/${name} is not there: npm run build makes it`);
}
