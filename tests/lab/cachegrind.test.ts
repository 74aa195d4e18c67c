/** Caches with lines of a page are LRU TLBs: another simulator, Valgrind's cachegrind, misses what the model misses. */
import { execFileSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseResults } from '../../host/lab/results.js';
import { Workplace } from '../support/lab-command.js';
import { testWith } from '../support/tools.js';

const place = new Workplace();
test.after(() => place.remove());

/** Without a library, so that every run of it is the same: functions on pages of their own, loads, stores, both of one word. */
const PROGRAM = `
#define PAGES 3000
static char data[PAGES * 4096];
static unsigned seed = 1;
static unsigned next(void) { return (seed = seed * 1664525u + 1013904223u) >> 8; }
#define PART(n) __attribute__((noinline, aligned(4096))) static unsigned part##n(unsigned page) { return data[page * 4096u + n] += n; }
PART(1) PART(2) PART(3) PART(4) PART(5) PART(6)
void _start(void) {
  unsigned sum = 0;
  for (int i = 0; i < 40000; i++) {
    unsigned page = next() % (i % 3 == 0 ? PAGES : 60);
    switch (next() % 6) {
      case 0: sum += part1(page); break;
      case 1: sum += part2(page); break;
      case 2: sum += part3(page); break;
      case 3: sum += part4(page); break;
      case 4: sum += part5(page); break;
      default: sum += part6(page);
    }
    if (i % 5 == 0) sum += *(volatile int *)(data + next() % PAGES * 4096u + 4092);
    if (i % 7 == 0) *(volatile char *)(data + next() % PAGES * 4096u) = sum;
  }
  __asm__ volatile("syscall" : : "a"(60), "D"(0));
  __builtin_unreachable();
}
`;

const SYSTEM = {
  tlbs: [
    { serves: 'instructions', entries: 4, ways: 4 },
    { serves: 'data', entries: 32, ways: 4 },
    { level: 2, serves: 'both', entries: 512, ways: 16 },
  ],
};

const NEEDS = ['valgrind', 'gcc', ...(process.arch === 'x64' ? [] : ['x86-64'])];

testWith(test, NEEDS, 'both levels miss what caches of the same shape miss under cachegrind', () => {
  const source = place.write('pages.c', PROGRAM);
  const program = place.path('pages');
  execFileSync('gcc', ['-O1', '-static', '-no-pie', '-fno-pie', '-nostdlib', '-fno-stack-protector', '-o', program, source]);
  const valgrind = (...args: string[]): void => {
    execFileSync('valgrind', [...args, program], { cwd: place.folder, stdio: 'ignore', env: { PATH: process.env.PATH } });
  };
  const shapes = ['--I1=16384,4,4096', '--D1=131072,4,4096', '--LL=2097152,16,4096'];
  valgrind('--tool=cachegrind', '--cache-sim=yes', '--cachegrind-out-file=counts', ...shapes);
  const counts = place.read('counts');
  const names = /^events: (.*)$/m.exec(counts)?.[1].split(' ') ?? [];
  const values = /^summary: (.*)$/m.exec(counts)?.[1].trim().split(' ').map(Number) ?? [];
  const its = (name: string): number => values[names.indexOf(name)];
  valgrind('--tool=lackey', '--trace-mem=yes', '--log-file=lackey.txt');
  place.must('replay', '--config', place.write('caches.json', JSON.stringify(SYSTEM)), '--json', 'model.json', 'lackey.txt');
  const { instructions, levels } = parseResults(place.read('model.json'))[0].systems[0].measures;
  const missed = (side: string): number[] => levels.filter((one) => one.side === side).map(({ misses }) => misses);
  assert.is(instructions, its('Ir'));
  assert.equal(missed('instructions'), [its('I1mr'), its('ILmr')]);
  assert.equal(missed('data'), [its('D1mr') + its('D1mw'), its('DLmr') + its('DLmw')]);
  assert.ok(its('I1mr') > 1000 && its('DLmr') > 1000);
});

test.run();
