/** Relations between packages (deb-control(5)): "libc6 (>= 2.38), mawk | awk, python3:any". */
import { type VersionOperator, versionMatches } from './version.js';

export interface Relation {
  readonly name: string;
  readonly operator: VersionOperator | undefined;
  readonly version: string;
  /** After the colon: 'any', 'native', an architecture; '' when there is none. */
  readonly qualifier: string;
}

/** What one comma-separated part asks for: any one of these. */
export type Clause = readonly Relation[];

const PATTERN = /^([a-z0-9][a-z0-9+.-]*)(?::([a-z0-9-]+))?\s*(?:\(\s*(<<|<=|=|>=|>>|<|>)\s*([^)\s]+)\s*\))?\s*(?:\[[^\]]*\])?$/i;

/** undefined: not a relation. The old '<' and '>' mean '<=' and '>='. */
export function parseRelation(text: string): Relation | undefined {
  const found = PATTERN.exec(text.trim());
  if (found === null) return undefined;
  const sign = found[3] as VersionOperator | '<' | '>' | undefined;
  const operator = sign === '<' ? '<=' : sign === '>' ? '>=' : sign;
  return { name: found[1], operator, version: found[4] ?? '', qualifier: found[2] ?? '' };
}

/** A Depends-like field. Parts that can't be read are left out, as a part that nothing satisfies would make everything impossible. */
export function parseRelations(field: string | undefined): Clause[] {
  if (field === undefined || field === '') return [];
  const clauses: Clause[] = [];
  for (const part of field.split(',')) {
    const clause = part.split('|').flatMap((one) => parseRelation(one) ?? []);
    if (clause.length > 0) clauses.push(clause);
  }
  return clauses;
}

/** Does a package of that name and version satisfy the relation? For Provides, version is the provided one, or undefined: none. */
export function relationMatches(relation: Relation, name: string, version: string | undefined): boolean {
  if (relation.name !== name) return false;
  if (relation.operator === undefined) return true;
  return version !== undefined && versionMatches(version, relation.operator, relation.version);
}

export function showRelation({ name, operator, version }: Relation): string {
  return operator === undefined ? name : `${name} (${operator} ${version})`;
}

export function showClause(clause: Clause): string {
  return clause.map(showRelation).join(' | ');
}
