/** Two sets of results beside each other: which systems belong together, and where their counts differ. */
import { joinResults, type LabResult, type SystemResult } from './results.js';
import { flatten, type Primitive } from './varied.js';

export interface Difference {
  /** "walks.all", "levels.L2 data.misses", "cyclesPerInstruction" */
  readonly measure: string;
  readonly a: number;
  readonly b: number;
}

export interface ComparedSystem {
  readonly what: string;
  /** The names of both, which may differ when each side has one system. */
  readonly names: readonly [string, string];
  /** Fields of the configurations that differ. */
  readonly fields: readonly { readonly field: string; readonly a: Primitive | undefined; readonly b: Primitive | undefined }[];
  /** Every measure, whether it differs or not. */
  readonly measures: readonly Difference[];
}

export interface Comparison {
  readonly pairs: readonly ComparedSystem[];
  /** "what: system" that the other side has not. */
  readonly onlyA: readonly string[];
  readonly onlyB: readonly string[];
}

/** Every number that a system counted, and those derived, by name. */
export function measuresOf({ measures, derived }: SystemResult): Map<string, number> {
  const found = new Map<string, number>();
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'number') found.set(path, value);
    else if (Array.isArray(value)) value.forEach((one, i) => visit(one, `${path}[${i}]`));
    else if (typeof value === 'object' && value !== null)
      for (const [name, one] of Object.entries(value)) visit(one, path === '' ? name : `${path}.${name}`);
  };
  const { levels, ...rest } = measures;
  visit(rest, '');
  for (const { level, side, lookups, misses } of levels) visit({ lookups, misses }, `levels.L${level} ${side}`);
  visit(derived, '');
  return found;
}

function compareSystems(what: string, a: SystemResult, b: SystemResult): ComparedSystem {
  const [ofA, ofB] = [flatten(a.config), flatten(b.config)];
  const fields = [...new Set([...ofA.keys(), ...ofB.keys()])]
    .filter((field) => ofA.get(field) !== ofB.get(field))
    .map((field) => ({ field, a: ofA.get(field), b: ofB.get(field) }));
  const [countsA, countsB] = [measuresOf(a), measuresOf(b)];
  const measures = [...new Set([...countsA.keys(), ...countsB.keys()])].map((measure) => ({
    measure,
    a: countsA.get(measure) ?? 0,
    b: countsB.get(measure) ?? 0,
  }));
  return { what, names: [a.config.name, b.config.name], fields, measures };
}

interface Named {
  readonly what: string;
  readonly system: SystemResult;
}

const all = (results: readonly LabResult[]): Named[] =>
  joinResults(results).flatMap(({ what, systems }) => systems.map((system) => ({ what, system })));

/**
 * Systems of the same name on the same program, pattern or trace belong together; where each side has but one system on a stream, or but
 * one at all, those two do.
 */
export function compareResults(resultsA: readonly LabResult[], resultsB: readonly LabResult[]): Comparison {
  const [a, b] = [all(resultsA), all(resultsB)];
  const pairs: ComparedSystem[] = [];
  const pair = (one: Named, other: Named): void => {
    pairs.push(compareSystems(one.what === other.what ? one.what : `${one.what} | ${other.what}`, one.system, other.system));
    a.splice(a.indexOf(one), 1);
    b.splice(b.indexOf(other), 1);
  };
  if (a.length === 1 && b.length === 1) pair(a[0], b[0]);
  for (const one of [...a]) {
    const other = b.find(({ what, system }) => what === one.what && system.config.name === one.system.config.name);
    if (other !== undefined) pair(one, other);
  }
  for (const one of [...a]) {
    const here = a.filter(({ what }) => what === one.what);
    const there = b.filter(({ what }) => what === one.what);
    if (here.length === 1 && there.length === 1) pair(one, there[0]);
  }
  const shown = ({ what, system }: Named): string => `${what}: ${system.config.name}`;
  return { pairs, onlyA: a.map(shown), onlyB: b.map(shown) };
}

const number = (n: number): string => (Number.isInteger(n) ? n.toLocaleString('en-US') : n.toPrecision(5));

/** The measures that differ, as a table for each pair; every measure: all. */
export function comparisonText({ pairs, onlyA, onlyB }: Comparison, everything = false): string {
  const same = pairs.filter(({ fields, measures }) => fields.length === 0 && measures.every((one) => one.a === one.b));
  const few = everything || same.length < 2;
  const texts = pairs
    .filter((pair) => few || !same.includes(pair))
    .map(({ what, names: [a, b], fields, measures }) => {
      const title = `${what}\n  ${a === b ? a : `${a} | ${b}`}\n`;
      const configured = fields.map((one) => `    ${one.field}: ${one.a ?? '-'} | ${one.b ?? '-'}\n`).join('');
      const shown = measures.filter((one) => everything || one.a !== one.b);
      if (shown.length === 0) return `${title}${configured}  no measure differs\n`;
      const rows = shown.map((one) => {
        const change = one.a === one.b ? '=' : one.a === 0 ? 'new' : `${((100 * (one.b - one.a)) / one.a).toFixed(2)} %`;
        return [one.measure, number(one.a), number(one.b), number(one.b - one.a), change];
      });
      const head = ['', 'A', 'B', 'B - A', ''];
      const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i].length)));
      const lines = [head, ...rows].map((row) =>
        `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')}`.trimEnd(),
      );
      return `${title}${configured}${lines.join('\n')}\n`;
    });
  if (!few) texts.push(`${same.length} systems: no measure differs\n`);
  for (const name of onlyA) texts.push(`only in A: ${name}\n`);
  for (const name of onlyB) texts.push(`only in B: ${name}\n`);
  return texts.join('\n');
}
