import { Argument, type Command, Option } from 'commander';
import { ROW_KINDS } from '../lab/rows.js';
import { PATTERNS } from '../lab/synthetic.js';
import { parseCount, parseMany, parseNumber, parseSize } from './options.js';
import { worldOptions } from './run.js';

const collect = (text: string, all: readonly string[] = []): string[] => [...all, text];

const EXAMPLES = `
What would a program's address translation cost on another machine? Systems of TLBs, page-walk caches and page tables are modelled while a
program runs, or on a recorded trace; any number of them in one pass. docs/lab.md explains, docs/lab-model.md defines every count.

Examples:
  pagewalk lab machines                                        the machines that are known
  pagewalk lab run --machine skylake examples/bin/malloc.elf
  pagewalk lab record -o sort.trace --root ./debian sort /etc/services
  pagewalk lab replay --machine sifive-u74 --vary tlbs[1].entries=8,16,32,64 --csv out.csv sort.trace
  pagewalk lab replay --distances data sort.trace              misses of every size of LRU TLB, from one pass
  pagewalk lab sweep -o sweep.jsonl --machine skylake --vary tlbs[4].entries=768,1536,3072 a.trace b.trace
  pagewalk lab report sweep.jsonl -o report.html
  pagewalk lab synth zipf --bytes 1G --vary tlbs[2].entries=128,512,2048
`;

function systemOptions(command: Command): Command {
  return command
    .option('--machine <name>', 'a machine that is known (repeatable; default: sifive-u74)', collect)
    .option('--config <file>', 'a system described in JSON or a list of systems (repeatable)', collect)
    .option('--vary <field=v1,v2>', 'each system with each of these values (repeatable: all combinations)', collect)
    .addOption(new Option('--distances <of>', 'reuse distances: misses of all LRU sizes').choices(['instructions', 'data', 'both']));
}

function modelOptions(command: Command): Command {
  return systemOptions(command)
    .option('--windows <n>', 'by time, in windows of n accesses; working sets', parseMany('--windows', 'accesses'))
    .option('--json <file>', 'configurations and counts as data')
    .option('--csv <file>', 'a row for each system')
    .option('--skip <n>', 'instructions that warm up what is modelled, before the counts begin', parseMany('--skip', 'instructions', 1e15))
    .option('--from <place>', 'counts begin there: a function (with run), mark:N, a marker of the program, or instruction:N')
    .option('--to <place>', 'counts end there')
    .option('--count <n>', 'instructions that are counted (default: all)', parseMany('--count', 'instructions', 1e15));
}

const withEnvironment = <T extends { env?: [string, string][] }>(options: T) => ({ ...options, env: new Map(options.env ?? []) });

export function labCommand(program: Command, finish: (status: number) => void): void {
  const lab = program
    .command('lab')
    .description('experiments on address translation')
    .configureHelp({ helpWidth: 120 })
    .enablePositionalOptions()
    .addHelpText('after', EXAMPLES);
  const programArguments = (command: Command): Command =>
    worldOptions(command)
      .argument('<program>', 'riscv64 ELF file or assembler source')
      .argument('[args...]', 'its arguments')
      .passThroughOptions()
      .configureHelp({ helpWidth: 120 });
  programArguments(
    modelOptions(lab.command('run').option('--attribute', 'who caused the walks of the first system: functions, mappings, calls')),
  )
    .description('model systems while a program runs; counts go to stderr')
    .action(async (path: string, args: readonly string[], options) => {
      const { labRun } = await import('./lab/commands.js');
      finish(await labRun(path, args, withEnvironment(options)));
    });
  programArguments(
    lab
      .command('record')
      .requiredOption('-o, --output <file>', 'the trace')
      .option('--from <place>', 'begin there: a function, mark:N, a marker of the program, or instruction:N')
      .option('--to <place>', 'end there')
      .option('--entries', 'page-table entries, too: for systems with "validate"'),
  )
    .description("record a program's accesses to memory")
    .action(async (path: string, args: readonly string[], options) => {
      const { labRecord } = await import('./lab/commands.js');
      finish(await labRecord(path, args, withEnvironment(options)));
    });
  modelOptions(lab.command('replay'))
    .description('model systems on a trace: one of lab record, or one that lab import takes')
    .argument('<trace>', 'a file')
    .option('--seek <n>', 'begin with the chunk in which instruction N is; what is before is not read', parseCount('--seek', 0, 2 ** 53))
    .configureHelp({ helpWidth: 120 })
    .action(async (path: string, options) => {
      const { labReplay } = await import('./lab/commands.js');
      finish(await labReplay(path, options));
    });
  lab
    .command('schema')
    .description('the JSON Schema of what --config reads, for editors')
    .action(async () => {
      const { labSchema } = await import('./lab/commands.js');
      finish(await labSchema());
    });
  lab
    .command('import')
    .description("make a trace of another tool's: Valgrind lackey, ChampSim, DynamoRIO drmemtrace; plain or packed with gzip, xz, zstd")
    .argument('<file>')
    .requiredOption('-o, --output <file>', 'the trace')
    .action(async (path: string, options: { output: string }) => {
      const { labImport } = await import('./lab/commands.js');
      finish(await labImport(path, options.output));
    });
  modelOptions(lab.command('synth'))
    .description('model systems on a pattern of accesses, or write it as a trace')
    .addArgument(new Argument('<pattern>').choices(PATTERNS))
    .option('-o, --output <file>', 'write a trace, model nothing')
    .option('--bytes <size>', 'of the data (default: 64M)', parseSize('--bytes'))
    .option('--accesses <n>', 'default: 10000000', parseMany('--accesses', 'accesses', 1e11))
    .option('--seed <n>', 'of the random numbers (default: 1)', parseCount('--seed', 0, 0xffffffff))
    .option('--stride <bytes>', 'of the pattern stride (default: 4160)', parseSize('--stride'))
    .option('--exponent <x>', 'of the pattern zipf (default: 0.99)', parseNumber('--exponent', 0, 100))
    .configureHelp({ helpWidth: 120 })
    .action(async (pattern, options) => {
      const { labSynth } = await import('./lab/commands.js');
      finish(await labSynth(pattern, options));
    });
  systemOptions(lab.command('sweep'))
    .description('model many systems on traces, in parallel; what the file has already is not done again')
    .argument('<traces...>', 'files')
    .requiredOption('-o, --output <file>', 'the results, a line of JSON for each; a sweep that was ended early goes on')
    .option('--workers <n>', 'threads (default: one for each processor)', parseCount('--workers', 1, 256))
    .option('--queue <url>', 'redis://HOST:PORT: jobs go into a queue there, for lab worker on any computer')
    .configureHelp({ helpWidth: 120 })
    .action(async (paths: readonly string[], options) => {
      const { labSweep } = await import('./lab/sweep.js');
      finish(await labSweep(paths, options));
    });
  lab
    .command('worker')
    .description('carry out the jobs of sweeps that were given --queue; ends by SIGTERM or Ctrl-C, when its jobs at hand are done')
    .argument('<url>', 'redis://HOST:PORT')
    .option('--workers <n>', 'threads (default: one for each processor)', parseCount('--workers', 1, 256))
    .option('--traces <folder>', 'where traces are that are not at the path that the sweep was given')
    .option('--lease <seconds>', 'after so long without a sign of life jobs go to others (default: 30)', parseCount('--lease', 1, 3600))
    .configureHelp({ helpWidth: 120 })
    .action(async (url: string, options) => {
      const { labWorker } = await import('./lab/worker.js');
      finish(await labWorker(url, options));
    });
  lab
    .command('compare')
    .description('in which counts two results differ')
    .argument('<a>', 'a file of --json or of lab sweep')
    .argument('<b>', 'another one')
    .option('--all', 'every measure, not only those that differ')
    .option('--json', 'as data')
    .option('--exact', 'exit status 1 if anything differs')
    .configureHelp({ helpWidth: 120 })
    .action(async (a: string, b: string, options) => {
      const { labCompare } = await import('./lab/compare.js');
      finish(await labCompare(a, b, options));
    });
  lab
    .command('report')
    .description('a page of results: plots, tables, configurations, how to make them again; it needs no other file')
    .argument('<results...>', 'files of --json and of lab sweep')
    .requiredOption('-o, --output <file>', 'the page (HTML)')
    .option('--title <text>', 'above the page')
    .configureHelp({ helpWidth: 120 })
    .action(async (paths: readonly string[], options) => {
      const { labReport } = await import('./lab/report.js');
      finish(await labReport(paths, options));
    });
  lab
    .command('export')
    .description('results as a table: CSV or Parquet, as the name of the output says')
    .argument('<results...>', 'files of --json and of lab sweep')
    .requiredOption('-o, --output <file>', 'ends with .csv or .parquet')
    .addOption(new Option('--rows <of>', 'what has a row each').choices(ROW_KINDS).default('systems'))
    .configureHelp({ helpWidth: 120 })
    .action(async (paths: readonly string[], options) => {
      const { labExport } = await import('./lab/export.js');
      finish(await labExport(paths, options));
    });
  lab
    .command('machines')
    .description('the machines that are known, or the description of one')
    .argument('[name]')
    .action(async (name: string | undefined) => {
      const { labMachines } = await import('./lab/commands.js');
      finish(await labMachines(name));
    });
}
