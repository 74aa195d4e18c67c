/** pagewalk lab compare. */
import { compareResults, comparisonText } from '../../lab/compare.js';
import { CliError, UsageError } from '../options.js';
import { writeAll } from '../output.js';
import { readResults } from './report.js';

export interface CompareOptions {
  readonly json?: boolean;
  readonly all?: boolean;
  readonly exact?: boolean;
}

export async function labCompare(a: string, b: string, { json, all, exact }: CompareOptions): Promise<number> {
  if (json === true && all === true) throw new UsageError('--all is for text: --json has every measure');
  const comparison = compareResults(readResults([a]), readResults([b]));
  if (comparison.pairs.length === 0) throw new CliError(1, `no system of ${a} is in ${b} (on the same program, pattern or trace)`);
  const text = json === true ? `${JSON.stringify(comparison, null, 1)}\n` : comparisonText(comparison, all);
  await writeAll(process.stdout, text);
  const differs = comparison.pairs.some(({ measures }) => measures.some((one) => one.a !== one.b));
  const unpaired = comparison.onlyA.length + comparison.onlyB.length > 0;
  return exact === true && (differs || unpaired) ? 1 : 0;
}
