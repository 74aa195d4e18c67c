/** The package index of a suite: what there is, by name and by what it provides. */
import { type Paragraph, paragraphTexts, parseParagraph, quickField } from './control.js';
import { type Clause, parseRelations, type Relation, relationMatches } from './relation.js';
import { compareVersions } from './version.js';

const PRIORITIES: readonly string[] = ['required', 'important', 'standard', 'optional', 'extra'];

/** One version of one package. Most are never looked at, so fields are read when asked for. */
export class Package {
  readonly name: string;
  readonly version: string;
  #paragraph: Paragraph | undefined;
  #depends: readonly Clause[] | undefined;
  #conflicts: readonly Relation[] | undefined;
  #provides: readonly Relation[] | undefined;

  constructor(readonly text: string) {
    this.name = quickField(text, 'Package:');
    this.version = quickField(text, 'Version:');
  }

  field(name: string): string {
    this.#paragraph ??= parseParagraph(this.text);
    return this.#paragraph.get(name) ?? '';
  }

  get architecture(): string {
    return this.field('architecture');
  }

  get essential(): boolean {
    return this.field('essential') === 'yes';
  }

  /** 0 is the most important; unknown words come last. */
  get priorityRank(): number {
    const rank = PRIORITIES.indexOf(this.field('priority'));
    return rank < 0 ? PRIORITIES.length : rank;
  }

  /** Path below the mirror. */
  get filename(): string {
    return this.field('filename');
  }

  /** Bytes of the .deb; NaN when the index does not say. */
  get sizeBytes(): number {
    return Number(this.field('size') || Number.NaN);
  }

  /** What it takes unpacked, as the index estimates it. */
  get installedBytes(): number {
    return 1024 * Number(this.field('installed-size') || 0);
  }

  get sha256(): string {
    return this.field('sha256').toLowerCase();
  }

  /** Pre-Depends and Depends: without these it does not work. */
  get depends(): readonly Clause[] {
    this.#depends ??= [...parseRelations(this.field('pre-depends')), ...parseRelations(this.field('depends'))];
    return this.#depends;
  }

  get recommends(): readonly Clause[] {
    return parseRelations(this.field('recommends'));
  }

  /** Conflicts and Breaks: both forbid that the two are there together. */
  get conflicts(): readonly Relation[] {
    this.#conflicts ??= [...parseRelations(this.field('conflicts')), ...parseRelations(this.field('breaks'))].flat();
    return this.#conflicts;
  }

  get provides(): readonly Relation[] {
    this.#provides ??= parseRelations(this.field('provides')).flat();
    return this.#provides;
  }

  /** By its name, or by what it provides; a relation with a version is met only by a Provides with a version. */
  satisfies(relation: Relation): boolean {
    if (relationMatches(relation, this.name, this.version)) return true;
    return this.provides.some((it) => relationMatches(relation, it.name, it.operator === '=' ? it.version : undefined));
  }
}

export class PackageIndex {
  readonly #byName = new Map<string, Package[]>();
  readonly #providers = new Map<string, Package[]>();

  /** Adds the text of a Packages file. */
  add(text: string): void {
    for (const paragraph of paragraphTexts(text)) {
      const it = new Package(paragraph);
      if (it.name === '' || it.version === '') continue;
      append(this.#byName, it.name, it);
      if (quickField(paragraph, 'Provides:') !== '') for (const { name } of it.provides) append(this.#providers, name, it);
    }
  }

  get size(): number {
    return this.#byName.size;
  }

  /** All versions, the latest first. */
  versions(name: string): readonly Package[] {
    const found = this.#byName.get(name) ?? [];
    return found.length < 2 ? found : [...found].sort((a, b) => compareVersions(b.version, a.version));
  }

  latest(name: string): Package | undefined {
    return this.versions(name)[0];
  }

  names(): Iterable<string> {
    return this.#byName.keys();
  }

  essential(): Package[] {
    return [...this.#byName.keys()].flatMap((name) => this.latest(name) ?? []).filter((it) => it.essential);
  }

  /**
   * What satisfies a relation: packages of that name (latest first), then those that provide it (the more important and the shorter name
   * first, so that the choice does not depend on the order of the index).
   */
  candidates(relation: Relation): Package[] {
    const real = this.versions(relation.name).filter((it) => it.satisfies(relation));
    const others = (this.#providers.get(relation.name) ?? []).filter((it) => it.name !== relation.name && it.satisfies(relation));
    const latest = others.filter((it) => !others.some((o) => o.name === it.name && compareVersions(o.version, it.version) > 0));
    latest.sort((a, b) => a.priorityRank - b.priorityRank || a.name.length - b.name.length || (a.name < b.name ? -1 : 1));
    return [...real, ...latest];
  }

  /** Names that look like one that is not there: for the message about it. */
  near(name: string, count = 4): string[] {
    const scored: [score: number, name: string][] = [];
    const limit = Math.max(1, Math.floor(name.length / 3));
    for (const other of [...this.#byName.keys(), ...this.#providers.keys()]) {
      const score = other.startsWith(name) || name.startsWith(`${other}-`) ? 1 : distance(name, other, limit);
      if (score <= limit) scored.push([score + Math.abs(other.length - name.length) / 100, other]);
    }
    scored.sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1));
    return [...new Set(scored.map(([, found]) => found))].slice(0, count);
  }
}

function append(into: Map<string, Package[]>, name: string, it: Package): void {
  const list = into.get(name);
  if (list === undefined) into.set(name, [it]);
  else if (!list.includes(it)) list.push(it);
}

/** Levenshtein distance; more than `limit` is answered with limit + 1. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    if (Math.min(...next) > limit) return limit + 1;
    row = next;
  }
  return row[b.length];
}
