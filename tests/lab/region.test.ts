/** Regions of interest: by a marker that the program sets, by functions. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseResults } from '../../host/lab/results.js';
import { Workplace } from '../support/lab-command.js';

const place = new Workplace();
test.after(() => place.remove());

/** prctl("PWMK", n) around 1,000 loads; 10 before and 10 after them. Linux answers EINVAL, which the program looks at. */
const PROGRAM = `
.globl _start
_start:
  la s0, data
  li s1, 10
  call some
  li a1, 1
  call mark
  li s1, 1000
  call some
  li a1, 2
  call mark
  li s1, 10
  call some
  li a0, 0
  li a7, 93
  ecall
mark:
  li a0, 0x50574d4b
  li a7, 167
  ecall
  li t0, -22
  beq a0, t0, known
  li a7, 93
  ecall
known:
  ret
some:
  ld t0, 0(s0)
  addi s1, s1, -1
  bnez s1, some
  ret
.data
data: .dword 1
`;

const loads = (file: string): number => parseResults(place.read(file))[0].systems[0].measures.accesses.loads;

test('between two markers of the program, while it runs and in a replay', () => {
  const program = place.write('marks.s', PROGRAM);
  place.must('run', '--machine', 'tiny', '--json', 'all.json', program);
  assert.is(loads('all.json'), 1020);
  place.must('run', '--machine', 'tiny', '--from', 'mark:1', '--to', 'mark:2', '--json', 'part.json', program);
  assert.is(loads('part.json'), 1000);
  place.must('record', '-o', 'marks.trace', program);
  place.must('replay', '--machine', 'tiny', '--from', 'mark:1', '--to', 'mark:2', '--json', 'replayed.json', 'marks.trace');
  place.must('compare', '--exact', 'part.json', 'replayed.json');
  place.must('replay', '--machine', 'tiny', '--from', 'mark:2', '--json', 'end.json', 'marks.trace');
  assert.is(loads('end.json'), 10);
  place.must('replay', '--machine', 'tiny', '--to', 'mark:1', '--json', 'begin.json', 'marks.trace');
  assert.is(loads('begin.json'), 10);
  const never = place.lab('replay', '--from', 'mark:3', 'marks.trace');
  assert.equal([never.status, never.stderr], [1, 'pagewalk: --from mark:3: the program never came there\n']);
});

test('from one function to another', () => {
  const program = `${process.cwd()}/examples/lab/bin/populate.elf`;
  place.must('run', '--machine', 'tiny', '--from', 'touch_on_demand', '--to', 'touch_populated', '--json', 'one.json', program);
  const [{ systems }] = parseResults(place.read('one.json'));
  // Its first store begins the region and is in it.
  assert.is(systems[0].measures.accesses.stores, 256);
  assert.match(place.lab('run', '--from', 'nowhere', program).stderr, '--from nowhere: the program never came there');
  assert.match(place.lab('replay', '--from', 'main', 'marks.trace').stderr, 'a trace has mark:N and instruction:N only');
  assert.match(place.lab('run', '--from', 'mark:1', '--skip', '5', program).stderr, 'not with --skip or --count');
  assert.match(
    place.lab('run', '--from', 'a b', program).stderr,
    "--from: 'a b' is neither mark:N nor instruction:N nor the name of a function",
  );
});

test('a part of a program is recorded: it counts what the same part of the run does', () => {
  const program = `${process.cwd()}/examples/lab/bin/populate.elf`;
  const machine = ['--machine', 'tiny', '--json'];
  const region = ['--from', 'touch_on_demand', '--to', 'touch_populated'];
  place.must('record', '-o', 'part.trace', ...region, program);
  place.must('replay', ...machine, 'replayed.json', 'part.trace');
  assert.is(parseResults(place.read('replayed.json'))[0].systems[0].measures.accesses.stores, 256);

  place.must('record', '-o', 'all.trace', program);
  const part = ['--from', 'instruction:500', '--to', 'instruction:1000'];
  place.must('record', '-o', 'middle.trace', ...part, program);
  place.must('replay', ...machine, 'a.json', 'middle.trace');
  place.must('replay', ...machine, 'b.json', ...part, 'all.trace');
  const [a, b] = ['a.json', 'b.json'].map((file) => parseResults(place.read(file))[0].systems[0].measures);
  assert.equal([a.instructions, a.accesses], [b.instructions, b.accesses]);
  assert.ok(a.instructions >= 400 && a.instructions <= 600, String(a.instructions));

  assert.match(place.lab('record', '-o', 'x.trace', '--to', 'nowhere', program).stderr, '--to nowhere: the program never came there');
  assert.match(place.lab('record', '-o', 'x.trace', '--from', 'main', '--entries', program).stderr, '--entries: needs the whole stream');
});

test('a replay begins in the middle, by the index', () => {
  place.must('synth', 'matrix', '--bytes', '1M', '--accesses', '1000000', '-o', 'matrix.trace');
  place.must('replay', '--json', 'all.json', 'matrix.trace');
  const begun = place.must('replay', '--seek', '600000', '--json', 'seek.json', 'matrix.trace').stderr;
  const before = Number(/begins after ([\d,]+) instructions/.exec(begun)?.[1].replaceAll(',', ''));
  assert.ok(before > 300_000 && before <= 600_000, begun);
  const [all, seek] = ['all.json', 'seek.json'].map((file) => parseResults(place.read(file))[0].systems[0].measures.instructions);
  assert.is(seek, all - before);
  place.write('lackey.txt', 'I  04001000,3\n L 1ffeffe7e,8\n');
  assert.match(place.lab('replay', '--seek', '5', 'lackey.txt').stderr, 'only traces of lab record and lab import have an index');
});

test.run();
