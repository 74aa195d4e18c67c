import { build, median, peers, ratio, table, time } from './measure.js';

/** A program that only prints: what starting costs, the whole process included. */
export function benchStartup(rounds: number): void {
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
}
