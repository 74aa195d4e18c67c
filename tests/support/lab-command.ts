/** The laboratory's commands in a folder of their own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const COMMAND = resolve('dist/bin/pagewalk.cjs');

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'pagewalk-lab-'));

  path(name: string): string {
    return join(this.folder, name);
  }

  lab(...args: string[]): Ended {
    const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, 'lab', ...args], { cwd: this.folder, encoding: 'utf8' });
    return { status, stdout, stderr };
  }

  /** What must succeed. */
  must(...args: string[]): Ended {
    const ended = this.lab(...args);
    if (ended.status !== 0) throw new Error(`lab ${args.join(' ')}: status ${ended.status}\n${ended.stderr}`);
    return ended;
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  write(name: string, text: string): string {
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
