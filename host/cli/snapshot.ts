/** `run --snapshot` and `run --restore`: a machine as a file. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Process } from '../kernel/process.js';
import type { Machine, RunResult } from '../machine.js';
import { SnapshotError } from '../snapshot/error.js';
import { pack, SnapshotImage } from '../snapshot/format.js';
import { restoreParts, saveParts } from '../snapshot/parts.js';
import type { Terminal } from '../vfs/tty/terminal.js';
import { failureText } from './files.js';
import { CliError, EXIT_CANNOT_RUN } from './options.js';
import { complain } from './output.js';
import type { Stdio } from './stdio.js';

/** Of a snapshot that the command has made. */
interface Settings {
  readonly command: true;
  readonly build: string;
  readonly memoryBytes: number;
}

type Roots = readonly [main: Process, terminal: Terminal | undefined];

function cannot(option: string, path: string, error: unknown): never {
  if (error instanceof SnapshotError) throw new CliError(EXIT_CANNOT_RUN, `${option}: ${path}: ${error.message}`);
  if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
  throw new CliError(EXIT_CANNOT_RUN, `${option}: ${path}: ${failureText(error)}`);
}

function isQuiet({ kernel, progress }: Machine): boolean {
  return kernel.scheduler.length === 0 && progress.paused === undefined;
}

/** Runs until `at` instructions are executed, or else until a program waits for input; saves the machine, which ends with that. */
export async function runAndSave(
  machine: Machine,
  main: Process,
  stdio: Stdio,
  file: string,
  { at, timeout, memoryBytes }: { readonly at: number | undefined; readonly timeout: number | undefined; readonly memoryBytes: number },
): Promise<RunResult> {
  let wanted = false;
  if (at === undefined) stdio.onWanted = () => (wanted = true);
  const timeoutAt = timeout === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeout * 1000;
  const ended = (): boolean => main.state !== 'running';
  // A program may ask before it shows its prompt: it waits once nobody has anything to do any more.
  const cut = await machine.pump(() => ended() || (wanted && isQuiet(machine)), timeoutAt, at);
  stdio.onWanted = undefined;
  if (ended() || (cut !== undefined && cut !== 'paused')) {
    complain(`--snapshot: nothing was saved: the run ended before ${at === undefined ? 'anybody waited for input' : `${at} instructions`}`);
    return machine.run(main);
  }
  try {
    const settings: Settings = { command: true, build: machine.core.build, memoryBytes };
    const roots: Roots = [main, stdio.terminal];
    const parts = saveParts(machine, { classes: {}, anchorOf: (object) => stdio.anchorOf(object) }, roots);
    const bytes = await pack(settings, parts);
    writeFileSync(file, bytes);
    complain(`saved: ${file} (${(bytes.length / 1e6).toFixed(1)} MB)`);
  } catch (error) {
    cannot('--snapshot', file, error);
  } finally {
    await machine.powerOff();
  }
  return { reason: 'stopped', exitCode: 0, report: undefined };
}

export class SavedRun {
  private constructor(
    private readonly file: string,
    private readonly image: SnapshotImage,
    private readonly settings: Settings,
  ) {}

  static async open(file: string): Promise<SavedRun> {
    try {
      const image = await SnapshotImage.open(readFileSync(file));
      const settings = image.settings as Partial<Settings> | null;
      if (settings?.command !== true)
        throw new SnapshotError('it was not saved by this command, but by a program: Machine.restore() takes it');
      if (!Number.isSafeInteger(settings.memoryBytes)) throw new SnapshotError('the snapshot is damaged: its memory has no size');
      return new SavedRun(file, image, settings as Settings);
    } catch (error) {
      return cannot('--restore', file, error);
    }
  }

  get memoryBytes(): number {
    return this.settings.memoryBytes;
  }

  /** Makes a machine in which nothing has run what the saved one was; its main process, connected to `stdio`. */
  restore(machine: Machine, stdio: Stdio): Process {
    try {
      if (this.settings.build !== machine.core.build) throw new SnapshotError('it was saved by another version of Pagewalk');
      const owner = { classes: {}, anchored: (name: string) => stdio.anchored(name) };
      const [main, terminal] = restoreParts(machine, this.image, owner) as Roots;
      stdio.reattach(terminal);
      return main;
    } catch (error) {
      return cannot('--restore', this.file, error);
    }
  }
}
