import { Command, CommanderError } from 'commander';
import { asmCommand } from './asm.js';
import { demoCommand } from './demo.js';
import { disasmCommand } from './disasm.js';
import { inspectCommand } from './inspect.js';
import { labCommand } from './lab.js';
import { CliError, EXIT_USAGE, markOptionalValues, UsageError } from './options.js';
import { inspectOptionsFirst } from './options-inspect.js';
import { complain, print } from './output.js';
import { rootfsCommand } from './rootfs.js';
import { runCommand } from './run.js';
import { provideMemory } from './start/early.js';
import { version } from './version.js';

export { reached } from './jit.js';

/**
 * The command line. Each command ends with a status; output that is still on its way to a pipe is waited for by the process itself.
 * `memory`: linear memory for the first machine that is made.
 */
export async function main(argv: readonly string[], memory?: WebAssembly.Memory): Promise<number> {
  provideMemory(memory);
  let status = 0;
  const finish = (code: number): void => {
    status = code;
  };
  const program = new Command('pagewalk')
    .description('Runs riscv64 Linux programs on a machine with a real MMU.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: print, outputError: (text, write) => write(text.replace(/^error: /, 'pagewalk: ')) })
    .showHelpAfterError('(pagewalk --help shows how it is used)');
  runCommand(program, finish);
  inspectCommand(program, finish);
  labCommand(program, finish);
  asmCommand(program, finish);
  disasmCommand(program, finish);
  demoCommand(program, finish);
  rootfsCommand(program);
  try {
    await program.parseAsync(inspectOptionsFirst(markOptionalValues(argv)), { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    if (error instanceof UsageError) return fail(error.message, EXIT_USAGE);
    if (error instanceof CliError) return fail(error.message, error.status);
    throw error;
  }
}

function fail(message: string, status: number): number {
  complain(message);
  return status;
}
