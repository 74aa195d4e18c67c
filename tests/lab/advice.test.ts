/** What a program advises about huge pages reaches the models: while it runs, from traces and from parts of them, in children. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseResults } from '../../host/lab/results.js';
import { Workplace } from '../support/lab-command.js';

const place = new Workplace();
test.after(() => place.remove());

/**
 * Maps 8 MiB at 1 GiB, advises MADV_HUGEPAGE for the first 5 MiB, takes that back for the first 2 MiB, forks; the child (and then the
 * parent) sets a marker and stores to each page of all. Of four regions one is advised to the end: the second.
 */
const PROGRAM = `
.globl _start
_start:
  li a0, 0x40000000
  li a1, 0x800000
  li a2, 3
  li a3, 0x32
  li a4, -1
  li a5, 0
  li a7, 222
  ecall
  li a1, 0x500000
  li a2, 14
  call advise
  li a1, 0x200000
  li a2, 15
  call advise
  li a0, 17
  li a1, 0
  li a7, 220
  ecall
  bnez a0, parent
  li a0, 0x50574d4b
  li a1, 7
  li a7, 167
  ecall
  call touch
  j end
parent:
  li a0, -1
  li a1, 0
  li a2, 0
  li a3, 0
  li a7, 260
  ecall
  call touch
end:
  li a0, 0
  li a7, 93
  ecall
advise:
  li a0, 0x40000000
  li a7, 233
  ecall
  bnez a0, failed
  ret
failed:
  li a0, 1
  li a7, 93
  ecall
touch:
  li t0, 0x40000000
  li t1, 0x40800000
  li t2, 4096
again:
  sb zero, 0(t0)
  add t0, t0, t2
  bltu t0, t1, again
  ret
`;

const CONFIG = JSON.stringify({ tlbs: [{ entries: 16, sizes: ['4K', '2M'] }], promoteAfter: 1, promote: 'madvise' });

test('a program and its child are followed, live and from traces', () => {
  const program = place.write('advice.s', PROGRAM);
  const config = ['--config', place.write('madvise.json', CONFIG), '--json'];
  const promotions = (file: string): number => parseResults(place.read(file))[0].systems[0].measures.promotions;
  place.must('run', ...config, 'live.json', program);
  assert.is(promotions('live.json'), 2);
  place.must('run', ...config, 'attributed.json', '--attribute', program);
  assert.is(promotions('attributed.json'), 2);
  place.must('record', '-o', 'all.trace', program);
  place.must('replay', ...config, 'replayed.json', 'all.trace');
  place.must('compare', '--exact', 'live.json', 'replayed.json');
  // What was advised before the part that is recorded holds in it, for the child whose call begins it and for its parent.
  place.must('record', '-o', 'part.trace', '--from', 'mark:7', program);
  place.must('replay', ...config, 'part.json', 'part.trace');
  assert.is(promotions('part.json'), 2);
});

/**
 * Maps 8 MiB at 1 GiB and takes all rights from a page of the third of its four regions: three are wholly in one mapping. Then unmaps the
 * last page of the first one, and stores to all pages but these two. Two regions are one page each.
 */
const HOLES = `
.globl _start
_start:
  li a0, 0x40000000
  li a1, 0x800000
  li a2, 3
  li a3, 0x32
  li a4, -1
  li a5, 0
  li a7, 222
  ecall
  li a0, 0x40500000
  li a1, 4096
  li a2, 0
  li a7, 226
  ecall
  bnez a0, failed
  li a0, 0x401ff000
  li a1, 4096
  li a7, 215
  ecall
  bnez a0, failed
  li a0, 17
  li a1, 0
  li a7, 220
  ecall
  bnez a0, parent
  li a0, 0x50574d4b
  li a1, 7
  li a7, 167
  ecall
  call touch
  j end
parent:
  li a0, -1
  li a1, 0
  li a2, 0
  li a3, 0
  li a7, 260
  ecall
  call touch
end:
  li a0, 0
  li a7, 93
  ecall
failed:
  li a0, 1
  li a7, 93
  ecall
touch:
  li t0, 0x40000000
  li t1, 0x40800000
  li t2, 4096
  li t3, 0x40500000
  li t4, 0x401ff000
again:
  beq t0, t3, over
  beq t0, t4, over
  sb zero, 0(t0)
over:
  add t0, t0, t2
  bltu t0, t1, again
  ret
`;

test('regions that are wholly in one mapping are told, live and from traces, for a child and its parent', () => {
  const program = place.write('holes.s', HOLES);
  const fit = JSON.stringify({ tlbs: [{ entries: 16, sizes: ['4K', '2M'] }], promoteAfter: 1, promote: 'fit' });
  const always = JSON.stringify({ tlbs: [{ entries: 16, sizes: ['4K', '2M'] }], promoteAfter: 1 });
  const measures = (file: string) => parseResults(place.read(file))[0].systems[0].measures;
  const config = ['--config', place.write('fit.json', fit), '--json'];
  place.must('run', ...config, 'fit-live.json', program);
  place.must('run', '--config', place.write('always.json', always), '--json', 'always-live.json', program);
  assert.is(measures('fit-live.json').promotions, 4);
  assert.ok(measures('always-live.json').promotions >= 8);
  place.must('record', '-o', 'fit.trace', program);
  place.must('replay', ...config, 'fit-replayed.json', 'fit.trace');
  place.must('compare', '--exact', 'fit-live.json', 'fit-replayed.json');
  place.must('record', '-o', 'fit-part.trace', '--from', 'mark:7', program);
  place.must('replay', ...config, 'fit-part.json', 'fit-part.trace');
  assert.is(measures('fit-part.json').promotions, 4);
});

test.run();
