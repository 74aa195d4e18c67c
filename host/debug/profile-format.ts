/** Profiles in the forms that people look at. */
import type { ProfiledFunction } from './functions.js';
import type { Profile, ProfileNode } from './profiler.js';

/** Instructions that a microsecond of a profile stands for: viewers know time only. */
export const INSTRUCTIONS_PER_US = 1000;

function* nodesOf(root: ProfileNode): Generator<ProfileNode> {
  yield root;
  for (const child of root.children.values()) yield* nodesOf(child);
}

/** The .cpuprofile format of Chrome's developer tools (Chrome DevTools Protocol, "Profiler.Profile"); `more` goes with it. */
export function cpuProfile(profile: Profile, more: object): string {
  const nodes = [...nodesOf(profile.root)].map(({ id, called, children, self }) => ({
    id,
    callFrame: { functionName: called.name, scriptId: '0', url: called.file, lineNumber: -1, columnNumber: -1 },
    hitCount: self,
    children: [...children.values()].map((child) => child.id),
  }));
  const at = (sample: number): number => Math.round((sample * profile.interval) / INSTRUCTIONS_PER_US);
  return JSON.stringify({
    nodes,
    startTime: 0,
    endTime: Math.round(profile.instructions / INSTRUCTIONS_PER_US),
    samples: profile.samples.map(({ id }) => id),
    timeDeltas: profile.samples.map((_, i) => at(i + 1) - at(i)),
    ...more,
  });
}

/** Functions with less of the samples are left out of tables. */
const SHARE_SHOWN = 0.001;

export interface FunctionShare {
  readonly called: ProfiledFunction;
  /** Samples in the function itself, and in it or what it calls. */
  readonly self: number;
  readonly total: number;
}

/** Functions by samples in themselves, the hottest first. */
export function hottest({ root }: Profile): FunctionShare[] {
  const shares = new Map<ProfiledFunction, { called: ProfiledFunction; self: number; total: number }>();
  const visit = (node: ProfileNode, callers: ReadonlySet<ProfiledFunction>): number => {
    let share = shares.get(node.called);
    if (share === undefined) shares.set(node.called, (share = { called: node.called, self: 0, total: 0 }));
    share.self += node.self;
    const chain = new Set(callers).add(node.called);
    let total = node.self;
    for (const child of node.children.values()) total += visit(child, chain);
    // A function that calls itself is counted once.
    if (!callers.has(node.called)) share.total += total;
    return total;
  };
  for (const process of root.children.values()) for (const child of process.children.values()) visit(child, new Set());
  return [...shares.values()].sort((a, b) => b.self - a.self);
}

/** A table: share of the function itself, with what it calls, name, file. */
export function profileText(profile: Profile, lines: number): string[] {
  const all = profile.samples.length;
  const percent = (n: number): string => `${((100 * n) / Math.max(1, all)).toFixed(1)} %`.padStart(8);
  return [
    `${profile.instructions.toLocaleString('en-US')} instructions, ${all.toLocaleString('en-US')} samples`,
    '    self    total  function',
    ...hottest(profile)
      .filter(({ self }) => self >= SHARE_SHOWN * all)
      .slice(0, lines)
      .map(
        ({ called, self, total }) => `${percent(self)} ${percent(total)}  ${called.name}${called.file === '' ? '' : `  ${called.file}`}`,
      ),
  ];
}
