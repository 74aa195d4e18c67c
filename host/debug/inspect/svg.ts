/** A snapshot as one picture that needs nothing else. */
import { count, hex } from './format.js';
import { classesIn, escapeXml, label, legendPart, mappingsPart, type Part, PICTURE_WIDTH, shorten, tablesPart } from './picture.js';
import { walkPart } from './picture-walk.js';
import type { ProcessSnapshot, Snapshot } from './snapshot.js';
import { PICTURE_STYLE } from './style.js';
import { walkTitle } from './walk-lines.js';

const MARGIN = 24;

export function processTitle({ pid, name, pc, pcSymbol }: ProcessSnapshot): string {
  return `pid ${pid}  ${name}${pc === undefined ? '' : `, pc ${hex(pc)}${pcSymbol === undefined ? '' : ` in ${pcSymbol}`}`}`;
}

/** The picture of address spaces, an SVG document. */
export function snapshotSvg(snapshot: Snapshot): string {
  let y = MARGIN;
  let markup = '';
  const heading = (text: string, classes: string, space: number): void => {
    y += space;
    markup += label(MARGIN, y, shorten(text, 150), classes);
    y += 12;
  };
  const place = ({ markup: inner, height }: Part): void => {
    markup += `<g transform="translate(${MARGIN} ${y})">${inner}</g>`;
    y += height;
  };
  heading(`${snapshot.program}: ${snapshot.point}`, 'title', 12);
  heading(
    `${count(snapshot.instructions)} instructions, ${count(snapshot.framesInUse)} of ${count(snapshot.framesLimit)} frames in use`,
    'dim',
    8,
  );
  for (const process of snapshot.processes) {
    heading(processTitle(process), 'head', 22);
    place(mappingsPart(process));
    y += 8;
    place(legendPart(classesIn([process])));
    heading('page tables', 'head', 24);
    place(tablesPart(process.tables));
    for (const walk of process.walks) {
      heading(`walk of ${walkTitle(walk)}`, 'head', 24);
      place(walkPart(walk));
    }
  }
  const width = PICTURE_WIDTH + 2 * MARGIN;
  const height = Math.ceil(y + MARGIN);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `<title>${escapeXml(`${snapshot.program}: ${snapshot.point}`)}</title><style>${PICTURE_STYLE}</style>` +
    `<rect class="paper" width="${width}" height="${height}"/>${markup}</svg>\n`
  );
}
