/** The page in headless Chromium: built when it is out of date, served as any static server would. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { toolPath } from './tools.js';

const FOLDER = 'dist/web';
const STAMP = 'dist/.built-web';
const INPUTS = ['web', 'host', 'assembly/shared', 'dist/core.wasm', 'examples/bin'];
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

function newest(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), 0);
}

function build(): void {
  if (existsSync(STAMP) && INPUTS.every((input) => newest(input) <= statSync(STAMP).mtimeMs)) return;
  const command = ['node_modules/vite/bin/vite.js', 'build', '--config', 'web/vite.config.ts', '--logLevel', 'warn'];
  const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 120_000 });
  assert.is(status, 0, stderr);
  writeFileSync(STAMP, '');
}

export class PageHost {
  /** What went wrong in any page since the last look: must stay empty. */
  readonly problems: string[] = [];

  private constructor(
    readonly server: Server,
    readonly browser: Browser,
  ) {}

  static async start(): Promise<PageHost> {
    build();
    const server = createServer((request, response) => {
      const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
      const file = join(FOLDER, path === '/' ? 'index.html' : path);
      if (!file.startsWith(FOLDER) || !existsSync(file)) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(readFileSync(file));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const browser = await chromium.launch({ executablePath: toolPath('chromium'), args: ['--no-sandbox', '--disable-gpu'] });
    return new PageHost(server, browser);
  }

  /** A page of its own storage. */
  async open(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => this.problems.push(String(error.stack)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(message.text());
    });
    await page.goto(this.url);
    return page;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** What the terminal shows. */
export function terminalText(page: Page): Promise<string> {
  return page.locator('#terminal .xterm-rows').innerText();
}

/** Until the terminal shows a text. */
export async function shows(page: Page, text: string): Promise<void> {
  await page.waitForFunction(
    (wanted) => document.querySelector('#terminal .xterm-rows')?.textContent?.replaceAll('\u00a0', ' ').includes(wanted),
    text,
  );
}

export async function phase(page: Page, wanted: string): Promise<void> {
  await page.waitForFunction((text) => document.body.dataset.phase === text, wanted);
}

/** Instructions executed, as the page shows them. */
export async function instructions(page: Page): Promise<number> {
  return Number(await page.locator('#position').getAttribute('data-instructions'));
}
