/**
 * Debian version numbers (deb-version(7)): [epoch:]upstream[-revision]. Parts are compared as alternating runs of non-digits and
 * numbers; in the non-digits '~' sorts before everything, even before the end, and letters before other characters.
 */

interface VersionParts {
  readonly epoch: string;
  readonly upstream: string;
  readonly revision: string;
}

function split(version: string): VersionParts {
  const colon = version.indexOf(':');
  const rest = colon < 0 ? version : version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon < 0 ? '' : version.slice(0, colon),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  };
}

const ZERO = 0x30;
const NINE = 0x39;
const TILDE = 0x7e;

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** Rank of the character at `at` within a run of non-digits; the run's end (a digit or the end of the text) is 0. */
function rank(text: string, at: number): number {
  if (at >= text.length) return 0;
  const code = text.charCodeAt(at);
  if (isDigit(code)) return 0;
  if (code === TILDE) return -1;
  const letter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  return letter ? code : code + 256;
}

/** Numbers of any length: leading zeros do not count, then the longer one is larger. */
function compareNumbers(a: string, b: string): number {
  const x = a.replace(/^0+/, '');
  const y = b.replace(/^0+/, '');
  if (x.length !== y.length) return x.length - y.length;
  return x < y ? -1 : x > y ? 1 : 0;
}

function comparePart(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    for (;;) {
      const x = rank(a, i);
      const y = rank(b, j);
      if (x !== y) return x - y;
      if (x === 0) break;
      i++;
      j++;
    }
    const startA = i;
    const startB = j;
    while (i < a.length && isDigit(a.charCodeAt(i))) i++;
    while (j < b.length && isDigit(b.charCodeAt(j))) j++;
    const order = compareNumbers(a.slice(startA, i), b.slice(startB, j));
    if (order !== 0) return order;
  }
  return 0;
}

/** Below 0: a is earlier than b; 0: the same version; above 0: later. */
export function compareVersions(a: string, b: string): number {
  const x = split(a);
  const y = split(b);
  return compareNumbers(x.epoch, y.epoch) || comparePart(x.upstream, y.upstream) || comparePart(x.revision, y.revision);
}

/** How a version must relate to the one that stands in a dependency; '<<' and '>>' are strict. */
export type VersionOperator = '<<' | '<=' | '=' | '>=' | '>>';

export function versionMatches(version: string, operator: VersionOperator, wanted: string): boolean {
  const order = compareVersions(version, wanted);
  switch (operator) {
    case '<<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '=':
      return order === 0;
    case '>=':
      return order >= 0;
    case '>>':
      return order > 0;
  }
}
