/** Which packages a request takes: alternatives, virtual packages, conflicts, cycles, and what is said when nothing fits. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PackageIndex } from '../../host/cli/rootfs/packages.js';
import { ResolveError, Resolver } from '../../host/cli/rootfs/resolve.js';
import { packagesText, type TestPackage } from '../support/debian.js';
import { Random } from '../support/random.js';

type Row = readonly [name: string, fields?: string | Readonly<Record<string, string>>, version?: string];

function makeIndex(rows: readonly Row[]): PackageIndex {
  const index = new PackageIndex();
  const packages: TestPackage[] = rows.map(([name, fields = {}, version]) => ({
    name,
    version,
    fields: typeof fields === 'string' ? { Depends: fields } : fields,
  }));
  index.add(packagesText(packages));
  return index;
}

function resolve(rows: readonly Row[], roots: readonly string[], essential = false, recommends = false): string[] {
  const found = new Resolver(makeIndex(rows), { recommends, arch: 'riscv64' }).resolve(roots, essential);
  return found.map(({ package: it }) => (it.version === '1.0' ? it.name : `${it.name}=${it.version}`));
}

function fails(rows: readonly Row[], roots: readonly string[], message: RegExp): void {
  assert.throws(
    () => resolve(rows, roots),
    (error: unknown) => error instanceof ResolveError && message.test(error.message),
  );
}

test('dependencies of dependencies, cycles, Pre-Depends', () => {
  const rows: Row[] = [['a', 'b'], ['b', { 'Pre-Depends': 'c', Depends: 'a' }], ['c', 'b'], ['other']];
  assert.equal(resolve(rows, ['a']), ['a', 'b', 'c']);
  assert.equal(resolve([['self', 'self']], ['self']), ['self']);
});

test('the latest version that fits', () => {
  const rows: Row[] = [
    ['a', 'lib (<< 2)'],
    ['lib', {}, '1.5'],
    ['lib', {}, '2.0'],
    ['lib', {}, '1.10'],
  ];
  assert.equal(resolve(rows, ['a']), ['a', 'lib=1.10']);
  assert.equal(resolve(rows, ['lib']), ['lib=2.0']);
  assert.equal(resolve(rows, ['lib=1.5']), ['lib=1.5']);
  fails(rows, ['a', 'lib=2.0'], /lib/);
  fails(rows, ['lib=7'], /no version 7, only 2\.0, 1\.10, 1\.5/);
});

test('alternatives: the first, unless another is there anyway or the first is impossible', () => {
  const rows: Row[] = [['a', 'x | y'], ['x'], ['y'], ['b', 'y'], ['c', { Conflicts: 'x' }]];
  assert.equal(resolve(rows, ['a']), ['a', 'x']);
  assert.equal(resolve(rows, ['a', 'b']), ['a', 'b', 'y']);
  assert.equal(resolve(rows, ['a', 'c']), ['a', 'c', 'y']);
  assert.equal(resolve([['a', 'gone | y'], ['y']], ['a']), ['a', 'y']);
});

test('virtual packages, with and without versions', () => {
  const rows: Row[] = [
    ['mail', 'mta'],
    ['exim', { Provides: 'mta', Conflicts: 'mta' }],
    ['postfix', { Provides: 'mta (= 3)', Conflicts: 'mta' }],
    ['new', 'mta (>= 2)'],
    ['perl', { Provides: 'perl-json (= 4.1), perl5' }],
    ['uses', 'perl-json (>= 4), perl5'],
    ['strict', 'perl5 (>= 5)'],
  ];
  assert.equal(resolve(rows, ['mail']), ['exim', 'mail']);
  assert.equal(resolve(rows, ['new']), ['new', 'postfix']);
  assert.equal(resolve(rows, ['mail', 'new']), ['mail', 'new', 'postfix']);
  assert.equal(resolve(rows, ['uses']), ['perl', 'uses']);
  fails(rows, ['strict'], /strict needs perl5 \(>= 5\)/);
  fails(rows, ['mta'], /provided by several packages.*exim, postfix/);
  assert.equal(resolve(rows, ['perl5']), ['perl']);
  fails(rows, ['exim', 'postfix'], /conflicts/);
});

test('a choice that leads nowhere is taken back', () => {
  const rows: Row[] = [['a', 'x | y, z'], ['x', 'w'], ['y'], ['z', { Breaks: 'w' }], ['w']];
  assert.equal(resolve(rows, ['a']), ['a', 'y', 'z']);
});

test('essential and recommended packages', () => {
  const rows: Row[] = [
    ['a', { Recommends: 'r, gone, bad' }],
    ['r'],
    ['bad', { Conflicts: 'a' }],
    ['base', { Essential: 'yes', Depends: 'lib' }],
    ['lib'],
  ];
  assert.equal(resolve(rows, ['a']), ['a']);
  assert.equal(resolve(rows, ['a'], true), ['a', 'base', 'lib']);
  assert.equal(resolve(rows, ['a'], false, true), ['a', 'r']);
});

test('dependencies on another architecture are met by none', () => {
  assert.equal(resolve([['a', 'b:any'], ['b']], ['a']), ['a', 'b']);
  assert.equal(resolve([['a', 'b:riscv64'], ['b']], ['a']), ['a', 'b']);
  fails([['a', 'b:amd64'], ['b']], ['a'], /a needs b/);
});

test('what is missing is named, with who needs it and what is like it', () => {
  const rows: Row[] = [['python3', 'python3.13'], ['python3.13', 'libssl (>= 9)'], ['libssl', {}, '3.5'], ['coreutils']];
  fails(rows, ['pyton3'], /no package is called 'pyton3'; similar: python3/);
  fails(rows, ['core-utils'], /similar: coreutils/);
  fails(rows, ['zzzzzz'], /^no package is called 'zzzzzz'$/);
  fails(rows, ['python3'], /python3\.13 \(needed by python3\) needs libssl \(>= 9\), which is not there \(there is libssl 3\.5\)/);
  fails(rows, ['bad name'], /not the name of a package/);
});

test('any index: an answer that holds, or an error; never without end', () => {
  let solved = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const random = new Random(seed);
    const name = (): string => `p${random.below(12)}`;
    const clause = (): string => `${name()}${random.chance(0.3) ? ` (${random.chance(0.5) ? '>=' : '<<'} ${1 + random.below(3)})` : ''}`;
    const clauses = (): string =>
      Array.from({ length: random.below(3) }, () => (random.chance(0.4) ? `${clause()} | ${clause()}` : clause())).join(', ');
    const rows: Row[] = Array.from({ length: 20 }, (): Row => {
      const fields: Record<string, string> = { Depends: clauses() };
      if (random.chance(0.3)) fields.Conflicts = name();
      if (random.chance(0.3)) fields.Provides = `${name()}${random.chance(0.5) ? ' (= 2)' : ''}`;
      return [name(), fields, String(1 + random.below(3))];
    });
    const index = makeIndex(rows);
    let found: ReturnType<Resolver['resolve']>;
    try {
      found = new Resolver(index, { recommends: false, arch: 'riscv64' }).resolve([name()], false);
    } catch (error) {
      assert.instance(error, ResolveError, `seed ${seed}: ${String(error)}`);
      continue;
    }
    solved++;
    const packages = found.map((it) => it.package);
    for (const it of packages) {
      for (const one of it.depends) {
        assert.ok(
          one.some((relation) => packages.some((other) => other.satisfies(relation))),
          `seed ${seed}: ${it.name} lacks ${one[0].name}`,
        );
      }
      for (const relation of it.conflicts) {
        assert.not(
          packages.some((other) => other !== it && other.satisfies(relation)),
          `seed ${seed}: ${it.name} against ${relation.name}`,
        );
      }
    }
  }
  assert.ok(solved > 20, `${solved} solved`);
});

test.run();
