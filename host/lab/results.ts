/**
 * Results as data: what `--json` of the laboratory's commands writes, one object; a sweep's file has one for each configuration and
 * trace,
 * a line each.
 */
import { DEPTH_MAX, isTooDeep } from './check.js';
import type { Measures } from './engine.js';
import type { Derived } from './summary.js';

export const RESULT_SCHEMA = 1;

export type Json = { readonly [key: string]: Json } | readonly Json[] | string | number | boolean | null;
export type JsonObject = { readonly [key: string]: Json };

/** A system as it was modelled, and what it counted. */
export interface SystemResult {
  /** As systemConfig gave it; results may be older than the configurations that are known now, so nothing is taken for granted. */
  readonly config: JsonObject & { readonly name: string };
  readonly measures: Measures;
  readonly derived: Derived;
}

/** Reuse distances: for each access, the other pages that were touched since its page was (docs/lab-model.md). */
export interface Reuse {
  readonly of: 'instructions' | 'data' | 'both';
  readonly pageBytes: number;
  readonly accesses: number;
  /** First touches: they miss in every TLB. */
  readonly cold: number;
  /** Accesses of distances from `from` on, below the next one's. */
  readonly histogram: readonly { readonly from: number; readonly count: number }[];
  /** Misses of fully associative LRU TLBs of so many entries: exact. */
  readonly curve: readonly { readonly entries: number; readonly misses: number }[];
}

/** Where accesses, walks and cycles went: a function, a mapping. */
export interface Share {
  readonly name: string;
  /** Of a function: its file inside the machine. */
  readonly file?: string;
  readonly fetches: number;
  /** Loads and stores. */
  readonly accesses: number;
  readonly walks: number;
  readonly cycles: number;
}

/** A stream in windows of `each` accesses. */
export interface Windows {
  readonly each: number;
  readonly points: readonly {
    readonly instructions: number;
    readonly accesses: number;
    /** Distinct pages of 4 KiB, code and data. */
    readonly pages: number;
    /** Of each system. */
    readonly walks: readonly number[];
    readonly walkCycles: readonly number[];
  }[];
}

export interface WorkingSetPoint {
  /** Accesses. */
  readonly window: number;
  /** On average. */
  readonly pages: number;
}

/** What system calls of a name did to translation. */
export interface CallSum {
  readonly name: string;
  readonly calls: number;
  /** Pages that are present in the caller's space, more or fewer. */
  readonly resident: number;
  /** Translations dropped, and times that all were. */
  readonly drops: number;
  readonly flushes: number;
  /** Of first accesses to the pages whose translations were dropped: those that must fault, walks, and cycles of these. */
  readonly refaults: number;
  readonly walks: number;
  readonly cycles: number;
}

/** One system call that changed page tables. */
export interface CallEvent extends Omit<CallSum, 'calls'> {
  /** Instructions before it. */
  readonly at: number;
  readonly pid: number;
  /** With its arguments. */
  readonly text: string;
}

/** Pages of all processes at a moment. */
export interface MemoryPoint {
  readonly at: number;
  readonly resident: number;
  readonly dirty: number;
  readonly shared: number;
  /** Copied at the next store. */
  readonly cow: number;
}

/** Who caused what, in one system. */
export interface Attributed {
  readonly system: string;
  readonly functions: readonly Share[];
  readonly mappings: readonly Share[];
  readonly calls: readonly CallSum[];
  readonly events: readonly CallEvent[];
  /** Calls that are in the sums only. */
  readonly eventsLeft: number;
  readonly memory: readonly MemoryPoint[];
}

export interface LabResult {
  readonly schema: typeof RESULT_SCHEMA;
  /** "pagewalk 0.1.0" */
  readonly tool: string;
  /** "node v20.20.0, linux x64"; counts do not depend on it. */
  readonly runtime?: string;
  /** The program and its arguments, the pattern, the trace. */
  readonly what: string;
  readonly command: readonly string[];
  /** Of a sweep: SHA-256 of the trace's file, and of everything that the result depends on. */
  readonly trace?: string;
  readonly key?: string;
  readonly instructions: number;
  readonly accesses: number;
  readonly systems: readonly SystemResult[];
  readonly reuse?: Reuse;
  readonly windows?: Windows;
  readonly workingSet?: readonly WorkingSetPoint[];
  readonly attributed?: Attributed;
}

export class ResultError extends Error {
  constructor(where: string, problem: string) {
    super(where === '' ? problem : `${where}: ${problem}`);
  }
}

function object(value: Json | undefined, at: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ResultError(at, 'must be an object');
  return value as JsonObject;
}

function array(value: Json | undefined, at: string): readonly Json[] {
  if (!Array.isArray(value)) throw new ResultError(at, 'must be a list');
  return value;
}

function text(value: Json | undefined, at: string): string {
  if (typeof value !== 'string') throw new ResultError(at, 'must be a text');
  return value;
}

function numbers(value: Json | undefined, at: string, names: readonly string[]): JsonObject {
  const found = object(value, at);
  for (const name of names) if (typeof found[name] !== 'number') throw new ResultError(`${at}.${name}`, 'must be a number');
  return found;
}

const COUNTS = ['instructions', 'references', 'cycles', 'walkCycles', 'pages', 'tablePages', 'promotions', 'switches', 'drops'];

function checkSystem(value: Json, at: string): void {
  const { config, measures, derived } = object(value, at);
  text(object(config, `${at}.config`).name, `${at}.config.name`);
  const counted = numbers(measures, `${at}.measures`, COUNTS);
  numbers(counted.accesses, `${at}.measures.accesses`, ['fetches', 'loads', 'stores']);
  numbers(counted.walks, `${at}.measures.walks`, ['fetches', 'loads', 'stores', 'all']);
  array(counted.levels, `${at}.measures.levels`).forEach((level, i) => {
    const where = `${at}.measures.levels[${i}]`;
    text(numbers(level, where, ['level', 'lookups', 'misses']).side, `${where}.side`);
  });
  if (!array(counted.found, `${at}.measures.found`).every((count) => typeof count === 'number'))
    throw new ResultError(`${at}.measures.found`, 'must be numbers');
  numbers(derived, `${at}.derived`, ['walksPerKiloInstruction', 'referencesPerWalk', 'cyclesPerInstruction']);
}

function checkReuse(value: Json): void {
  const { of, curve, histogram } = numbers(value, 'reuse', ['pageBytes', 'accesses', 'cold']);
  text(of, 'reuse.of');
  rows(curve, 'reuse.curve', ['entries', 'misses']);
  rows(histogram, 'reuse.histogram', ['from', 'count']);
}

function rows(value: Json | undefined, at: string, counts: readonly string[], texts: readonly string[] = []): void {
  array(value, at).forEach((row, i) => {
    const found = numbers(row, `${at}[${i}]`, counts);
    for (const name of texts) text(found[name], `${at}[${i}].${name}`);
  });
}

function checkWindows(value: Json, systems: number): void {
  const { points } = numbers(value, 'windows', ['each']);
  rows(points, 'windows.points', ['instructions', 'accesses', 'pages']);
  array(points, 'windows.points').forEach((point, i) => {
    for (const name of ['walks', 'walkCycles']) {
      const at = `windows.points[${i}].${name}`;
      const counts = array((point as JsonObject)[name], at);
      if (counts.length !== systems || !counts.every((count) => typeof count === 'number'))
        throw new ResultError(at, `must have ${systems} numbers, one for each system`);
    }
  });
}

function checkAttributed(value: Json): void {
  const given = numbers(value, 'attributed', ['eventsLeft']);
  text(given.system, 'attributed.system');
  for (const name of ['functions', 'mappings'])
    rows(given[name], `attributed.${name}`, ['fetches', 'accesses', 'walks', 'cycles'], ['name']);
  const counts = ['resident', 'drops', 'flushes', 'refaults', 'walks', 'cycles'];
  rows(given.calls, 'attributed.calls', ['calls', ...counts], ['name']);
  rows(given.events, 'attributed.events', ['at', 'pid', ...counts], ['name', 'text']);
  rows(given.memory, 'attributed.memory', ['at', 'resident', 'dirty', 'shared', 'cow']);
}

/** Checks data that came from a file. Throws ResultError, which names the field. */
export function checkResult(value: Json): LabResult {
  if (isTooDeep(value)) throw new ResultError('', `lists and objects are in each other more than ${DEPTH_MAX} deep`);
  const given = object(value, '');
  if (given.schema !== RESULT_SCHEMA)
    throw new ResultError('schema', `must be ${RESULT_SCHEMA}, not ${JSON.stringify(given.schema ?? null)}: no result of the laboratory`);
  text(given.tool, 'tool');
  text(given.what, 'what');
  array(given.command, 'command').forEach((word, i) => text(word, `command[${i}]`));
  for (const name of ['instructions', 'accesses']) if (typeof given[name] !== 'number') throw new ResultError(name, 'must be a number');
  array(given.systems, 'systems').forEach((system, i) => {
    checkSystem(system, `systems[${i}]`);
  });
  if (given.reuse !== undefined) checkReuse(given.reuse);
  if (given.windows !== undefined) checkWindows(given.windows, array(given.systems, 'systems').length);
  if (given.workingSet !== undefined) rows(given.workingSet, 'workingSet', ['window', 'pages']);
  if (given.attributed !== undefined) checkAttributed(given.attributed);
  return given as unknown as LabResult;
}

/** A file's text: one result, or one a line. Throws ResultError. */
export function parseResults(content: string): LabResult[] {
  const lines = content.split('\n');
  if (lines.filter((line) => line.trim() !== '').length > 1 && /^\{.*\}\s*$/.test(lines[0])) {
    return lines.flatMap((line, i) => (line.trim() === '' ? [] : [parseOne(line, `line ${i + 1}`)]));
  }
  return [parseOne(content, '')];
}

function parseOne(content: string, where: string): LabResult {
  let value: Json;
  try {
    value = JSON.parse(content) as Json;
  } catch (error) {
    throw new ResultError(where, `no JSON: ${(error as Error).message}`);
  }
  try {
    return checkResult(value);
  } catch (error) {
    if (error instanceof ResultError && where !== '') throw new ResultError(where, error.message);
    throw error;
  }
}

/** All that is known of one stream, and the commands that it comes from. */
export interface JoinedResult extends LabResult {
  readonly commands: readonly (readonly string[])[];
}

/** Results of the same stream put together: those of a sweep are one for each system. */
export function joinResults(results: readonly LabResult[]): JoinedResult[] {
  const byStream = new Map<string, LabResult[]>();
  for (const result of results) {
    const { tool, what, instructions, accesses, command, trace } = result;
    const key = JSON.stringify(trace === undefined ? [tool, what, instructions, accesses, command] : [tool, what, trace]);
    byStream.set(key, [...(byStream.get(key) ?? []), result]);
  }
  return [...byStream.values()].map((same) => ({
    ...same[0],
    reuse: same.find(({ reuse }) => reuse !== undefined)?.reuse,
    systems: same.flatMap(({ systems }) => systems),
    commands: [...new Map(same.map(({ command }) => [command.join('\0'), command])).values()],
  }));
}
