import { type Command, Option } from 'commander';
import { NOFILE_MAX, PID_MAX, THREADS_MAX } from '../kernel/limits.js';
import { UNPACKED_MAX_BYTES } from '../vfs/backends/tar-gzip.js';
import { OPEN_FILES_MAX } from '../vfs/filecount.js';
import type { RunOptions } from './execute.js';
import {
  MEMORY_DEFAULT,
  parseCount,
  parseEnvironment,
  parseFramebuffer,
  parseFuel,
  parseMemory,
  parseMount,
  parsePublish,
  parseSize,
  parseSwap,
  parseTimeout,
  showSize,
} from './options.js';

const collect =
  <T>(parse: (text: string) => T) =>
  (text: string, all: readonly T[] = []): T[] => [...all, parse(text)];

const EXAMPLES = `
PROGRAM is a riscv64 ELF file (or FILE.s, assembled first). Everything after it belongs to the program.

Without --root, PROGRAM is a file of this computer; the program sees a file system in memory with itself at the same path, /proc, /dev
and /tmp. With --root it is looked up in that tree, by PATH when it has no slash; what the program writes stays in memory unless --rw.
Its environment is PATH, HOME=/root, USER=root and TERM, and what --env gives.

Exit status: the program's; 128+n when signal n killed it; 2 wrong usage; 124 --timeout; 125 --fuel is used up; 126 it cannot be
run; 127 it is not there. Ctrl-C is SIGINT for the program; twice within a second ends the run if the program takes no notice, three times
Ctrl-] always.

Examples:
  pagewalk run hello.elf                         run a program
  echo 2+2 | pagewalk run bc.elf -l              options after the program are its own
  pagewalk run --root debian.tar.gz sh           a shell in an archive, changes forgotten at the end
  pagewalk run --root . --rw --cwd /src make     a folder as '/', changes kept
  pagewalk run --mount data:/data:ro prog.elf    a folder of this computer, read only
  pagewalk run --stats --memory 64M prog.elf     page faults, TLB misses, instructions, time
  pagewalk run --strace=log.txt prog.elf         system calls to a file
  pagewalk run --framebuffer 320x200 --screenshot a.png draw.elf
  pagewalk run --root debian.tar.gz --snapshot py.pw python3    a ready-made machine: saved at the prompt
  pagewalk run --root debian.tar.gz --restore py.pw             and as often as one likes from there
`;

/** Options that say what machine a program runs in. */
export function worldOptions(command: Command): Command {
  return command
    .option('--root <path>', "the program's '/': a folder, or .tar, .tar.gz, .tar.xz, .tar.zst")
    .option('--rw', 'write to the folder of --root itself')
    .addOption(new Option('--owners <who>', "to whom a folder's files belong inside").choices(['root', 'host']).default('root'))
    .option('--mount <src:dst[:ro]>', 'show a folder, file or archive at DST (repeatable)', collect(parseMount))
    .option('--cwd <dir>', 'working directory inside')
    .option('--user <user[:group]>', "names of the machine's /etc/passwd and /etc/group, or numbers (default: root)")
    .option('--env <name=value>', 'set a variable of the environment (repeatable)', collect(parseEnvironment))
    .addOption(
      new Option('--memory <size>', 'memory of the machine').argParser(parseMemory).default(MEMORY_DEFAULT, showSize(MEMORY_DEFAULT)),
    )
    .option('--swap <size>', 'room for pages that do not fit in memory, in a temporary file (default: none)', parseSwap)
    .option('--timeout <seconds>', 'end the run after so much time', parseTimeout)
    .option('--fuel <n>', 'end the run after so many instructions', parseFuel)
    .addOption(
      new Option('--max-processes <n>', 'processes and threads in all')
        .argParser(parseCount('--max-processes', 1, PID_MAX))
        .default(THREADS_MAX),
    )
    .addOption(
      new Option('--max-files <n>', 'open files in all').argParser(parseCount('--max-files', 3, NOFILE_MAX)).default(OPEN_FILES_MAX),
    )
    .addOption(
      new Option('--max-archive <size>', 'most that an archive may unpack to')
        .argParser(parseSize('--max-archive'))
        .default(UNPACKED_MAX_BYTES, showSize(UNPACKED_MAX_BYTES)),
    )
    .addOption(
      new Option('--net <who>', 'what sockets reach: nothing but this machine, or whatever this computer does')
        .choices(['none', 'host'])
        .default('none'),
    )
    .option('--publish <hostport:guestport>', 'connections to a port of 127.0.0.1 reach a port inside (repeatable)', collect(parsePublish))
    .option('--framebuffer <wxh>', 'a frame buffer of so many pixels at /dev/fb0', parseFramebuffer)
    .option('--aslr', 'put stack, heap, mappings and programs at random addresses');
}

export function runCommand(program: Command, finish: (status: number) => void): void {
  worldOptions(program.command('run'))
    .description('run a riscv64 Linux program')
    .usage('[options] PROGRAM [ARGS...]')
    .argument('[program]', 'riscv64 ELF file or assembler source; none with --restore')
    .argument('[args...]', 'its arguments')
    .passThroughOptions()
    .configureHelp({ optionTerm: (option) => option.flags.replace(' [file]', '[=file]'), helpWidth: 120 })
    .option('--snapshot <file>', 'save the machine when a program waits for input, and end the run')
    .option('--snapshot-at <n>', 'with --snapshot: after so many instructions instead', parseFuel)
    .option('--restore <file>', 'go on with a machine that --snapshot has saved; --root and --mount as they were')
    .option('--screenshot <file.png>', 'what /dev/fb0 shows when the run ends')
    .addOption(new Option('--stats [file]', 'what happened: on stderr, or as JSON to =FILE'))
    .addOption(new Option('--strace [file]', 'system calls: on stderr, or to =FILE'))
    .addOption(
      new Option(
        '--jit <mode>',
        'compile hot code to WebAssembly (default: on); baseline, regions: one kind of code; window, table: regions, one kind of access',
      ).choices(['on', 'off', 'baseline', 'regions', 'window', 'table']),
    )
    .addOption(
      new Option('--jit-threshold <n>', 'instructions that code is interpreted for before it is compiled; 1: all at once').argParser(
        parseCount('--jit-threshold', 1, 999_999_999),
      ),
    )
    .option('--profile <file>', 'functions by instructions executed, for profile viewers (.cpuprofile) or as a table (.txt)')
    .option('--jit-stats', 'what was compiled and why it was left, on stderr')
    .option('--jit-dump <dir>', 'a file for all that is compiled: guest instructions and the WebAssembly they became')
    .addHelpText('after', EXAMPLES)
    .action(
      async (path: string | undefined, args: readonly string[], options: RunOptions & { env?: [string, string][] }, command: Command) => {
        if (path === undefined && options.restore === undefined)
          command.error("error: missing required argument 'program'", { exitCode: 2 });
        // Loaded when it is needed: most of the machine is not, for --help and --version.
        const { runProgram } = await import('./execute.js');
        finish(await runProgram(path, args, { ...options, env: new Map(options.env ?? []) }));
      },
    );
}
