/**
 * Draws the pictures of the experiments: runs each page's commands, takes a picture of the report, or of what `run --stats` counted.
 * Needs a build, and Chromium.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../..');
const place = mkdtempSync(join(tmpdir(), 'pagewalk-pictures-'));
const wanted = process.argv.slice(2);

/** How the accesses of each run were translated, on a scale of powers of ten. */
function drawStats(files) {
  const rows = files.flatMap((file) => {
    const { program, translation } = JSON.parse(readFileSync(file, 'utf8'));
    const { accesses, windowHits, tlbHits, walks } = translation;
    const bar = ([what, count, color]) => {
      const width = count === 0 ? 0 : (100 * Math.log10(1 + count)) / Math.log10(1 + accesses);
      const text = `${count.toLocaleString('en-US')} (${((100 * count) / accesses).toPrecision(4)} %)`;
      return `<tr><td>${what}<td><div style="width:${width}%;background:${color}"></div><td>${text}`;
    };
    const ways = [
      ['window', windowHits, '#2a78d6'],
      ['TLB', tlbHits, '#e0902a'],
      ['walk', walks, '#c0392b'],
    ];
    return [`<tr><th colspan=3>${program}: ${accesses.toLocaleString('en-US')} loads and stores`, ...ways.map(bar)];
  });
  const style = `body{font:15px sans-serif;margin:24px}table{width:100%;border-spacing:0 6px}th{text-align:left;padding-top:18px}
td{width:1px;white-space:nowrap;padding-right:12px}td:nth-child(2){width:100%}div{height:22px}p{color:#666}`;
  const scale = '<p>Bars on a scale of powers of ten: all of them is the whole width.';
  return `<!doctype html><meta charset=utf-8><style>${style}</style><h2>What translated an access</h2>${scale}<table>${rows.join('')}</table>`;
}

for (const file of readdirSync(here).filter((name) => name.endsWith('.md') && name !== 'README.md')) {
  const name = file.slice(0, -3);
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const commands = [...readFileSync(join(here, file), 'utf8').matchAll(/^npx pagewalk (.*)$/gm)].map(([, command]) => command);
  if (commands.length === 0) continue;
  for (const command of commands) {
    const words = command.split(' ').map((word) => word.replace(/(^|=)(out[-\w]*\.\w+)$/, (_, before, out) => before + join(place, out)));
    const { status, stderr } = spawnSync(process.execPath, ['dist/bin/pagewalk.cjs', ...words], { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command}: ${stderr}`);
  }
  const page = join(place, 'out.html');
  if (!commands.some((command) => command.startsWith('lab report'))) {
    const stats = commands.map((command) => join(place, /--stats=(\S+)/.exec(command)[1]));
    writeFileSync(page, drawStats(stats));
  }
  const options = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--virtual-time-budget=3000', '--window-size=960,760'];
  const picture = join(here, `${name}.png`);
  spawnSync('chromium', [...options, `--screenshot=${picture}`, `file://${page}`], { stdio: 'ignore' });
}
rmSync(place, { recursive: true });
