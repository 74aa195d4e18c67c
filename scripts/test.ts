/**
 * Runs the tests: every tests/**\/*.test.ts in a process of its own, two at a time, and prints one summary line
 * `N passed, N failed, N skipped`. Arguments select files whose path contains one of them.
 *
 *   npm test                      all: interpreted, then those that execute guest code with everything compiled at once
 *   npm test -- mm vfs            files with "mm" or "vfs" in their path, interpreted
 *   PAGEWALK_JIT=eager npm test   all in one mode: off, on, eager, eager-baseline
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/** Files that take long start first, so that none is left alone at the end. */
const LONG = ['programs/userland', 'jit/', 'programs/', 'mapping/', 'fuzz/'];

const FILE_TIMEOUT_MS = 10 * 60 * 1000;

/** What executes guest code without choosing the engine itself, and does not depend on how long that takes. */
const GUEST_CODE =
  /^tests\/isa\/|^tests\/syscalls\/(core|file|hwprobe|memory|mount|process|socket|strace|sysv|terminal|threads|userfault|vdso)\./;
/** Once more as baseline code: tests/jit/random.test.ts has all instructions. */
const BASELINE_CODE = /^tests\/isa\/(atomic|control)\.|^tests\/syscalls\/(memory|process|userfault)\./;
/** Too much for everything compiled at once; compiled as users have it instead. */
const AS_USERS_HAVE_IT = /\/userland/;

/** Tests of whole programs meet real time: terminals, timers, servers, the host's load. */
const MEETS_REAL_TIME = /^tests\/programs\/|^tests\/syscalls\/(waiting|terminal)\./;
/** More files than this that fail are no matter of load. */
const MOST_REPEATED = 2;

/** A file in one mode of the compiler: PAGEWALK_JIT. */
interface Run {
  readonly file: string;
  readonly mode: 'off' | 'on' | 'eager' | 'eager-baseline' | undefined;
}

interface Outcome {
  run: Run;
  passed: number;
  failed: number;
  skipped: number;
  output: string;
  seconds: number;
}

function findTests(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

function rank(file: string): number {
  const at = LONG.findIndex((part) => file.includes(part));
  return at < 0 ? LONG.length : at;
}

/** Reads uvu's closing lines; a process that died before them counts as one failure. */
function readOutcome(run: Run, code: number | null, output: string, seconds: number): Outcome {
  const count = (label: string): number => {
    let sum = 0;
    for (const match of output.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'gm'))) sum += Number(match[1]);
    return sum;
  };
  const total = count('Total');
  const passed = count('Passed');
  const skipped = count('Skipped');
  let failed = total - passed;
  if (code !== 0 && failed === 0) failed = 1;
  if (total === 0 && skipped === 0 && code === 0)
    return { run, passed: 0, failed: 1, skipped: 0, output: `${output}\nno test ran`, seconds };
  return { run, passed, failed, skipped, output, seconds };
}

/** The runs that are wanted. Whoever sets PAGEWALK_JIT wants that mode. */
function plan(files: readonly string[], twice: boolean): Run[] {
  if (process.env.PAGEWALK_JIT !== undefined) return files.map((file) => ({ file, mode: process.env.PAGEWALK_JIT as Run['mode'] }));
  const plain = files.map((file): Run => ({ file, mode: AS_USERS_HAVE_IT.test(file) ? undefined : 'off' }));
  const eager = files.filter((file) => twice && GUEST_CODE.test(file)).map((file): Run => ({ file, mode: 'eager' }));
  const baseline = files.filter((file) => twice && BASELINE_CODE.test(file)).map((file): Run => ({ file, mode: 'eager-baseline' }));
  return [...plain, ...eager, ...baseline].sort((a, b) => rank(a.file) - rank(b.file));
}

function start(run: Run): Promise<Outcome> {
  const { file, mode } = run;
  const started = Date.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', PAGEWALK_JIT: mode },
    });
    let output = '';
    const timer = setTimeout(() => {
      output += `\nkilled after ${FILE_TIMEOUT_MS / 1000} s`;
      child.kill('SIGKILL');
    }, FILE_TIMEOUT_MS);
    child.stdout.on('data', (chunk: Buffer) => (output += chunk));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk));
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(readOutcome(run, code, output, (Date.now() - started) / 1000));
    });
  });
}

function report(outcome: Outcome): void {
  const skipped = outcome.skipped > 0 ? `, ${outcome.skipped} skipped` : '';
  const mark = outcome.failed > 0 ? 'FAIL' : 'ok  ';
  const { file, mode } = outcome.run;
  const how = mode === undefined || mode === 'off' ? '' : ` (${mode})`;
  console.log(`${mark} ${file}${how}  ${outcome.passed} passed${skipped}  ${outcome.seconds.toFixed(1)} s`);
  for (const line of outcome.output.match(/^(?:skipped|repeated): .*$/gm) ?? []) console.log(`       ${line}`);
  if (outcome.failed > 0) console.log(outcome.output.trimEnd());
}

/**
 * What meets real time and failed runs once more, with the machine to itself, and is named: an unsteady test is a fault to mend, but not
 * one of the program.
 */
async function repeatUnsteady(outcomes: Outcome[]): Promise<void> {
  const failed = outcomes.filter((outcome) => outcome.failed > 0);
  if (failed.length > MOST_REPEATED || !failed.every(({ run }) => MEETS_REAL_TIME.test(run.file))) return;
  for (const first of failed) {
    const again = await start(first.run);
    report(again);
    if (again.failed > 0) continue;
    console.log(`UNSTEADY ${first.run.file}: failed beside others, passed alone`);
    outcomes[outcomes.indexOf(first)] = again;
  }
}

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  const files = findTests('tests').filter((file) => wanted.length === 0 || wanted.some((word) => file.includes(word)));
  const runs = plan(files, wanted.length === 0);
  const outcomes: Outcome[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < runs.length) {
      const outcome = await start(runs[next++]);
      outcomes.push(outcome);
      report(outcome);
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
  await repeatUnsteady(outcomes);
  const sum = (key: 'passed' | 'failed' | 'skipped'): number => outcomes.reduce((total, outcome) => total + outcome[key], 0);
  if (outcomes.length === 0) console.log('no test file matches');
  console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  process.exitCode = outcomes.length === 0 || sum('failed') > 0 ? 1 : 0;
}

await main();
