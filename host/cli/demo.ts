import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { RunStats } from '../machine-stats.js';
import { failureText } from './files.js';
import { CliError, EXIT_CANNOT_RUN } from './options.js';

/** Beside dist/ in the package, and from the sources. */
const CANDIDATES: readonly string[] = ['../../../examples/bin/', '../../examples/bin/'];

function lessons(): string[] {
  let failure: unknown;
  for (const candidate of CANDIDATES) {
    const folder = fileURLToPath(new URL(candidate, import.meta.url));
    try {
      const names = readdirSync(folder).filter((name) => name.endsWith('.elf'));
      return names.sort().map((name) => join(folder, name));
    } catch (error) {
      failure = error;
    }
  }
  throw new CliError(EXIT_CANNOT_RUN, `examples/bin: ${failureText(failure)}`);
}

const count = (n: number): string => n.toLocaleString('en-US');

/** What the memory system did for one program, in two lines. */
function summary(stats: RunStats): string {
  const { space, faults, translation } = stats;
  const hits = translation.windowHits + translation.tlbHits;
  return (
    `    ${count(space.mappedPages)} pages mapped, ${count(space.residentPeakPages)} resident; ` +
    `faults: ${count(faults.minor)} minor, ${count(faults.major)} major, ${count(faults.copyOnWrite)} copy-on-write\n` +
    `    TLB: ${count(hits)} hits, ${count(translation.walks)} misses; ` +
    `${count(stats.instructions)} instructions, ${stats.timeMs.toFixed(1)} ms\n`
  );
}

/** Runs the bundled lessons one after the other: what `npm start` shows. */
export function demoCommand(program: Command, finish: (status: number) => void): void {
  program
    .command('demo')
    .description('run the bundled example programs and show what the memory system did')
    .argument('[names...]', 'only these, as "hello fork-cow"')
    .action(async (names: readonly string[]) => {
      const { runProgram } = await import('./execute.js');
      const all = lessons();
      const unknown = names.find((name) => !all.some((path) => basename(path, '.elf') === name));
      if (unknown !== undefined)
        throw new CliError(EXIT_CANNOT_RUN, `no example '${unknown}': there are ${all.map((p) => basename(p, '.elf')).join(', ')}`);
      const chosen = all.filter((path) => names.length === 0 || names.includes(basename(path, '.elf')));
      const failed: string[] = [];
      for (const path of chosen) {
        const name = basename(path, '.elf');
        process.stdout.write(`\n== ${name}\n`);
        const status = await runProgram(path, [], { onStats: (stats) => process.stdout.write(summary(stats)) });
        if (status !== 0) failed.push(`${name} (status ${status})`);
      }
      const trouble = failed.length > 0 ? `; not: ${failed.join(', ')}` : '';
      process.stdout.write(`\n${chosen.length - failed.length} of ${chosen.length} programs ended well${trouble}\n`);
      finish(failed.length > 0 ? 1 : 0);
    });
}
