/** pagewalk lab export: results as CSV or Parquet. */
import { csvOf, parquetColumns, type RowKind, type Table, tableOf } from '../../lab/rows.js';
import { writeOutput } from '../files.js';
import { CliError, UsageError } from '../options.js';
import { complain } from '../output.js';
import { readResults } from './report.js';

export interface ExportOptions {
  readonly output: string;
  readonly rows: RowKind;
}

/** A table as Parquet, by the optional package hyparquet-writer. */
export async function parquetOf(table: Table): Promise<Uint8Array> {
  let library: typeof import('hyparquet-writer');
  try {
    library = await import('hyparquet-writer');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new CliError(1, 'Parquet is written by the package hyparquet-writer, which is not installed: npm install hyparquet-writer');
  }
  return new Uint8Array(library.parquetWriteBuffer({ columnData: parquetColumns(table) }));
}

export async function labExport(paths: readonly string[], { output, rows }: ExportOptions): Promise<number> {
  const format = /\.(csv|parquet)$/.exec(output)?.[1];
  if (format === undefined) throw new UsageError(`--output: '${output}' must end with .csv or .parquet`);
  const table = tableOf(readResults(paths), rows);
  if (table.rows === 0) throw new CliError(1, `${paths.join(', ')}: no ${rows} in it${HINTS[rows] ?? ''}`);
  writeOutput(output, format === 'csv' ? csvOf(table) : await parquetOf(table));
  complain(`${output}: ${table.rows} rows of ${table.columns.length} columns`);
  return 0;
}

/** How there would be some. */
const HINTS: Readonly<Partial<Record<RowKind, string>>> = {
  windows: ': they come with --windows',
  curve: ': it comes with --distances',
  functions: ': they come with --attribute',
  mappings: ': they come with --attribute',
  calls: ': they come with --attribute',
  memory: ': it comes with --attribute',
};
