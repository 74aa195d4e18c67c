/**
 * From names to the set of packages that works together. Dependencies with one answer are followed first; a choice is made only when
 * nothing certain is left, and taken back when it leads to a contradiction.
 */
import type { Package, PackageIndex } from './packages.js';
import { type Clause, parseRelation, type Relation, showClause } from './relation.js';

/** No set of packages fulfils the request; the message says what is in the way. */
export class ResolveError extends Error {}

export interface Selected {
  readonly package: Package;
  /** 'asked for', 'essential', or the package that depends on it. */
  readonly because: string;
}

export interface ResolveOptions {
  readonly recommends: boolean;
  /** For the qualifiers of dependencies ("python3:amd64"). */
  readonly arch: string;
}

/** Choices that are tried before the search gives up. Debian's own dependencies need a handful. */
const TRIES_MAX = 5000;

interface Task {
  readonly clause: Clause;
  readonly owner: string;
  /** The chain from what was asked for to `owner`, for messages. */
  readonly soft: boolean;
}

interface State {
  readonly selected: Map<string, Selected>;
  /** Clauses with several candidates, to decide later. */
  readonly open: Task[];
}

export class Resolver {
  #tries = 0;
  #failure: string | undefined;

  constructor(
    readonly index: PackageIndex,
    readonly options: ResolveOptions,
  ) {}

  /** The packages, sorted by name. `roots` are the names that were asked for ("name" or "name=version"). */
  resolve(roots: readonly string[], essential: boolean): Selected[] {
    const state: State = { selected: new Map(), open: [] };
    const queue: Task[] = [];
    for (const root of roots) queue.push({ clause: [this.#root(root)], owner: '', soft: false });
    if (essential) {
      for (const it of this.index.essential()) queue.push({ clause: [exactly(it)], owner: ESSENTIAL, soft: false });
    }
    const found = this.#search(state, queue);
    if (found === undefined) throw new ResolveError(this.#failure ?? 'no set of packages fulfils the dependencies');
    return [...found.selected.values()].sort((a, b) => (a.package.name < b.package.name ? -1 : 1));
  }

  #root(text: string): Relation {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    const relation = parseRelation(equals < 0 ? text : `${name} (= ${text.slice(equals + 1)})`);
    if (relation === undefined) throw new ResolveError(`'${text}' is not the name of a package`);
    const candidates = this.index.candidates(relation);
    if (candidates.length === 0) {
      const there = this.index.versions(name);
      if (there.length > 0)
        throw new ResolveError(`${name}: there is no version ${relation.version}, only ${there.map((it) => it.version).join(', ')}`);
      const near = this.index.near(name);
      throw new ResolveError(`no package is called '${name}'${near.length > 0 ? `; similar: ${near.join(', ')}` : ''}`);
    }
    if (this.index.latest(name) === undefined && candidates.length > 1) {
      const names = [...new Set(candidates.map((it) => it.name))].join(', ');
      throw new ResolveError(`'${name}' is provided by several packages, name one of them: ${names}`);
    }
    return relation;
  }

  #search(state: State, queue: Task[]): State | undefined {
    if (!this.#propagate(state, queue)) return undefined;
    for (;;) {
      const task = state.open.shift();
      if (task === undefined) return state;
      if (this.#satisfied(state, task.clause)) continue;
      const candidates = this.#possible(state, task.clause);
      for (const it of candidates) {
        if (++this.#tries > TRIES_MAX) return undefined;
        const copy: State = { selected: new Map(state.selected), open: [...state.open] };
        const next: Task[] = [];
        this.#select(copy, it, task.owner, next);
        const found = this.#search(copy, next);
        if (found !== undefined) return found;
      }
      if (task.soft) continue;
      this.#fail(state, task, candidates.length > 0);
      return undefined;
    }
  }

  /** Follows all clauses that leave no choice. False: a contradiction. */
  #propagate(state: State, queue: Task[]): boolean {
    for (let at = 0; at < queue.length; at++) {
      const task = queue[at];
      if (this.#satisfied(state, task.clause)) continue;
      const candidates = this.#possible(state, task.clause);
      if (candidates.length > 1) state.open.push(task);
      else if (candidates.length === 1) this.#select(state, candidates[0], task.owner, queue);
      else if (!task.soft) {
        this.#fail(state, task, false);
        return false;
      }
    }
    return true;
  }

  #select(state: State, it: Package, owner: string, queue: Task[]): void {
    state.selected.set(it.name, { package: it, because: owner === '' ? 'asked for' : owner });
    for (const clause of it.depends) queue.push({ clause, owner: it.name, soft: false });
    if (this.options.recommends) for (const clause of it.recommends) queue.push({ clause, owner: it.name, soft: true });
  }

  #satisfied(state: State, clause: Clause): boolean {
    return clause.some((relation) => {
      const named = state.selected.get(relation.name);
      if (named?.package.satisfies(relation) === true) return true;
      return this.index.candidates(relation).some((it) => state.selected.get(it.name)?.package === it);
    });
  }

  /** Candidates that nothing selected speaks against, in the order of preference. */
  #possible(state: State, clause: Clause): Package[] {
    const found = new Set<Package>();
    for (const relation of clause) {
      if (!['', 'any', 'native', this.options.arch].includes(relation.qualifier)) continue;
      let real: string | undefined;
      for (const it of this.index.candidates(relation)) {
        // The latest version that fits is the only one of a package worth a try, unless it contradicts something.
        if (it.name === real) continue;
        if (this.#obstacle(state, it) !== undefined) continue;
        real = it.name;
        found.add(it);
      }
    }
    return [...found];
  }

  /** What is selected and can't be together with it. */
  #obstacle(state: State, it: Package): string | undefined {
    const same = state.selected.get(it.name);
    if (same !== undefined && same.package !== it) return `${it.name} ${same.package.version}`;
    for (const { package: other } of state.selected.values()) {
      if (other === it) continue;
      if (it.conflicts.some((relation) => other.satisfies(relation)) || other.conflicts.some((relation) => it.satisfies(relation))) {
        return other.name;
      }
    }
    return undefined;
  }

  /** Keeps the first contradiction: that of the preferred choices. */
  #fail(state: State, task: Task, tried: boolean): void {
    if (this.#failure !== undefined) return;
    const wanted = showClause(task.clause);
    const chain = this.#chain(state, task.owner);
    const all = task.clause.flatMap((relation) => this.index.candidates(relation));
    if (all.length === 0) {
      const there = task.clause.flatMap(({ name }) => this.index.versions(name).map((it) => `${it.name} ${it.version}`));
      this.#failure = `${chain} needs ${wanted}, which is not there${there.length > 0 ? ` (there is ${there.join(', ')})` : ''}`;
      return;
    }
    const obstacles = all.flatMap((it) => {
      const other = this.#obstacle(state, it);
      return other === undefined ? [] : [`${it.name} conflicts with ${other} (${this.#chain(state, other.split(' ')[0])})`];
    });
    const why =
      obstacles.length > 0 ? [...new Set(obstacles)].join('; ') : tried ? 'each way to it contradicts something else' : 'not installable';
    this.#failure = task.owner === '' ? `${wanted}: ${why}` : `${chain} needs ${wanted}: ${why}`;
  }

  /** "perl, needed by git": from a package up to what was asked for. */
  #chain(state: State, name: string): string {
    const names: string[] = [];
    for (let at = name; at !== '' && at !== ESSENTIAL && !names.includes(at); ) {
      names.push(at);
      const because = state.selected.get(at)?.because ?? '';
      at = because === 'asked for' ? '' : because;
    }
    return names.length === 0 ? 'this' : names.length === 1 ? names[0] : `${names[0]} (needed by ${names.slice(1).join(' < ')})`;
  }
}

const ESSENTIAL = 'essential';

function exactly(it: Package): Relation {
  return { name: it.name, operator: '=', version: it.version, qualifier: '' };
}
