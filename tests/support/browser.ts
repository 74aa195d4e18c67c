/** A page of this repository in headless Chromium, served with chosen headers; what it reports. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** Serves dist/, examples/ and tests/browser/; the first body that is sent to /report. */
function serve(headers: Readonly<Record<string, string>>): Promise<{ server: Server; report: Promise<string> }> {
  return new Promise((started) => {
    let hear: (text: string) => void;
    const report = new Promise<string>((resolve) => (hear = resolve));
    const server = createServer((request, response) => {
      const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname).slice(1);
      if (request.method === 'POST' && path === 'report') {
        let body = '';
        request.on('data', (chunk: Buffer) => (body += chunk));
        request.on('end', () => {
          response.end();
          hear(body);
        });
        return;
      }
      if (!/^(dist|examples|tests\/browser)\/[\w./-]+$/.test(path) || path.includes('..')) {
        response.writeHead(404).end();
        return;
      }
      const type = TYPES[extname(path)] ?? 'application/octet-stream';
      response.writeHead(200, { ...headers, 'content-type': type }).end(readFileSync(path));
    });
    server.listen(0, '127.0.0.1', () => started({ server, report }));
  });
}

const CHROMIUM_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const LATE_MS = 120_000;

/** Opens the page and waits for what it sends to /report. */
export async function reportOf(path: string, headers: Readonly<Record<string, string>> = {}, lateMs = LATE_MS): Promise<string> {
  const { server, report } = await serve(headers);
  const profile = mkdtempSync(join(tmpdir(), 'pagewalk-chromium-'));
  let browser: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    const { port } = server.address() as AddressInfo;
    const page = `http://127.0.0.1:${port}/${path}`;
    browser = spawn('chromium', [...CHROMIUM_FLAGS, `--user-data-dir=${profile}`, page], { stdio: 'ignore', detached: true });
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the page sent no report')), lateMs);
    });
    return await Promise.race([report, late]);
  } finally {
    clearTimeout(timer);
    if (browser?.pid !== undefined) process.kill(-browser.pid, 'SIGKILL');
    server.closeAllConnections();
    server.close();
    await removeProfile(profile);
  }
}

/** Some of the browser's processes are no part of its group, and write for a moment after it is gone. */
async function removeProfile(folder: string): Promise<void> {
  for (let left = 50; ; left--) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch (error) {
      if (left === 0 || (error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
      await new Promise((wake) => setTimeout(wake, 100));
    }
  }
}
