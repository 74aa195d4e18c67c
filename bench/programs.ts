/** tests/programs/userland, each case beside qemu-riscv64: what it executed, how long it took, how many frames it held. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { haveReference, ourCommand, referenceCommand, userlandCases } from '../tests/support/userland.js';
import { geometricMean, median, ratio, table, time } from './measure.js';

const PAGE = 'docs/programs.md';

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

function measure(file: string, title: string, rounds: number, reference: boolean): Row {
  const statsFile = `build/bench/programs-${process.pid}.json`;
  const samples = { userMs: [] as number[], wallMs: [] as number[] };
  const peer = { userMs: [] as number[], wallMs: [] as number[] };
  let stats: Stats = { instructions: 0, frames: { peak: 0 } };
  for (let round = 0; round < rounds; round++) {
    const ours = time(ourCommand(file, [`--stats=${statsFile}`]));
    if (ours.status !== 0) throw new Error(`${file}: status ${ours.status}`);
    stats = JSON.parse(readFileSync(statsFile, 'utf8')) as Stats;
    samples.userMs.push(ours.userMs);
    samples.wallMs.push(ours.wallMs);
    if (!reference) continue;
    const theirs = time(referenceCommand(file));
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

/** Prints the table; without names it is written to docs/programs.md, too. */
export function benchPrograms(rounds: number, names: readonly string[], machine: string): void {
  const compare = haveReference();
  if (!compare) console.log('no chroot with qemu-riscv64-static here: left out');
  const rows = userlandCases()
    .filter(({ file }) => names.length === 0 || names.some((name) => file.includes(name)))
    .map(({ file, title, noReference }) => measure(file, title, rounds, compare && noReference === undefined));
  const head = ['case', 'Minstr', 'peak frames', 'user s', 'wall s', 'qemu user s', 'qemu wall s', 'user / qemu', 'wall / qemu'];
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
  table(head, cells);
  if (names.length === 0) writeFileSync(PAGE, page(rows, head, cells, machine, rounds));
}

function page(
  rows: readonly Row[],
  head: readonly string[],
  cells: readonly (readonly string[])[],
  machine: string,
  rounds: number,
): string {
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  return [
    '# Programs',
    '',
    'Unmodified riscv64 programs of Debian trixie, and esbuild from npm, that the tests run whole: each case is a script in',
    '`tests/programs/userland` whose output is compared, byte for byte, with a reviewed file and with qemu-riscv64 where that can run it.',
    '',
    `Written by \`npm run bench -- programs\` (root folder: \`scripts/fetch-userland.sh\`). ${machine}; medians of ${rounds} interleaved`,
    'rounds; whole processes, start included. A frame is 4 KiB: memory of the machine in use at most, page cache included.',
    '',
    ...rows.map((row) => `- **${row.file}**: ${row.title}`),
    '',
    line(head),
    line(head.map((_, i) => (i === 0 ? '---' : '---:'))),
    ...cells.map(line),
    '',
  ].join('\n');
}
