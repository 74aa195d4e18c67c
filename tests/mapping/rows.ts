/** Rows of docs/mapping.md: what a program of this folder prints, as text and taken apart. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { DIFFERENCES, type Difference } from './differences.js';

export const FOLDER = 'tests/mapping';

/** The programs of this folder, in the order of the page. */
export function programNames(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.c'))
    .map((name) => name.slice(0, -2))
    .sort();
}

/** Programs about files that have a medium: on Linux they are run on a disk, here in a folder of the host. */
export function isOnDisk(name: string): boolean {
  return name.startsWith('disk-');
}

/** Programs that need a swap area: on Linux they make one in a file on a disk, unless there is one. */
export function needsSwap(name: string): boolean {
  return name.startsWith('swap-');
}

export function expectedPath(name: string): string {
  return `${FOLDER}/expected/${name}.tsv`;
}

/** Those of which it is written down what Linux does; the tests want all to be. */
export function writtenNames(): string[] {
  return programNames().filter((name) => existsSync(expectedPath(name)));
}

export interface MappingRow {
  readonly id: string;
  readonly text: string;
  readonly result: string;
  /** The first Linux that answers so, when the row is about something newer than Linux 6.12. */
  readonly since: readonly [major: number, minor: number] | undefined;
}

/** Rows about one call, under one heading. */
export interface MappingSection {
  readonly call: string;
  readonly subject: string;
  readonly rows: MappingRow[];
}

/** Takes a program's output apart. Throws for a line that is neither a heading nor a row, and for an id that comes twice. */
export function readSections(output: string): MappingSection[] {
  const sections: MappingSection[] = [];
  const seen = new Set<string>();
  for (const line of output.trimEnd().split('\n')) {
    const [id, text, result, ...more] = line.split('\t');
    if (id === '#') {
      sections.push({ call: text, subject: result, rows: [] });
      continue;
    }
    const section = sections.at(-1);
    if (section === undefined || result === undefined || more.length > 0) throw new Error(`not a row: ${JSON.stringify(line)}`);
    if (seen.has(id)) throw new Error(`the row ${id} comes twice`);
    seen.add(id);
    const since = /@(\d+)\.(\d+)$/.exec(id);
    section.rows.push({ id, text, result, since: since === null ? undefined : [Number(since[1]), Number(since[2])] });
  }
  return sections;
}

export function readExpected(name: string): MappingSection[] {
  return readSections(readFileSync(expectedPath(name), 'utf8'));
}

export function differencesOf(name: string): Readonly<Record<string, Difference>> {
  return DIFFERENCES[name] ?? {};
}
