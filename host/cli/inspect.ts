import type { Command } from 'commander';
import type { RunOptions } from './execute.js';
import { parseCount } from './options.js';
import { worldOptions } from './run.js';

export interface InspectOptions extends RunOptions {
  readonly at: string;
  readonly pid?: number;
  readonly all?: boolean;
  readonly walk?: readonly string[];
  readonly html?: string;
  readonly svg?: string;
  readonly json?: string;
  readonly width?: number;
}

const WIDTH_MIN = 40;
const WIDTH_MAX = 1000;
const PID_MAX = 4_194_304;

const EXAMPLES = `
Runs PROGRAM up to a point and draws its address space: mappings, what each page is, page tables, the walk of single addresses. At the
point nothing of what comes next has happened: the call is not carried out, the instruction not executed. The options above PROGRAM are
those of 'run'; --at and the others may also stand right behind it (then -- ends them).

--at POINT:
  exit                   when the main program ends (--pid: that process), its memory still there
  syscall:NAME[:N]       before the first (N-th) call of that name; NAME alone will do
  pc:ADDRESS             before the first instruction executed at 0x1234, main, main+8; 0x1234 alone will do.
                         From when the symbol is mapped on, instructions are executed one by one, some 50 times slower
  instructions:N         after N instructions of all processes (10K, 2M)

Exit status: 0; 1 when the point was not reached (then the state at the end is drawn) or a symbol is unknown; 2 wrong usage.

Examples:
  pagewalk inspect examples/bin/fork-cow.elf
  pagewalk inspect --at syscall:wait4 --walk sp --html space.html examples/bin/fork-cow.elf
  pagewalk inspect --at pc:main --walk main --walk 0x20000 prog.elf
  pagewalk inspect --root ./debian --at syscall:mmap:5 python3 -c 'pass'
`;

const collect = (text: string, all: readonly string[] = []): string[] => [...all, text];

export function inspectCommand(program: Command, finish: (status: number) => void): void {
  worldOptions(program.command('inspect'))
    .description("draw a program's address space at a system call, an instruction or its end")
    .usage('[options] PROGRAM [ARGS...]')
    .argument('<program>', 'riscv64 ELF file or assembler source')
    .argument('[args...]', 'its arguments')
    .passThroughOptions()
    .configureHelp({ helpWidth: 120 })
    .option('--at <point>', 'where to stop', 'exit')
    .option('--pid <n>', 'the process that is meant; the program itself is 2', parseCount('--pid', 1, PID_MAX))
    .option('--all', 'show every process')
    .option('--walk <address>', 'show the walk of an address: 0x1234, symbol+8, sp, pc (repeatable)', collect)
    .option('--html <file>', 'a page with a picture')
    .option('--svg <file>', 'the picture')
    .option('--json <file>', 'everything as data')
    .option('--width <n>', 'columns of the text', parseCount('--width', WIDTH_MIN, WIDTH_MAX))
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, args: readonly string[], options: Omit<InspectOptions, 'env'> & { env?: [string, string][] }) => {
      const { inspectProgram } = await import('./inspect-run.js');
      finish(await inspectProgram(path, args, { ...options, env: new Map(options.env ?? []) }));
    });
}
