/** Results as a page that needs nothing else: plots, tables, configurations, and how to make them again. */
import { count } from '../../debug/inspect/format.js';
import { escapeXml } from '../../debug/inspect/picture.js';
import { type JoinedResult, joinResults, type LabResult } from '../results.js';
import { type Plot, plotsOf } from './plots.js';
import { shellWords } from './shell.js';
import { acrossTable, attributedTables, countsTable, systemsTable, variedTable } from './tables.js';

/** dist/report.js and dist/report.css: what draws the plots, and the page's style. */
export interface ReportAssets {
  readonly script: string;
  readonly style: string;
}

export interface ReportOptions {
  readonly title?: string;
  /** How the results were made, if that is more than each one's own command. */
  readonly command?: readonly string[];
}

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/** JSON within a script element: no `</script>`, no `<!--`. */
const embedded = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

const details = (summary: string, body: string): string =>
  body === '' ? '' : `<details><summary>${escapeXml(summary)}</summary>\n${body}</details>\n`;

const commandBlock = (words: readonly string[]): string => `<pre class="command"><code>${lines(shellWords(words))}</code></pre>\n`;

function figure({ title, note }: Plot, id: number): string {
  const caption = `<figcaption><b>${escapeXml(title)}</b><span>${escapeXml(note)}</span></figcaption>`;
  return `<figure>${caption}<div class="plot" data-plot="${id}"></div></figure>\n`;
}

const lines = (text: string): string => text.split('\n').map(escapeXml).join('\n');

const configurations = ({ systems }: LabResult): string =>
  systems.map(({ config }) => `<pre><code>${lines(JSON.stringify(config, null, 1))}</code></pre>\n`).join('');

function section(result: JoinedResult, plots: Plot[], title: string): string {
  const { what, instructions, accesses, systems, commands, tool, runtime } = result;
  const own = plotsOf(result);
  const figures = own.map((plot, i) => figure(plot, plots.length + i)).join('');
  plots.push(...own);
  const one = systems.length === 1 ? '' : 's';
  return (
    `<section>\n${what === title ? '' : `<h2><code>${escapeXml(what)}</code></h2>\n`}` +
    `<p class="dim">${count(instructions)} instructions, ${count(accesses)} accesses, ${count(systems.length)} system${one}</p>\n` +
    (figures === '' ? '' : `<div class="figures">\n${figures}</div>\n`) +
    (systems.length === 0 ? '' : systemsTable(systems)) +
    (result.attributed === undefined ? '' : attributedTables(result.attributed)) +
    details('All counts', systems.length === 0 ? '' : countsTable(systems)) +
    details('What the systems differ in', variedTable(systems)) +
    details('Configurations', configurations(result)) +
    `<h3>To make it again</h3>\n${commands.map(commandBlock).join('')}` +
    `<p class="dim">${escapeXml(runtime === undefined ? tool : `${tool}, ${runtime}`)}</p>\n` +
    '</section>\n'
  );
}

/** Results of the same stream, as a sweep has them, become one section. */
export function reportHtml(given: readonly LabResult[], assets: ReportAssets, options: ReportOptions = {}): string {
  const results = joinResults(given);
  const title = options.title ?? (results.length === 1 ? results[0].what : `${results.length} streams`);
  const plots: Plot[] = [];
  const sections = results.map((result) => section(result, plots, title)).join('');
  const seen = results.flatMap(({ systems }) => [...new Set(systems.map(({ config }) => config.name))]);
  const across =
    new Set(seen).size < seen.length
      ? `<section>\n<h2>All together</h2>\n<p class="dim">Walks per 1,000 instructions</p>\n${acrossTable(results)}</section>\n`
      : '';
  return (
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">\n` +
    `<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">\n` +
    `<title>${escapeXml(title)}</title>\n<style>${assets.style}</style></head><body><main>\n` +
    `<header><h1>${escapeXml(title)}</h1>` +
    '<p class="dim">Address translation as pagewalk lab models it; docs/lab-model.md defines every count.</p></header>\n' +
    across +
    sections +
    (options.command === undefined ? '' : `<h3>This page</h3>\n${commandBlock(options.command)}`) +
    `<p><a id="data" download="results.json">The data of this page (JSON)</a></p>\n</main>\n` +
    `<script type="application/json" id="plots">${embedded(plots)}</script>\n` +
    `<script type="application/json" id="results">${embedded(results)}</script>\n` +
    `<script>${assets.script}</script></body></html>\n`
  );
}
