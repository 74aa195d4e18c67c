/** What a command of the laboratory tells at its end: text, JSON, CSV. */
import { count } from '../../debug/inspect/format.js';
import { resultOf } from '../../lab/collect.js';
import type { SystemConfig } from '../../lab/config.js';
import type { Measures } from '../../lab/engine.js';
import type { Pass } from '../../lab/pass.js';
import type { LabResult } from '../../lab/results.js';
import { attributedText, derive, measuresText } from '../../lab/summary.js';
import { writeOutput } from '../files.js';
import { version } from '../version.js';

export interface ResultOptions {
  readonly json?: string;
  readonly csv?: string;
  readonly distances?: 'instructions' | 'data' | 'both';
}

export const tool = (): string => `pagewalk ${version()}`;
export const runtime = (): string => `node ${process.version}, ${process.platform} ${process.arch}`;

/** The text; the files that the options name are written. */
export function reportResults(pass: Pass, what: string, options: ResultOptions, more: Partial<LabResult> = {}): string {
  const result = { ...resultOf(pass, { what, command: commandLine(), tool: tool(), runtime: runtime() }, options.distances), ...more };
  const measures = result.systems.map((system) => system.measures);
  if (options.json !== undefined) writeOutput(options.json, `${JSON.stringify(result, null, 1)}\n`);
  if (options.csv !== undefined) writeOutput(options.csv, csv(pass.systems, measures));
  const texts = measures.map((one, i) => measuresText(pass.systems[i], one));
  if (result.reuse !== undefined) {
    const { of, curve } = result.reuse;
    const rows = curve
      .filter(({ entries }, i) => Number.isInteger(Math.log2(entries)) || i === curve.length - 1)
      .map(({ entries, misses }) => `  ${count(entries).padStart(8)} entries ${count(misses).padStart(16)} misses\n`);
    texts.push(`fully associative LRU, ${of}, pages of 4K\n${rows.join('')}`);
  }
  if (result.attributed !== undefined) texts.push(attributedText(result.attributed));
  return texts.join('\n');
}

function csv(systems: readonly SystemConfig[], measures: readonly Measures[]): string {
  const columns: [string, (m: Measures, config: SystemConfig) => string | number][] = [
    ['system', (m) => `"${m.name.replaceAll('"', '""')}"`],
    ['instructions', (m) => m.instructions],
    ['fetches', (m) => m.accesses.fetches],
    ['loads', (m) => m.accesses.loads],
    ['stores', (m) => m.accesses.stores],
    ['l1_instruction_misses', (m) => m.levels.find((l) => l.level === 1 && l.side === 'instructions')?.misses ?? ''],
    ['l1_data_misses', (m) => m.levels.find((l) => l.level === 1 && l.side === 'data')?.misses ?? ''],
    ['walks', (m) => m.walks.all],
    ['entries_read', (m) => m.references],
    ['entries_from_memory', (m) => m.found[m.found.length - 1]],
    ['cycles', (m) => m.cycles],
    ['walk_cycles', (m) => m.walkCycles],
    ['pages', (m) => m.pages],
    ['table_pages', (m) => m.tablePages],
    ['promotions', (m) => m.promotions],
    ['switches', (m) => m.switches],
    ['walks_per_1000_instructions', (m, config) => derive(config, m).walksPerKiloInstruction],
  ];
  const rows = measures.map((one, i) => columns.map(([, value]) => value(one, systems[i])).join(','));
  return `${[columns.map(([name]) => name).join(','), ...rows].join('\n')}\n`;
}

export const commandLine = (): string[] => ['pagewalk', ...process.argv.slice(2)];
