/** Colours of pages, from the style sheet that pictures have, too. */
import { classOf, PAGE_CLASSES } from '../../../host/debug/inspect/pages.js';
import { COLOR_STYLE } from '../../../host/debug/inspect/style.js';

export interface Palette {
  readonly css: Readonly<Record<string, string>>;
  /** By PAGE_* bits: little-endian RGBA, as ImageData has them. */
  readonly words: Uint32Array;
  readonly outline: string;
  readonly line: string;
}

/** On a screen what is absent should be seen to be. */
const ABSENT = '@media (prefers-color-scheme:dark){:root{--absent:#2b323f}}:root{--absent-line:var(--line)}';

let palette: Palette | undefined;

export function installColors(onChange: () => void): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(COLOR_STYLE + ABSENT);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    palette = undefined;
    onChange();
  });
}

export function colors(): Palette {
  palette ??= readColors();
  return palette;
}

function readColors(): Palette {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const css = Object.fromEntries(PAGE_CLASSES.map(({ id }) => [id, of(id)]));
  const wordOf = Object.fromEntries(Object.entries(css).map(([id, color]) => [id, wordOfColor(color)]));
  const words = new Uint32Array(65536);
  for (let bits = 0; bits < words.length; bits++) words[bits] = wordOf[classOf(bits).id];
  return { css, words, outline: of('accent'), line: of('line') };
}

/** #rrggbb */
function wordOfColor(color: string): number {
  const rgb = Number.parseInt(color.slice(1), 16);
  return (0xff000000 | ((rgb & 255) << 16) | (rgb & 0xff00) | (rgb >>> 16)) >>> 0;
}
