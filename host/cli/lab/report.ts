/** pagewalk lab report: results as a page. */
import { type ReportAssets, reportHtml } from '../../lab/report/html.js';
import { type LabResult, parseResults, ResultError } from '../../lab/results.js';
import { readInput, writeOutput } from '../files.js';
import { CliError } from '../options.js';
import { complain } from '../output.js';
import { readAsset } from './assets.js';
import { commandLine } from './results.js';

function loadAssets(): ReportAssets {
  const [script, style] = ['page.js', 'page.css'].map((name) => new TextDecoder().decode(readAsset(`report/${name}`)));
  return { script, style };
}

/** Results of files: of --json, of sweeps. */
export function readResults(paths: readonly string[]): LabResult[] {
  return paths.flatMap((path) => {
    try {
      return parseResults(new TextDecoder().decode(readInput(path, 1)));
    } catch (error) {
      if (error instanceof ResultError) throw new CliError(1, `${path}: ${error.message}`);
      throw error;
    }
  });
}

export interface ReportCommandOptions {
  readonly output: string;
  readonly title?: string;
}

export async function labReport(paths: readonly string[], { output, title }: ReportCommandOptions): Promise<number> {
  const html = reportHtml(readResults(paths), loadAssets(), { title, command: commandLine() });
  writeOutput(output, html);
  complain(`${output}: ${html.length.toLocaleString('en-US')} characters`);
  return 0;
}
