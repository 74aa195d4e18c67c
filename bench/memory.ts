import { build, median, peers, ratio, table, time } from './measure.js';

/** bench/mm.c on every machine at hand: ns per operation, medians over the rounds. */
export function benchMemory(rounds: number, names: readonly string[]): void {
  console.log('memory system and kernel calls (bench/mm.c), ns per operation');
  const program = build('bench/mm.c', 'mm', []);
  const machines = peers();
  const figures = new Map<string, Map<string, number[]>>();
  for (let round = 0; round < rounds; round++) {
    for (const peer of machines) {
      const sample = time(peer.command(program, names));
      if (sample.status !== 0) throw new Error(`${peer.name}: mm ended with ${sample.status}\n${sample.output}`);
      for (const line of sample.output.trim().split('\n')) {
        const [name, ns] = line.split('\t');
        const row = figures.get(name) ?? new Map<string, number[]>();
        figures.set(name, row);
        row.set(peer.name, [...(row.get(peer.name) ?? []), Number(ns)]);
      }
    }
  }
  const value = (row: Map<string, number[]>, peer: string): number => median(row.get(peer) ?? [Number.NaN]);
  const rows = [...figures].map(([name, row]) => [
    name,
    ...machines.map((peer) => value(row, peer.name).toFixed(0)),
    ...machines.slice(1).map((peer) => ratio(value(row, 'pagewalk'), value(row, peer.name))),
  ]);
  table(['operation', ...machines.map((peer) => peer.name), ...machines.slice(1).map((peer) => `/${peer.name}`)], rows);
}
