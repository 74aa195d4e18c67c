import { SITE_SLOW } from '../../assembly/shared/compiled.js';
import { cpuProfile, INSTRUCTIONS_PER_US, profileText } from '../debug/profile-format.js';
import type { Profile } from '../debug/profiler.js';
import type { Jit } from '../jit/jit.js';
import { EXIT_TEXTS } from '../jit/listing.js';
import { jitReport, type NameOf } from '../jit/report.js';
import type { JitSnapshot } from '../jit/stats.js';
import { writeOutput } from './files.js';

const LINES = 60;
const EXITS_SHOWN = 100;

/** --profile: FILE.txt is a table, anything else a .cpuprofile. */
export function writeProfile(path: string, profile: Profile, jit: Jit | undefined, nameOf: NameOf): void {
  const snapshot = jit?.snapshot();
  if (path.endsWith('.txt')) {
    const compiled = snapshot === undefined ? [] : ['', ...jitReport(snapshot, nameOf)];
    writeOutput(path, `${[...profileText(profile, LINES), ...compiled].join('\n')}\n`);
    return;
  }
  const { interval, instructions } = profile;
  const compiled = snapshot === undefined ? undefined : describeCompiled(snapshot, nameOf);
  const pagewalk = { interval, instructions, instructionsPerMicrosecond: INSTRUCTIONS_PER_US, compiled };
  writeOutput(path, `${cpuProfile(profile, { pagewalk })}\n`);
}

/** Why compiled code was left for the interpreter: in all, and where. */
function describeCompiled({ executedCompiled, exits, live, gone }: JitSnapshot, nameOf: NameOf): object {
  const where = [...gone, ...live.flatMap((region) => region.exits)].filter(({ kind, taken }) => kind >= SITE_SLOW && taken > 0);
  return {
    instructions: executedCompiled,
    exits: Object.fromEntries(exits.flatMap((n, kind) => (n > 0 ? [[EXIT_TEXTS[kind], n]] : []))),
    where: where
      .sort((a, b) => b.taken - a.taken)
      .slice(0, EXITS_SHOWN)
      .map(({ pc, kind, taken }) => ({ address: `0x${pc.toString(16)}`, name: nameOf(pc), why: EXIT_TEXTS[kind], times: taken })),
  };
}
