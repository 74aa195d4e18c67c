import { homedir } from 'node:os';
import { join } from 'node:path';

/** ~/.cache/pagewalk, or where XDG_CACHE_HOME says. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  const base = env.XDG_CACHE_HOME;
  return join(base?.startsWith('/') === true ? base : join(homedir(), '.cache'), 'pagewalk');
}
