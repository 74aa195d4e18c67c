/** A snapshot as a page that needs nothing else: no script, no other file. */
import { count, pagesText } from './format.js';
import { addTally, emptyTally, tally } from './pages.js';
import { classesIn, escapeXml, mappingsPart, type Part, PICTURE_WIDTH, tablesPart } from './picture.js';
import { walkPart } from './picture-walk.js';
import type { ProcessSnapshot, Snapshot, TableSnapshot, WalkSnapshot } from './snapshot.js';
import { PAGE_STYLE } from './style.js';
import { processTitle } from './svg.js';
import { tableSummary, tableText } from './text.js';
import { type Line, walkLines, walkTitle } from './walk-lines.js';

function figure({ markup, height }: Part, name: string): string {
  const size = `width="${PICTURE_WIDTH}" height="${Math.ceil(height)}" viewBox="0 0 ${PICTURE_WIDTH} ${Math.ceil(height)}"`;
  return `<figure><svg role="img" aria-label="${escapeXml(name)}" ${size}>${markup}</svg></figure>\n`;
}

function facts(pairs: readonly Line[]): string {
  return `<div class="facts">${pairs.map(([name, value]) => `<div><b>${value}</b><span>${name}</span></div>`).join('')}</div>\n`;
}

function list(lines: readonly Line[]): string {
  return `<dl>${lines.map(([name, text]) => `<dt>${escapeXml(name)}</dt><dd class="mono">${escapeXml(text)}</dd>`).join('')}</dl>\n`;
}

const TABLES_MAX = 2000;

/** Tables beyond the first so many are left out. */
function tree(table: TableSnapshot, room = { left: TABLES_MAX }): string {
  if (room.left-- <= 0) return '';
  const text = `<code>${escapeXml(tableText(table))}</code>`;
  if (table.below.length === 0) return `<div class="leaf">${text}</div>`;
  const below = table.below.map((next) => tree(next, room)).join('');
  return `<details${table.level === 2 ? ' open' : ''}><summary>${text}</summary>${below}</details>`;
}

function walkSection(walk: WalkSnapshot): string {
  const title = escapeXml(walkTitle(walk));
  const words = `<details><summary>in words</summary>${list(walkLines(walk))}</details>`;
  return `<h3>Walk of <code>${title}</code></h3>\n${figure(walkPart(walk), `walk of ${walkTitle(walk)}`)}${words}\n`;
}

function processSection(process: ProcessSnapshot): string {
  const total = emptyTally();
  for (const mapping of process.mappings) addTally(total, tally(mapping));
  const { faults } = process;
  const legend = classesIn([process]).map(
    ({ id, label }) => `<li><svg viewBox="0 0 10 10"><path class="${id}" d="M0 0h10v10h-10z"/></svg>${escapeXml(label)}</li>`,
  );
  return (
    `<h2>${escapeXml(processTitle(process))}</h2>\n` +
    facts([
      ['mapped', pagesText(total.pages)],
      ['resident', pagesText(total.resident)],
      ['dirty', pagesText(total.dirty)],
      ['shared', pagesText(total.shared)],
      ['to be copied', pagesText(total.cow)],
      ...(total.swapped > 0 ? [['swapped', pagesText(total.swapped)] as const] : []),
      ...(total.locked > 0 ? [['locked', pagesText(total.locked)] as const] : []),
      ['in the window', pagesText(total.home)],
      ['minor faults', count(faults.minor)],
      ['major faults', count(faults.major)],
      ['copy-on-write', count(faults.copyOnWrite)],
    ]) +
    `${figure(mappingsPart(process), 'mappings and their pages')}<ul class="legend">${legend.join('')}</ul>\n` +
    `<h3>Page tables</h3>\n${figure(tablesPart(process.tables), 'page tables')}` +
    `<details><summary>all tables</summary>${list(tableSummary(process.tables))}${tree(process.tables)}</details>\n` +
    process.walks.map(walkSection).join('')
  );
}

/** The policy lets the page use its own style and nothing else. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** A whole page with the picture of an address space. */
export function snapshotHtml(snapshot: Snapshot): string {
  const { instructions, framesInUse, framesLimit } = snapshot;
  return (
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">\n` +
    `<meta name="viewport" content="width=device-width"><title>${escapeXml(`${snapshot.program}: ${snapshot.point}`)}</title>\n` +
    `<style>${PAGE_STYLE}</style></head><body><main>\n<h1>${escapeXml(snapshot.program)}</h1>\n<p>${escapeXml(snapshot.point)}</p>\n` +
    `<p class="dim">${count(instructions)} instructions, ${count(framesInUse)} of ${count(framesLimit)} frames in use</p>\n` +
    `${snapshot.processes.map(processSection).join('')}</main></body></html>\n`
  );
}
