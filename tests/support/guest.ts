/** Guest programs: compiled once, run under qemu-riscv64 and in a machine of ours, their whole output compared. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Strace } from '../../host/debug/strace/strace.js';
import { loadCore } from '../../host/index-node.js';
import { Machine } from '../../host/machine.js';
import { installFile, makeDirectories, mountStandard } from '../../host/machine-setup.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { type HostInput, HostInput as Input, type HostOutput, openHostStream } from '../../host/vfs/hoststream.js';
import { WaitQueue } from '../../host/vfs/wait.js';
import { toolPath } from './tools.js';

export const GCC = 'riscv64-linux-gnu-gcc';
export const QEMU = 'qemu-riscv64';
/** What comparing with qemu needs: give it to testWith. */
export const COMPARE_NEEDS = [GCC, QEMU];

const BUILD = 'build/guest';

/** Compiles a C program of tests/guest to a static riscv64 program; kept under the hash of its text and flags. */
export function compileGuest(source: string, flags: readonly string[] = []): string {
  const all = ['-static', '-O1', '-Wall', '-D_GNU_SOURCE', ...flags];
  const hash = createHash('sha256').update(readFileSync(source)).update(all.join(' ')).digest('hex').slice(0, 16);
  const name = source.replace(/^.*\//, '').replace(/\.\w+$/, '');
  const path = join(BUILD, `${name}-${hash}`);
  if (existsSync(path)) return path;
  mkdirSync(BUILD, { recursive: true });
  const partial = `${path}.${process.pid}`;
  const result = spawnSync(toolPath(GCC) as string, [...all, '-o', partial, source, '-lpthread'], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${source} does not compile:\n${result.stderr}`);
  renameSync(partial, path);
  return path;
}

export interface GuestOutcome {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status as a shell sees it. */
  readonly status: number;
}

/** Runs a program under qemu-riscv64 in an empty folder of its own. */
export function runQemu(program: string, args: readonly string[] = [], input = ''): GuestOutcome {
  const folder = mkdtempSync(join(tmpdir(), 'pagewalk-guest-'));
  try {
    const options = { cwd: folder, input, env: {}, timeout: 120_000, maxBuffer: 1 << 26 };
    const result = spawnSync(toolPath(QEMU) as string, [join(process.cwd(), program), ...args], options);
    const status = result.status ?? 128 + 9;
    return { stdout: result.stdout.toString('latin1'), stderr: result.stderr.toString('latin1'), status };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class Collector implements HostOutput {
  readonly queue = new WaitQueue();
  readonly writable = true;
  text = '';

  write(bytes: Uint8Array): number {
    this.text += Buffer.from(bytes).toString('latin1');
    return bytes.length;
  }
}

function inputOf(text: string): HostInput {
  const input = new Input();
  input.push(new Uint8Array(Buffer.from(text, 'latin1')));
  input.end();
  return input;
}

export interface OurOptions {
  readonly input?: string;
  readonly memoryBytes?: number;
  /** Gets every line of strace. */
  readonly trace?: (line: string) => void;
  readonly uid?: number;
  readonly timeoutMs?: number;
}

/** Runs a program in a fresh machine whose working directory is an empty folder of a memory file system. */
export async function runOurs(program: string, args: readonly string[] = [], options: OurOptions = {}): Promise<GuestOutcome> {
  const machine = await Machine.create({
    module: await loadCore(),
    root: (env) => new MemoryFileSystem(env),
    memoryBytes: options.memoryBytes ?? 256 * 1024 * 1024,
    timeoutMs: options.timeoutMs ?? 120_000,
  });
  mountStandard(machine);
  installFile(machine, '/program', readFileSync(program));
  makeDirectories(machine, '/work', 0o777);
  if (options.trace !== undefined) machine.kernel.observer = new Strace(options.trace);
  const [stdout, stderr] = [new Collector(), new Collector()];
  const files = [
    openHostStream(machine.namespace, { input: inputOf(options.input ?? '') }),
    openHostStream(machine.namespace, { output: stdout }),
    openHostStream(machine.namespace, { output: stderr }),
  ];
  const main = machine.spawn({ path: '/program', argv: ['program', ...args], env: [], cwd: '/work', files, uid: options.uid, gid: options.uid });
  const result = await machine.run(main);
  if (result.reason !== 'exit' && result.reason !== 'signal') throw new Error(`the machine ended the run: ${result.reason}\n${stdout.text}`);
  return { stdout: stdout.text, stderr: stderr.text, status: result.exitCode };
}
