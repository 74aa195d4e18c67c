/**
 * What a ready-made machine saves: programs of a Debian root (scripts/fetch-userland.sh) are started
 * to their prompt, the machine is saved, and restored again and again, until it has answered a line. Medians, in milliseconds of the wall.
 */
import { existsSync } from 'node:fs';
import { folder, Machine, overlay, SnapshotImage } from '../host/index-node.js';
import { USERLAND_ROOT } from '../tests/support/userland.js';
import { median, table } from './measure.js';

const CASES = [
  { name: 'bash', program: ['/bin/bash', '--norc', '-i'], prompt: '# ', question: 'echo $((6 * 7))\n', answer: '42' },
  { name: 'python3', program: ['/usr/bin/python3', '-q'], prompt: '>>> ', question: 'print(6 * 7)\n', answer: '42' },
];
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((done) => setTimeout(done, 1));
}

export async function benchSnapshot(rounds: number): Promise<void> {
  if (!existsSync(USERLAND_ROOT)) {
    console.log(`no ${USERLAND_ROOT} (scripts/fetch-userland.sh): left out`);
    return;
  }
  const root = overlay(folder(USERLAND_ROOT));
  const rows: string[][] = [];
  for (const { name, program, prompt, question, answer } of CASES) {
    const [path, ...args] = program;
    const begun = performance.now();
    let shown = '';
    const stdio = { stdout: (bytes: Uint8Array): unknown => (shown += Buffer.from(bytes).toString()) };
    const machine = await Machine.create({ memory: '64M', root });
    const { pid } = await machine.spawn(path, args, { tty: true, ...stdio });
    await until(() => shown.endsWith(prompt));
    const cold = performance.now() - begun;
    const saves: number[] = [];
    const packed: number[] = [];
    const restores: number[] = [];
    const answers: number[] = [];
    let bytes = new Uint8Array(0);
    for (let round = 0; round < rounds; round++) {
      const saving = performance.now();
      bytes = await machine.snapshot();
      saves.push(performance.now() - saving);
      const unpacking = performance.now();
      const image = await SnapshotImage.open(bytes);
      const restoring = performance.now();
      shown = '';
      const again = await Machine.restore(image, { root, stdio: () => stdio });
      const done = performance.now();
      restores.push(done - restoring);
      packed.push(done - unpacking);
      await again.process(pid)?.stdin.getWriter().write(new TextEncoder().encode(question));
      await until(() => shown.includes(`${answer}\r\n`));
      answers.push(performance.now() - restoring);
      await again.close();
    }
    await machine.close();
    const figures = [cold, median(saves), median(packed), median(restores), median(answers)].map((ms) => ms.toFixed(0));
    rows.push([name, ...figures, (bytes.length / 1e6).toFixed(2)]);
  }
  table(['program', 'start to prompt', 'save', 'restore', 'from an image', 'and answer', 'MB'], rows);
}
