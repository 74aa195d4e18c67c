/** The command line on a terminal of the host: a user at a shell, played by tests/support/drive.py. */
import { spawnSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testWith } from '../support/tools.js';
import { USERLAND_NEEDS, USERLAND_ROOT } from '../support/userland.js';

type Step = ['expect', string] | ['send', string] | ['resize', number, number] | ['signal', number] | ['pause', number] | ['eof'];

interface Session {
  readonly status: number;
  readonly seen: string;
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly failed: Step | null;
}

const NEEDS = [...USERLAND_NEEDS, 'python3'];
const SIGTERM = 15;
const SIGHUP = 1;
const PROMPT = 'ready> ';
const [CTRL_C, CTRL_D, CTRL_Z, LEFT, BACKSPACE] = ['\x03', '\x04', '\x1a', '\x1b[D', '\x7f'];

/** Plays the steps with `pagewalk run OPTIONS… PROGRAM…`; the terminal is as it was, whatever happens. */
function play(options: readonly string[], program: readonly string[], steps: readonly Step[]): Session {
  const run = [
    process.execPath,
    'dist/bin/pagewalk.cjs',
    'run',
    '--root',
    USERLAND_ROOT,
    '--env',
    `PS1=${PROMPT}`,
    '--env',
    'TERM=xterm',
    ...options,
  ];
  const result = spawnSync('python3', ['tests/support/drive.py', JSON.stringify(steps), ...run, ...program], { encoding: 'utf8' });
  assert.is(result.stderr, '');
  const session = JSON.parse(result.stdout) as Session;
  assert.is(session.failed, null, `no answer to ${JSON.stringify(session.failed)} in ${JSON.stringify(session.seen)}`);
  assert.equal(session.after, session.before, 'modes of the terminal');
  return session;
}

/** Types a command at the prompt and waits for the next prompt. */
function command(line: string, ...answers: readonly string[]): Step[] {
  return [['send', `${line}\r`], ['expect', `${line}\r\n`], ...answers.map((answer): Step => ['expect', answer]), ['expect', PROMPT]];
}

const BASH = ['bash', '--norc', '--noprofile'];

/**
 * A job that answers, so that one knows it runs and has the terminal. A key typed before that meets the shell between its fork and its
 * hand-over of the terminal: on Linux, too, it is lost then.
 */
const JOB = 'sh -c "echo running; exec cat"';
const answer = (text: string): Step[] => [
  ['send', `${text}\r`],
  ['expect', `${text}\r\n${text}\r\n`],
];
const START: Step[] = [['send', `${JOB}\r`], ['expect', 'running\r\n'], ...answer('asked')];
/** What reads from the terminal in the background is stopped: the shell is asked until it knows. */
const STOPPED = command('until jobs %1 | grep Stopped; do sleep 0.1; done', 'Stopped');

testWith(test, NEEDS, 'a shell: editing, window size, job control', () => {
  const session = play([], BASH, [
    ['expect', PROMPT],
    ...command('echo $((6*7)); tty', '42\r\n/dev/'),
    ...command('stty size', '24 80\r\n'),
    ['resize', 30, 100],
    ['send', 'until stty size | grep "30 100"; do sleep 0.1; done\r'],
    ['expect', '30 100\r\n'],
    ['expect', PROMPT],
    ['send', `echo abd${LEFT}${BACKSPACE}c\r`],
    ['expect', 'acd\r\n'],
    ['expect', PROMPT],
    ...START,
    ['send', CTRL_C],
    ['expect', '^C'],
    ['expect', PROMPT],
    // As often as one likes: the shell answers.
    ['send', CTRL_C],
    ['expect', PROMPT],
    ['send', CTRL_C],
    ['expect', PROMPT],
    ...START,
    ['send', CTRL_Z],
    ['expect', 'Stopped'],
    ['expect', PROMPT],
    ...command('jobs', '[1]+  Stopped', JOB),
    ...command('bg', `[1]+ ${JOB} &`),
    ...STOPPED,
    ['send', 'fg\r'],
    ['expect', `${JOB}\r\n`],
    ...answer('again'),
    ['send', CTRL_C],
    ['expect', PROMPT],
    ...command('cat | tr a-z A-Z &', '[1] '),
    ...STOPPED,
    ...command('kill %1; wait; echo gone', 'gone'),
    ['send', CTRL_D],
    ['eof'],
  ]);
  assert.is(session.status, 0);
});

testWith(test, NEEDS, 'what ends a run leaves the terminal as it was', () => {
  const raw: Step[] = [
    ['expect', PROMPT],
    ['send', 'stty raw -echo; echo raw; sleep 100\r'],
    ['expect', '\rraw'],
  ];
  assert.is(play([], BASH, [...raw, ['signal', SIGTERM], ['eof']]).status, 128 + SIGTERM);
  assert.is(play([], BASH, [...raw, ['signal', SIGHUP], ['eof']]).status, 128 + SIGHUP);
  assert.is(play(['--timeout', '8'], BASH, [...raw, ['eof']]).status, 124);
  const deaf = 'trap "" INT; echo deaf; while :; do :; done';
  // A pause, so that two signals do not become one; a third one, should the first have been slow.
  const again: Step[] = [
    ['send', CTRL_C],
    ['pause', 0.3],
  ];
  const twice: Step[] = [['expect', 'deaf'], ...again, ...again, ...again, ['eof']];
  assert.is(play([], ['bash', '-c', deaf], twice).status, 130, 'Ctrl-C twice ends what takes no notice of it');
  assert.is(play([], ['bash', '-c', 'stty raw; kill -SEGV $$'], [['eof']]).status, 139);
});

testWith(test, NEEDS, 'full-screen programs: an editor, a pager, top, script', () => {
  play([], BASH, [
    ['expect', PROMPT],
    ['send', 'vim.tiny /tmp/text\r'],
    ['expect', '~'],
    ['send', 'ihello from vim\x1b'],
    ['expect', 'hello from vim'],
    ['send', ':wq\r'],
    ['expect', PROMPT],
    ...command('cat /tmp/text', 'hello from vim\r\n'),
    ['send', 'seq 1 200 | less\r'],
    ['expect', '\r\n23'],
    ['send', 'G'],
    ['expect', '200'],
    ['send', '?^77$\r'],
    ['expect', '77'],
    ['send', 'q'],
    ['expect', PROMPT],
    ['send', 'top\r'],
    ['expect', 'Tasks:'],
    ['expect', 'COMMAND'],
    ['send', 'q'],
    ['expect', PROMPT],
    ...command('script -qc "tty; echo inside" /tmp/record', '/dev/pts/', 'inside'),
    ...command('grep -c inside /tmp/record', '2'),
    ['send', 'exit 7\r'],
    ['eof'],
  ]);
});

test.run();
