/** Debian's version order, and relations, compared with dpkg's own. */
import { spawnSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRelation, parseRelations, relationMatches, showClause } from '../../host/cli/rootfs/relation.js';
import { compareVersions, versionMatches } from '../../host/cli/rootfs/version.js';
import { fuzzRounds, fuzzSeed, Random } from '../support/random.js';
import { testWith } from '../support/tools.js';

const ORDERED = [
  '0~~',
  '0~',
  '0',
  '0.1',
  '1.0~beta1~svn1245',
  '1.0~beta1',
  '1.0~rc1-1',
  '1.0-1~bpo12+1',
  '1.0-1',
  '1.0-1+b1',
  '1.0-1.1',
  '1.0-2',
  '1.0-10',
  '1.0a-1',
  '1.0+dfsg-1',
  '1.2-1',
  '1.10-1',
  '9999999999999999999998-1',
  '9999999999999999999999-1',
  '1:0.1',
  '2:0',
];

test('the order of versions', () => {
  for (const [i, a] of ORDERED.entries()) {
    for (const [j, b] of ORDERED.entries()) assert.is(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a} and ${b}`);
  }
  for (const [a, b] of [
    ['1.0', '1.00'],
    ['0:1.0', '1.0'],
    ['1.0-0', '1.0'],
    ['1.0-', '1.0'],
    ['1.01a', '1.1a'],
  ]) {
    assert.is(compareVersions(a, b), 0, `${a} and ${b}`);
  }
});

test('relations are read as they stand in control files', () => {
  assert.equal(parseRelation('libc6 (>= 2.38)'), { name: 'libc6', operator: '>=', version: '2.38', qualifier: '' });
  assert.equal(parseRelation('python3:any'), { name: 'python3', operator: undefined, version: '', qualifier: 'any' });
  assert.equal(parseRelation('a(<<1:2~)'), { name: 'a', operator: '<<', version: '1:2~', qualifier: '' });
  assert.equal(parseRelation('old (< 3)')?.operator, '<=');
  assert.is(parseRelation('not a relation'), undefined);
  assert.is(parseRelation('$(misc:Depends)'), undefined);
  assert.equal(parseRelations('a, b | c (= 1),, d [linux-any]').map(showClause), ['a', 'b | c (= 1)', 'd']);
  assert.is(relationMatches({ name: 'x', operator: '>=', version: '1', qualifier: '' }, 'x', undefined), false);
});

testWith(test, ['dpkg'], 'versions made at random compare as under dpkg --compare-versions', () => {
  const random = new Random(fuzzSeed(11));
  const pieces = ['0', '1', '9', '10', '007', 'a', 'Z', '~', '+', '.', '-', 'rc', '~~', '-0', '12345678901234567890'];
  const some = (): string => {
    let text = '';
    for (let i = random.below(5); i >= 0; i--) text += pieces[random.below(pieces.length)];
    // An empty revision is no version for dpkg.
    return `${random.chance(0.2) ? `${random.below(3)}:` : ''}${random.below(3)}${text.replace(/-+$/, '')}`;
  };
  // dpkg in one process for all questions: a shell asks it, and prints a line for each.
  const cases: [a: string, operator: '<<' | '=' | '>>', b: string][] = [];
  for (let i = 0; i < fuzzRounds(250); i++) {
    const a = some();
    cases.push([
      a,
      (['<<', '=', '>>'] as const)[random.below(3)],
      random.chance(0.2) ? `${a}${pieces[random.below(pieces.length)]}` : some(),
    ]);
  }
  const script = 'while read -r a o b; do dpkg --compare-versions "$a" "$o" "$b" 2>&1 && echo true || echo false; done';
  const run = spawnSync('sh', ['-c', script], { input: cases.map((one) => `${one.join(' ')}\n`).join(''), encoding: 'utf8' });
  const answers = run.stdout.trim().split('\n');
  let compared = 0;
  for (const [i, [a, operator, b]] of cases.entries()) {
    if (!['true', 'false'].includes(answers[i])) throw new Error(`seed ${random.seed}: dpkg: ${a} ${operator} ${b}: ${answers[i]}`);
    assert.is(versionMatches(a, operator, b), answers[i] === 'true', `seed ${random.seed}: ${a} ${operator} ${b}`);
    compared++;
  }
  assert.is(compared, cases.length);
});

test.run();
