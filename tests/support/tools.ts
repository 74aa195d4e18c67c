import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Full path of an external program, or undefined when the machine has none. */
export function toolPath(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (existsSync(path)) return path;
  }
  return undefined;
}
