import { snapshotHtml } from '../debug/inspect/html.js';
import { type Point, parsePoint } from '../debug/inspect/point.js';
import { PointReached, Stopper } from '../debug/inspect/stop.js';
import { snapshotSvg } from '../debug/inspect/svg.js';
import { type AddressText, parseAddress } from '../debug/inspect/symbols.js';
import { snapshotText } from '../debug/inspect/text.js';
import type { Process } from '../kernel/process.js';
import type { Machine, RunResult } from '../machine.js';
import { syscallTable } from '../syscalls/table.js';
import { runProgram } from './execute.js';
import { writeOutput } from './files.js';
import type { InspectOptions } from './inspect.js';
import { CliError, UsageError } from './options.js';
import { complain, writeAll } from './output.js';

const WIDTH_DEFAULT = 100;
const WIDTH_MIN = 40;

function pointOf(text: string): Point {
  const isCall = (name: string): boolean => syscallTable.some((row) => row.name === name);
  const short = isCall(text) && text !== 'exit' ? `syscall:${text}` : /^0x[0-9a-f]+$/i.test(text) ? `pc:${text}` : text;
  const point = parsePoint(short);
  if (typeof point === 'string') throw new UsageError(`--at: ${point}`);
  if (point.kind === 'syscall' && !isCall(point.name)) throw new UsageError(`--at: there is no system call '${point.name}'`);
  return point;
}

function addressOf(text: string): AddressText {
  const address = parseAddress(text);
  if (address === undefined) throw new UsageError(`--walk: '${text}' is neither an address nor a symbol`);
  return address;
}

/** Runs up to the point, draws; the status to exit with. */
export async function inspectProgram(program: string, args: readonly string[], options: InspectOptions): Promise<number> {
  const point = pointOf(options.at);
  const walks = (options.walk ?? []).map((text) => ({ text, address: addressOf(text) }));
  let stopper: Stopper | undefined;
  const drive = async (machine: Machine, main: Process): Promise<RunResult> => {
    const { pid, all = false } = options;
    const made = new Stopper(machine.kernel, main, { program: [program, ...args].join(' '), point, pid, all, walks });
    stopper = made;
    if (made.isHopeless) throw new CliError(1, `--at: ${program} has no symbol '${options.at.replace(/^pc:/, '')}'`);
    try {
      return await machine.run(main);
    } catch (error) {
      if (!(error instanceof PointReached)) throw error;
    }
    machine.stop();
    return machine.run(main);
  };
  // One instruction at a time nothing is ever hot.
  const jit = point.kind === 'pc' ? 'off' : undefined;
  const status = await runProgram(program, args, { ...options, jit, drive });
  if (stopper === undefined) return status;
  return report(stopper, options);
}

async function report(stopper: Stopper, options: InspectOptions): Promise<number> {
  const { snapshot, missed, unknown } = stopper;
  if (snapshot === undefined) throw new CliError(1, 'the program ended before anything could be seen');
  if (options.json !== undefined) writeOutput(options.json, `${JSON.stringify(snapshot, null, 1)}\n`);
  if (options.svg !== undefined) writeOutput(options.svg, snapshotSvg(snapshot));
  if (options.html !== undefined) writeOutput(options.html, snapshotHtml(snapshot));
  const { stdout, env } = process;
  const color = stdout.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
  const width = options.width ?? Math.max(WIDTH_MIN, stdout.columns ?? WIDTH_DEFAULT);
  await writeAll(stdout, snapshotText(snapshot, { width, color }));
  if (missed !== undefined) complain(`--at: ${missed}`);
  for (const symbol of unknown) complain(`--walk: nothing that is mapped has the symbol '${symbol}'`);
  return missed !== undefined || unknown.length > 0 ? 1 : 0;
}
