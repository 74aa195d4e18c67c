/** Draws the pictures of the experiments: runs each page's command, takes a picture of its report. Needs a build, and Chromium. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../..');
const place = mkdtempSync(join(tmpdir(), 'pagewalk-pictures-'));
const wanted = process.argv.slice(2);
for (const file of readdirSync(here).filter((name) => name.endsWith('.md') && name !== 'README.md')) {
  const name = file.slice(0, -3);
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const commands = [...readFileSync(join(here, file), 'utf8').matchAll(/^npx pagewalk (lab .*)$/gm)].map(([, command]) => command);
  if (commands.length === 0) continue;
  for (const command of commands) {
    const words = command.split(' ').map((word) => (/^out\./.test(word) ? join(place, word) : word));
    const { status, stderr } = spawnSync(process.execPath, ['dist/bin/main.js', ...words], { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command}: ${stderr}`);
  }
  const options = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--virtual-time-budget=3000', '--window-size=960,760'];
  const picture = join(here, `${name}.png`);
  spawnSync('chromium', [...options, `--screenshot=${picture}`, `file://${join(place, 'out.html')}`], { stdio: 'ignore' });
}
rmSync(place, { recursive: true });
