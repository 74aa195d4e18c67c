/** The host's terminal as the guest's: a real one, which python3 holds the other end of. */
import { spawnSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileGuest, GCC } from '../support/guest.js';
import { testWith } from '../support/tools.js';

const PYTHON = 'python3';
const NEEDS = [GCC, PYTHON, '/dev/ptmx'];

type Step = { see: string } | { raw: boolean } | { type: string } | { size: [number, number] } | { signal: string } | { close: true };

interface Session {
  readonly steps: readonly Step[];
  readonly command: readonly string[];
  readonly tty?: readonly number[];
  readonly input?: string;
  readonly size?: [number, number];
}

interface Outcome {
  readonly screen: string;
  readonly output: string;
  /** Negative: the signal that killed it. */
  readonly status: number;
  readonly restored: boolean;
  readonly missing?: string;
}

function talk(session: Session): Outcome {
  const result = spawnSync(PYTHON, ['tests/support/terminal.py', JSON.stringify(session)], { encoding: 'utf8' });
  assert.is(result.status, 0, result.stderr);
  return JSON.parse(result.stdout) as Outcome;
}

const see = (text: string): Step => ({ see: text });
const type = (text: string): Step => ({ type: text });

/** A session with tests/guest/host-terminal.c; afterwards the terminal must have its modes back. */
function guest(steps: readonly Step[], rest: Partial<Session> = {}, options: readonly string[] = []): Outcome {
  const command = [process.execPath, 'dist/bin/pagewalk.cjs', 'run', ...options, compileGuest('tests/guest/host-terminal.c')];
  const outcome = talk({ command, steps, ...rest });
  assert.is(outcome.missing, undefined, outcome.screen);
  assert.ok(outcome.restored, 'the terminal has its modes back');
  return outcome;
}

const ready = see('ready\r\n');
/** The guest reads: from now on keys are its own. */
const raw: Step = { raw: true };

testWith(test, NEEDS, 'lines, echo, editing, size', () => {
  const { screen, status } = guest(
    [
      ready,
      raw,
      ...[type('ab\x7fc\r'), see("read 'ac'\r\n"), ready],
      ...[type('name\r'), see('/dev/pts/0\r\n'), ready],
      ...[type('size\r'), see('100x30\r\n'), ready],
      ...[{ size: [31, 101] as [number, number] }, see('caught WINCH\r\n')],
      ...[type('size\r'), see('101x31\r\n'), ready],
      ...[type('raw\r'), see('keys:'), type('\x03\x1a\x04a\x1b[D\r'), see(' 3 26 4 97 27 91 68 13\r\n'), ready],
      type('exit 7\r'),
    ],
    { size: [30, 100] },
  );
  assert.is(status, 7);
  assert.is(screen.slice(0, screen.indexOf('name')), "111 1\r\nforeground 1\r\nready\r\nab\b \bc\r\nread 'ac'\r\nready\r\n");
});

testWith(test, NEEDS, 'Ctrl-C, Ctrl-\\ and Ctrl-D are the guest’s', () => {
  const interrupted = guest([ready, raw, type('x\r'), see("read 'x'\r\n"), ready, type('\x03')]);
  assert.is(interrupted.status, 130);
  assert.match(interrupted.screen, /\^C/);
  assert.is(guest([ready, raw, type('\x1c')]).status, 131);
  assert.is(guest([ready, raw, type('\x04'), see('end 0\r\n')]).status, 3);
  const again = [type('\x03'), see('^Ccaught INT\r\n')];
  assert.is(guest([ready, raw, type('catch\r'), ready, ...again, ...again, ...again, type('exit 4\r')]).status, 4);
});

testWith(test, NEEDS, 'a guest that hears nothing is ended', () => {
  const deaf = [ready, raw, type('deaf\r'), see('deaf\r\ndeaf\r\n')];
  assert.is(guest([...deaf, type('\x03\x1d\x1d\x1d')]).status, 130);
  assert.is(guest([...deaf, { signal: 'SIGTERM' }]).status, 143);
  assert.is(guest([...deaf, { signal: 'SIGHUP' }]).status, 129);
});

testWith(test, NEEDS, 'however a run ends, the terminal has its modes back', () => {
  assert.is(guest([ready, raw, type('crash\r')]).status, 139);
  assert.is(guest([ready, raw], {}, ['--timeout', '1']).status, 124);
  assert.is(guest([ready, type('deaf\r'), see('deaf\r\n')], {}, ['--fuel', '50M']).status, 125);
  assert.is(guest([ready, raw, { signal: 'SIGTERM' }]).status, 143);
  assert.is(guest([ready, raw, { signal: 'SIGHUP' }]).status, 129);
  assert.is(guest([ready, type('catch\r'), ready, { signal: 'SIGHUP' }]).status, 3);
});

testWith(test, NEEDS, 'a terminal that goes away hangs the guest up', () => {
  assert.is(guest([ready, raw, { close: true }]).status, 129);
  assert.is(guest([ready, raw, type('catch\r'), ready, { close: true }]).status, 3);
});

testWith(test, NEEDS, 'descriptors that are no terminal', () => {
  const last = [ready, type('exit 0\r')];
  const piped = guest([raw, type('exit 0\r')], { tty: [0], input: '' });
  assert.is(piped.output, '100 1\nforeground 1\nready\n');
  assert.is(guest(last, { tty: [0, 1] }).screen.split('\r\n')[0], '110 1');
  const input = guest([ready, type('input\r'), see('input from a pipe\r\n'), ...last], { tty: [1, 2], input: 'from a pipe\n' });
  assert.is(input.screen.split('\r\n')[0], '011 1');
});

test.run();
