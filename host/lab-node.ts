/** The laboratory as a library under Node: with files. */
import { readAsset } from './cli/lab/assets.js';
import { reportHtml } from './lab/report/html.js';
import type { LabResult } from './lab/results.js';

export { parquetOf } from './cli/lab/export.js';
export { createTrace, replayAny as replayTrace, replayFrom as replayTraceFrom, type TraceFile } from './cli/lab/sources.js';
export { loadLab } from './index-node.js';
export * from './lab.js';

/** Results as one page (HTML) that needs no other file. command: how it was made, if it was by one. */
export function reportPage(
  results: readonly LabResult[],
  options: { readonly title?: string; readonly command?: readonly string[] } = {},
): string {
  const [script, style] = ['page.js', 'page.css'].map((name) => new TextDecoder().decode(readAsset(`report/${name}`)));
  return reportHtml(results, { script, style }, { title: options.title, command: options.command ?? [] });
}
