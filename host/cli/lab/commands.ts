/** The laboratory's commands, carried out. */

import { loadLab } from '../../index-node.js';
import type { Process } from '../../kernel/process.js';
import { ConfigError } from '../../lab/check.js';
import { asGiven, systemSchema } from '../../lab/config.js';
import { EngineError } from '../../lab/engine.js';
import { watchAdvice } from '../../lab/live/advice.js';
import { Causes } from '../../lab/live/causes.js';
import { LiveLab } from '../../lab/live/live.js';
import { functionNames, watchMarks } from '../../lab/live/marks.js';
import { MACHINES } from '../../lab/machines.js';
import { Pass } from '../../lab/pass.js';
import { Recorder, type TakeRecords } from '../../lab/recorder.js';
import { countedRegion, parsePlace, RegionOfInterest, type RegionPlace, recordedRegion } from '../../lab/region.js';
import type { LabResult } from '../../lab/results.js';
import { SYNTHETIC_DEFAULTS, type SyntheticOptions, synthesize } from '../../lab/synthetic.js';
import { NoEntriesError, StaleEntryError, type StalePlace, Validator } from '../../lab/validator.js';
import { WindowWatcher } from '../../lab/windows.js';
import type { Machine, RunResult } from '../../machine.js';
import { type RunOptions, runProgram } from '../execute.js';
import { CliError, showSize, UsageError } from '../options.js';
import { complain, writeAll } from '../output.js';
import { type ResultOptions, reportResults } from './results.js';
import { createTrace, isSameFile, replayAny, replayFrom } from './sources.js';
import { type SystemOptions, systemsOf } from './systems.js';

export interface RegionOptions {
  /** A function, mark:N or instruction:N. */
  readonly from?: string;
  readonly to?: string;
}

export interface ModelOptions extends SystemOptions, ResultOptions, RegionOptions {
  /** Instructions before the counts begin, and how many of them are counted. */
  readonly skip?: number;
  readonly count?: number;
  /** Accesses of a window. */
  readonly windows?: number;
}

interface Passing {
  readonly pass: Pass;
  readonly take: TakeRecords;
  readonly watcher: WindowWatcher | undefined;
  /** Does a system validate, so that records must tell page-table entries? */
  readonly validates: boolean;
  readonly region: RegionOfInterest | undefined;
  /** Are there functions among the region's places, so that records must tell instructions? */
  readonly places: boolean;
}

function placeOf(option: string, text: string | undefined): RegionPlace | undefined {
  if (text === undefined) return undefined;
  const place = parsePlace(text);
  if (place === undefined) throw new UsageError(`${option}: '${text}' is neither mark:N nor instruction:N nor the name of a function`);
  return place;
}

/** A region that was not all there is nothing to count. */
function checkRegion(region: RegionOfInterest | undefined, options: RegionOptions): void {
  const missing = region?.missing();
  if (missing !== undefined) throw new CliError(1, `--${missing} ${options[missing] ?? ''}: the program never came there`);
}

/** cause: what the kernel did, for a message about a stale translation. */
async function passOf(
  options: ModelOptions & { attribute?: boolean },
  cause?: (place: StalePlace) => string | undefined,
  nameAt?: (pc: number) => string | undefined,
): Promise<Passing> {
  const counted = options.skip !== undefined || options.count !== undefined;
  const [from, to] = [placeOf('--from', options.from), placeOf('--to', options.to)];
  const marked = from !== undefined || to !== undefined;
  if (marked && counted) throw new UsageError('--from and --to: not with --skip or --count');
  const places = [from, to].some((place) => place !== undefined && 'symbol' in place);
  if (places && nameAt === undefined)
    throw new UsageError('--from and --to: a function is known while a program runs; a trace has mark:N and instruction:N only');
  const part = counted || marked;
  if (part && (options.windows !== undefined || options.attribute === true))
    throw new UsageError('--windows and --attribute are of the whole stream: not with --skip, --count, --from or --to');
  const pass = new Pass(await loadLab(), systemsOf(options), options);
  if (options.distances !== undefined) pass.engine.countDistances(options.distances);
  const watcher = options.windows === undefined ? undefined : new WindowWatcher(pass, options.windows);
  const validates = pass.systems.some(({ validate }) => validate);
  if (validates && options.attribute === true) throw new UsageError('--attribute: not with a system that validates');
  const region = marked ? new RegionOfInterest(countedRegion(pass), from, to, nameAt) : undefined;
  const counting = watcher?.take ?? region?.take ?? pass.take;
  const take = validates ? new Validator(pass, counting, cause).take : counting;
  return { pass, take, watcher, validates, region, places };
}

const watched = (watcher: WindowWatcher | undefined): Pick<LabResult, 'windows' | 'workingSet'> =>
  watcher === undefined ? {} : { windows: watcher.windows(), workingSet: watcher.workingSet() };

/** What the engine can't take is the input's or the configuration's fault. */
async function modelling<R>(work: () => R | Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof EngineError || error instanceof StaleEntryError) throw new CliError(1, error.message);
    if (error instanceof NoEntriesError) throw new CliError(1, `${error.message}: record it with --entries`);
    throw error;
  }
}

/** The program runs to its end, each of its accesses handed over; the status to exit with. */
function runRecorded(program: string, args: readonly string[], options: RunOptions, attach: (machine: Machine) => Recorder | LiveLab) {
  const drive = async (machine: Machine, main: Process): Promise<RunResult> => {
    const recorder = attach(machine);
    try {
      return await machine.run(main);
    } finally {
      recorder.finish();
    }
  };
  return runProgram(program, args, { ...options, jit: 'off', drive });
}

export async function labRun(
  program: string,
  args: readonly string[],
  options: RunOptions & ModelOptions & { attribute?: boolean },
): Promise<number> {
  let causes: Causes | undefined;
  let names: ((pc: number) => string | undefined) | undefined;
  const { pass, take, watcher, validates, region, places } = await passOf(
    options,
    ({ from, to }) => causes?.between(from, to),
    (pc) => names?.(pc),
  );
  const lab = await loadLab();
  let live: LiveLab | undefined;
  const attach = (machine: Machine): Recorder | LiveLab => {
    if (options.attribute !== true) {
      const recorder = new Recorder(machine.core, take, { entries: validates, places });
      names = functionNames(machine.kernel);
      watchMarks(machine.kernel, recorder);
      watchAdvice(machine.kernel, recorder);
      const told = (): number => {
        recorder.drain();
        return pass.engine.instructions;
      };
      if (validates) causes = new Causes(machine.kernel, told);
      return recorder;
    }
    live = new LiveLab(machine, lab, pass.systems[0], take);
    return live;
  };
  const status = await modelling(() => runRecorded(program, args, options, attach));
  checkRegion(region, options);
  const more = { ...watched(watcher), attributed: live?.finish() };
  await writeAll(process.stderr, reportResults(pass, [program, ...args].join(' '), options, more));
  return status;
}

export async function labRecord(
  program: string,
  args: readonly string[],
  options: RunOptions & RegionOptions & { output: string; entries?: boolean },
): Promise<number> {
  const [from, to] = [placeOf('--from', options.from), placeOf('--to', options.to)];
  const part = from !== undefined || to !== undefined;
  if (part && options.entries === true) throw new UsageError('--entries: needs the whole stream: not with --from or --to');
  const places = [from, to].some((place) => place !== undefined && 'symbol' in place);
  const file = createTrace(options.output, [program, ...args].join(' '));
  let names: ((pc: number) => string | undefined) | undefined;
  const region = part ? new RegionOfInterest(recordedRegion(file.take), from, to, (pc) => names?.(pc)) : undefined;
  const status = await runRecorded(program, args, options, (machine) => {
    const recorder = new Recorder(machine.core, region?.take ?? file.take, { ...options, places });
    names = functionNames(machine.kernel);
    watchMarks(machine.kernel, recorder);
    watchAdvice(machine.kernel, recorder);
    return recorder;
  });
  // Without a beginning there is nothing to write; without an end all that came is there, and the complaint.
  if (region?.missing() === 'from') checkRegion(region, options);
  const { instructions, bytes } = file.end();
  checkRegion(region, options);
  const each = instructions === 0 ? 0 : bytes / instructions;
  const sizes = `${bytes.toLocaleString('en-US')} bytes (${each.toFixed(3)} each)`;
  complain(`${options.output}: ${instructions.toLocaleString('en-US')} instructions, ${sizes}`);
  return status;
}

export interface ReplayOptions extends ModelOptions {
  readonly seek?: number;
}

export async function labReplay(path: string, options: ReplayOptions): Promise<number> {
  const { pass, take, watcher, region } = await passOf(options);
  const { seek } = options;
  const { program } = await modelling(async () => {
    if (seek === undefined) return await replayAny(path, take);
    const found = replayFrom(path, take, seek);
    complain(`${path}: begins after ${found.before.toLocaleString('en-US')} instructions`);
    return found;
  });
  checkRegion(region, options);
  await writeAll(process.stdout, reportResults(pass, program, options, watched(watcher)));
  return 0;
}

/** Makes a trace of ours of another tool's. */
export async function labImport(path: string, output: string): Promise<number> {
  if (isSameFile(path, output)) throw new UsageError(`${output} is what is read`);
  const file = createTrace(output, path);
  const { tool } = await replayAny(path, file.take);
  const { instructions, bytes } = file.end();
  complain(`${output}: ${tool}, ${instructions.toLocaleString('en-US')} instructions, ${bytes.toLocaleString('en-US')} bytes`);
  return 0;
}

export interface SynthOptions extends ModelOptions, Partial<Omit<SyntheticOptions, 'pattern'>> {
  readonly output?: string;
}

export async function labSynth(pattern: SyntheticOptions['pattern'], options: SynthOptions): Promise<number> {
  const { bytes, accesses, seed, stride, exponent } = { ...SYNTHETIC_DEFAULTS, ...options };
  const wanted = { pattern, bytes, accesses, seed, stride, exponent };
  const special = pattern === 'stride' ? [`stride ${showSize(stride)}`] : pattern === 'zipf' ? [`exponent ${exponent}`] : [];
  const what = [`${pattern} in ${showSize(bytes)}: ${accesses} accesses`, `seed ${seed}`, ...special].join('; ');
  try {
    if (options.output !== undefined) {
      const file = createTrace(options.output, what);
      synthesize(wanted, file.take);
      complain(`${options.output}: ${file.end().bytes.toLocaleString('en-US')} bytes`);
      return 0;
    }
    const { pass, take, watcher, region } = await passOf(options);
    await modelling(() => synthesize(wanted, take));
    checkRegion(region, options);
    await writeAll(process.stdout, reportResults(pass, what, options, watched(watcher)));
    return 0;
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message);
    throw error;
  }
}

export async function labMachines(name: string | undefined): Promise<number> {
  if (name === undefined) {
    const rows = [...MACHINES].map(([known, { format, source }]) => `${known.padEnd(12)} ${format.padEnd(8)} ${source}\n`);
    await writeAll(process.stdout, rows.join(''));
    return 0;
  }
  const machine = MACHINES.get(name);
  if (machine === undefined) throw new CliError(1, `there is no machine '${name}'; there are ${[...MACHINES.keys()].join(', ')}`);
  await writeAll(process.stdout, `${JSON.stringify(asGiven(machine), null, 2)}\n`);
  return 0;
}

export async function labSchema(): Promise<number> {
  await writeAll(process.stdout, `${JSON.stringify(systemSchema(), null, 2)}\n`);
  return 0;
}
