/** JavaScript runtimes other than the one that runs the tests: what starts them. */

export interface Runtime {
  readonly name: string;
  /** As a need of testWith. */
  readonly binary: string;
  /** Before a script's path. */
  readonly args: readonly string[];
}

/** Of scripts/fetch-runtimes.sh. Deno looks for `x.ts` where `x.js` is imported only when it is told to. */
export const RUNTIMES: readonly Runtime[] = [
  { name: 'Deno', binary: '.cache/deno/deno', args: ['run', '--allow-all', '--unstable-sloppy-imports'] },
  { name: 'Bun', binary: '.cache/bun/bun', args: [] },
];
