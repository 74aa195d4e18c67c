/** The programs that come with the page: examples/, built. */
import { h } from './dom.js';

export interface Program {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  readonly screen?: boolean;
  /** It speaks with a person: the host's clock, and not every instruction looked at. */
  readonly live?: boolean;
}

export const PROGRAMS: readonly Program[] = [
  { name: 'hello', title: 'Hello', text: 'a system call, from C' },
  { name: 'demand-paging', title: 'Demand paging', text: 'frames come with the first touch' },
  { name: 'fork-cow', title: 'Fork', text: 'parent and child share frames until one writes' },
  { name: 'shared-file', title: 'Shared file', text: 'one page cache under read, write and two mappings' },
  { name: 'private-file', title: 'Private file', text: 'a mapping that copies on write' },
  { name: 'shared-ipc', title: 'Shared memory', text: 'two processes, one page' },
  { name: 'protect', title: 'Protection', text: 'SIGSEGV, repaired and tried again' },
  { name: 'malloc', title: 'Malloc', text: 'an allocator over mmap' },
  { name: 'msync', title: 'Msync', text: 'what it promises, and its errors' },
  { name: 'keep', title: 'Keep', text: 'msync, reload: which count is still there?', live: true },
  { name: 'mremap', title: 'Mremap', text: 'moves page-table entries instead of bytes' },
  { name: 'stack', title: 'Stack', text: 'grows by faults, and where it ends' },
  { name: 'pipe', title: 'Pipeline', text: 'three processes' },
  { name: 'sieve', title: 'Sieve', text: 'primes, in assembly' },
  { name: 'lazy-table', title: 'Lazy table', text: 'a SIGSEGV handler that fills pages' },
  { name: 'snake', title: 'Snake', text: 'a game: keys in, pixels out', screen: true, live: true },
  { name: 'framebuffer', title: 'Picture', text: 'draws by storing into /dev/fb0', screen: true, live: true },
];

const urls = import.meta.glob<string>('../../../examples/bin/*.elf', { query: '?url', import: 'default', eager: true });

export async function loadProgram(name: string): Promise<Uint8Array> {
  const url = urls[`../../../examples/bin/${name}.elf`];
  if (url === undefined) throw new Error(`there is no program '${name}'`);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${name} could not be loaded: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

export function programList(onRun: (program: Program) => void): HTMLElement {
  return h(
    'ul',
    { class: 'programs' },
    ...PROGRAMS.map((program) =>
      h(
        'li',
        {},
        h(
          'button',
          { type: 'button', id: `program-${program.name}`, onclick: () => onRun(program) },
          h('b', {}, program.title),
          h('span', {}, program.text),
        ),
      ),
    ),
  );
}
