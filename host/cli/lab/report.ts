/** pagewalk lab report: results as a page. */
import { readFileSync } from 'node:fs';
import { type ReportAssets, reportHtml } from '../../lab/report/html.js';
import { type LabResult, parseResults, ResultError } from '../../lab/results.js';
import { readInput, writeOutput } from '../files.js';
import { CliError } from '../options.js';
import { complain } from '../output.js';
import { commandLine } from './results.js';

/** Beside the bundled command and beside the sources. */
const FOLDERS: readonly string[] = ['../report/', '../../../dist/report/'];

function loadAssets(): ReportAssets {
  for (const folder of FOLDERS) {
    try {
      const read = (name: string): string => readFileSync(new URL(folder + name, import.meta.url), 'utf8');
      return { script: read('page.js'), style: read('page.css') };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new CliError(1, 'dist/report is not there: npm run build makes it');
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
