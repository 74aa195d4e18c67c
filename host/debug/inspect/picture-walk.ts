/** The walk of one address as a picture: the address in its fields, an entry of each level, what it comes to. */
import { hex, pteText } from './format.js';
import { PAGE_BYTES } from './pages.js';
import { label, type Part, PICTURE_WIDTH, shorten } from './picture.js';
import * as R from './records.js';
import type { LevelSnapshot, WalkSnapshot } from './snapshot.js';
import { describePte, walkLines } from './walk-lines.js';

const CARD_WIDTH = 372;
const CARD_STEP = 394;
const CARD_HEIGHT = 132;
const BIT = 21;
const BIT_NAMES = ['V', 'R', 'W', 'X', 'U', 'G', 'A', 'D'];
const BIT_TITLES = ['valid', 'readable', 'writable', 'executable', "the user's", 'global', 'accessed', 'dirty'];
const CARD_CHARACTERS = 58;

export function walkPart(walk: WalkSnapshot): Part {
  let y = 0;
  let markup = '';
  if (walk.address < R.TASK_SIZE) {
    markup += fields(walk);
    y = 62;
    walk.levels.forEach((level, i) => {
      markup += `<g transform="translate(${i * CARD_STEP} ${y})">${levelCard(level)}</g>`;
      if (i > 0) markup += arrow(i * CARD_STEP - (CARD_STEP - CARD_WIDTH), y + CARD_HEIGHT / 2);
    });
    y += CARD_HEIGHT + 8;
  }
  for (const [name, text] of walkLines(walk)) {
    if (name === '' || name === 'address' || name.startsWith('level')) continue;
    y += 19;
    const place = isOutcome(name) ? `<circle cx="4" cy="${y - 4}" r="4" class="${severity(text)}"/>` : '';
    markup += `${place}${label(14, y, name, isOutcome(name) ? 'strong' : 'dim')}${label(100, y, text)}`;
  }
  return { markup, height: y + 8 };
}

const isOutcome = (name: string): boolean => ['load', 'store', 'fetch', 'any access'].includes(name);

function severity(outcome: string): string {
  if (outcome.startsWith('no fault')) return 'dirty';
  return outcome.startsWith('SIG') ? 'swapped' : 'cow';
}

/** Nine bits for each level, twelve for the byte. */
function fields({ address }: WalkSnapshot): string {
  const parts: readonly (readonly [name: string, bits: string, value: number, x: number, width: number])[] = [
    ['VPN[2]', '38–30', Math.floor(address / 2 ** 30) % 512, 0, 240],
    ['VPN[1]', '29–21', Math.floor(address / 2 ** 21) % 512, 250, 240],
    ['VPN[0]', '20–12', Math.floor(address / 2 ** 12) % 512, 500, 240],
    ['offset', '11–0', address % PAGE_BYTES, 750, PICTURE_WIDTH - 750],
  ];
  return parts
    .map(
      ([name, bits, value, x, width]) =>
        `<rect class="card" x="${x + 0.5}" y="0.5" width="${width - 1}" height="42" rx="5"/>` +
        label(x + 12, 26, name, 'strong') +
        label(x + 68, 26, `bits ${bits}`, 'dim') +
        label(x + width - 12, 26, hex(value), 'mono strong right'),
    )
    .join('');
}

function arrow(x: number, y: number): string {
  return `<path class="wire" d="M${x + 3} ${y}h16m-5 -4l5 4l-5 4"/>`;
}

function levelCard(level: LevelSnapshot): string {
  const bits = level.pte % 1024;
  const number = Math.floor(level.pte / 1024);
  const ppnWidth = CARD_WIDTH - 24 - BIT * 10;
  let markup = `<rect class="card" x="0.5" y="0.5" width="${CARD_WIDTH - 1}" height="${CARD_HEIGHT - 1}" rx="7"/>`;
  markup += label(12, 20, `level ${level.level}`, 'head') + label(74, 20, `table ${hex(level.table)}, entry ${hex(level.index)}`, 'dim');
  markup += label(12, 42, pteText(level.pte), 'mono') + label(CARD_WIDTH - 12, 42, `at ${hex(level.at)}`, 'mono dim right');
  markup += `<rect class="bit" x="12" y="52" width="${ppnWidth}" height="26"/>`;
  markup += label(20, 69, 'PPN', 'dim') + label(12 + ppnWidth - 8, 69, hex(number), 'mono right');
  for (let i = 0; i < 10; i++) {
    const bit = 9 - i;
    const on = ((bits >>> bit) & 1) !== 0;
    const x = 12 + ppnWidth + i * BIT;
    const name = bit >= 8 ? softwareName(level, bit) : BIT_NAMES[bit];
    const title = bit >= 8 ? softwareTitle(level, bit) : BIT_TITLES[bit];
    markup += `<g><title>bit ${bit}: ${title}, ${on ? 'set' : 'clear'}</title>`;
    markup += `<rect class="bit${on ? ' on' : ''}" x="${x}" y="52" width="${BIT}" height="26"/>`;
    markup += `${label(x + BIT / 2, 69, name, `mono middle ${on ? 'lit' : 'dim'}`)}</g>`;
  }
  const lines = wrapWords(describePte(level), CARD_CHARACTERS);
  lines.forEach((line, i) => {
    markup += label(12, 98 + i * 16, line);
  });
  return markup;
}

/** RSW in the last level: soft-dirty, and write-protected by a userfaultfd; above it: shared since a fork. */
function softwareName({ level }: LevelSnapshot, bit: number): string {
  if (level === 0) return bit === 9 ? 'S' : 'P';
  return level === 1 && bit === 8 ? 'F' : '·';
}

function softwareTitle({ level }: LevelSnapshot, bit: number): string {
  if (level === 0) return bit === 9 ? 'software: soft-dirty' : 'software: write-protected by a userfaultfd';
  return bit === 8 && level === 1 ? 'software: the table below is shared since a fork' : 'software: not used';
}

function wrapWords(text: string, most: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > most) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.length <= 2 ? lines : [lines[0], shorten(lines.slice(1).join(' '), most)];
}
