import { readFileSync } from 'node:fs';
import { build, median, peers, ratio, table, time } from './measure.js';

/** A program that only prints: what starting costs, the whole process included, and through the API in a process that is warm. */
export async function benchStartup(rounds: number): Promise<void> {
  console.log('start-up: hello under glibc (static), whole process, wall milliseconds');
  const program = build('bench/hello.c', 'hello', []);
  const machines = peers();
  const walls = new Map<string, number[]>(machines.map((peer) => [peer.name, []]));
  for (let round = 0; round < rounds * 2; round++) {
    for (const peer of machines) {
      const sample = time(peer.command(program, []));
      if (sample.output !== 'hello\n') throw new Error(`${peer.name} printed ${JSON.stringify(sample.output)}`);
      walls.get(peer.name)?.push(sample.wallMs);
    }
  }
  const wall = (name: string): number => median(walls.get(name) as number[]);
  table(
    ['machine', 'ms', 'pagewalk / it'],
    machines.map((peer) => [peer.name, wall(peer.name).toFixed(1), ratio(wall('pagewalk'), wall(peer.name))]),
  );
  await benchApi(rounds, readFileSync(program.riscv));
}

const WARM_RUNS = 5;

/** CPU time of this process, milliseconds: user and system. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The library as it is installed. Each kind of run has its turn, so that whatever else the host does meets both. */
async function benchApi(rounds: number, program: Uint8Array): Promise<void> {
  console.log('start-up: the same program through the API in a warm process, CPU milliseconds of a run');
  const { Machine, run, runSync }: typeof import('../host/index-node.js') = await import(
    new URL('../dist/bin/index-node.js', import.meta.url).href
  );
  const machine = await Machine.create({ files: { '/hello': program } });
  const kinds: Readonly<Record<string, () => Promise<{ readonly text: string }>>> = {
    'machine.run() in a machine that is there': () => machine.run('/hello'),
    'machine.runSync()': async () => machine.runSync('/hello'),
    'run(), with a machine of its own': () => run({ program }),
    'runSync(), with a machine of its own': async () => runSync({ program }),
    'Machine.create, run, close': async () => {
      const own = await Machine.create({ files: { '/hello': program } });
      const output = await own.run('/hello');
      await own.close();
      return output;
    },
  };
  const times = new Map<string, number[]>(Object.keys(kinds).map((name) => [name, []]));
  const measure = async (names: readonly string[]): Promise<void> => {
    for (let round = -WARM_RUNS; round < rounds * 4; round++) {
      for (const name of names) {
        const before = cpuMs();
        const { text } = await kinds[name]();
        if (text !== 'hello\n') throw new Error(`${name} printed ${JSON.stringify(text)}`);
        if (round >= 0) times.get(name)?.push(cpuMs() - before);
      }
    }
  };
  // Memory that is thrown away is collected in somebody else's run.
  const [last, ...others] = Object.keys(kinds).reverse();
  await measure(others);
  await measure([last]);
  await machine.close();
  table(
    ['run', 'ms'],
    [...times].map(([name, samples]) => [name, median(samples).toFixed(1)]),
  );
}
