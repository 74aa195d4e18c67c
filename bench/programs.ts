/**
 * Debian's programs beside qemu-riscv64: what they executed, how long that took, how many frames they held. The scripts of
 * tests/programs/userland, most of which are short, and those of bench/programs, which keep one program busy for a second or more.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { haveReference, ourCommand, referenceCommand, USERLAND_CASES, type Userland, userlandCases } from '../tests/support/userland.js';
import { geometricMean, median, ratio, table, time } from './measure.js';

const PAGE = 'docs/programs.md';
/** From here on the page is written by hand. */
const BY_HAND = '## Also tried';
const BUSY_CASES = 'bench/programs';

interface Row {
  readonly file: string;
  readonly title: string;
  readonly instructions: number;
  readonly peakFrames: number;
  readonly userMs: number;
  readonly wallMs: number;
  readonly qemu?: { readonly userMs: number; readonly wallMs: number };
}

interface Stats {
  readonly instructions: number;
  readonly frames: { readonly peak: number };
}

function measure({ folder, file, title, noReference }: Userland, rounds: number, compare: boolean): Row {
  const reference = compare && noReference === undefined;
  const statsFile = `build/bench/programs-${process.pid}.json`;
  const samples = { userMs: [] as number[], wallMs: [] as number[] };
  const peer = { userMs: [] as number[], wallMs: [] as number[] };
  let stats: Stats = { instructions: 0, frames: { peak: 0 } };
  for (let round = 0; round < rounds; round++) {
    const ours = time(ourCommand(file, [`--stats=${statsFile}`], folder));
    if (ours.status !== 0) throw new Error(`${file}: status ${ours.status}`);
    stats = JSON.parse(readFileSync(statsFile, 'utf8')) as Stats;
    samples.userMs.push(ours.userMs);
    samples.wallMs.push(ours.wallMs);
    if (!reference) continue;
    const theirs = time(referenceCommand(file, folder));
    if (theirs.status !== 0) throw new Error(`${file} under qemu: status ${theirs.status}`);
    peer.userMs.push(theirs.userMs);
    peer.wallMs.push(theirs.wallMs);
  }
  rmSync(statsFile, { force: true });
  return {
    file,
    title,
    instructions: stats.instructions,
    peakFrames: stats.frames.peak,
    userMs: median(samples.userMs),
    wallMs: median(samples.wallMs),
    ...(reference ? { qemu: { userMs: median(peer.userMs), wallMs: median(peer.wallMs) } } : {}),
  };
}

const seconds = (ms: number): string => (ms / 1000).toFixed(2);

const HEAD = ['case', 'Minstr', 'peak frames', 'user s', 'wall s', 'qemu user s', 'qemu wall s', 'user / qemu', 'wall / qemu'];

function cellsOf(rows: readonly Row[]): string[][] {
  const cells = rows.map((row) => [
    row.file,
    (row.instructions / 1e6).toFixed(0),
    String(row.peakFrames),
    seconds(row.userMs),
    seconds(row.wallMs),
    ...(row.qemu === undefined
      ? ['-', '-', '-', '-']
      : [seconds(row.qemu.userMs), seconds(row.qemu.wallMs), ratio(row.userMs, row.qemu.userMs), ratio(row.wallMs, row.qemu.wallMs)]),
  ]);
  const compared = rows.flatMap((row) => (row.qemu === undefined ? [] : [{ ours: row, qemu: row.qemu }]));
  if (compared.length > 0) {
    const user = geometricMean(compared.map(({ ours, qemu }) => ours.userMs / qemu.userMs)).toFixed(2);
    const wall = geometricMean(compared.map(({ ours, qemu }) => ours.wallMs / qemu.wallMs)).toFixed(2);
    cells.push(['geometric mean', '', '', '', '', '', '', user, wall]);
  }
  return cells;
}

/** Prints the tables; without names (parts of a script's path) they are written to docs/programs.md, too. */
export function benchPrograms(rounds: number, names: readonly string[], machine: string): void {
  const compare = haveReference();
  if (!compare) console.log('no chroot with qemu-riscv64-static here: left out');
  const [busy, short] = [BUSY_CASES, USERLAND_CASES].map((folder) => {
    const cases = userlandCases(folder).filter(
      ({ file }) => names.length === 0 || names.some((name) => `${folder}/${file}`.includes(name)),
    );
    const rows = cases.map((chosen) => measure(chosen, rounds, compare));
    if (rows.length > 0) table(HEAD, cellsOf(rows));
    return rows;
  });
  if (names.length === 0) writeFileSync(PAGE, page(busy, short, machine, rounds));
}

function page(busy: readonly Row[], short: readonly Row[], machine: string, rounds: number): string {
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const list = (rows: readonly Row[]): string[] => [
    ...rows.map((row) => `- **${row.file}**: ${row.title}`),
    '',
    line(HEAD),
    line(HEAD.map((_, i) => (i === 0 ? '---' : '---:'))),
    ...cellsOf(rows).map(line),
    '',
  ];
  return [
    '# Programs',
    '',
    'Unmodified riscv64 programs of Debian trixie, and esbuild from npm.',
    '',
    `Written by \`npm run bench -- programs\` (root folder: \`scripts/fetch-userland.sh\`). ${machine}; medians of ${rounds} interleaved`,
    'rounds; whole processes, start included. A frame is 4 KiB: memory of the machine in use at most, page cache included.',
    '',
    '## Busy programs',
    '',
    'The scripts of `bench/programs`: one program each that computes for a second or more.',
    '',
    ...list(busy),
    '## Test scripts',
    '',
    'The scripts of `tests/programs/userland`, whose output the tests compare, byte for byte, with a reviewed file and with qemu-riscv64',
    'where that can run it.',
    '',
    ...list(short),
    byHand(),
  ].join('\n');
}

function byHand(): string {
  const text = readFileSync(PAGE, 'utf8');
  const at = text.indexOf(BY_HAND);
  return at < 0 ? '' : text.slice(at);
}
