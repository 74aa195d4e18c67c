import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { delimiter, join } from 'node:path';

/** Full path of an external program, or undefined when the machine has none. */
export function toolPath(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (existsSync(path)) return path;
  }
  return undefined;
}

/** The part of a uvu suite that is needed here. */
interface Suite {
  (name: string, body: () => void | Promise<void>): void;
  skip(name: string, body: () => void | Promise<void>): void;
}

/** Registers a test that needs external programs or files: without one it is skipped by name and counted as skipped. */
export function testWith(suite: Suite, needs: readonly string[], name: string, body: () => void | Promise<void>): void {
  const missing = needs.filter((need) => (need.includes('/') ? !existsSync(need) : toolPath(need) === undefined));
  if (missing.length === 0) suite(name, body);
  else {
    console.log(`skipped: ${name} (needs ${missing.join(', ')})`);
    suite.skip(name, body);
  }
}

/** A need of testWith: the machine's own kernel is at least that old, for calls whose answers have changed. */
export function linuxSince(major: number, minor: number): readonly string[] {
  const [, have, least] = /^(\d+)\.(\d+)/.exec(release()) ?? [];
  return Number(have) > major || (Number(have) === major && Number(least) >= minor) ? [] : [`Linux ${major}.${minor}`];
}
