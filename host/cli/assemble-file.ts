import { assemble, formatDiagnostic } from '../asm/index.js';
import { readInput } from './files.js';
import { CliError } from './options.js';

/** The ELF file of a source text; errors are printed as a compiler does and end the command with status 1. */
export function assembleFile(path: string, missingStatus = 1): Uint8Array {
  const text = new TextDecoder().decode(readInput(path, missingStatus, missingStatus === 1 ? 1 : 126));
  const { elf, errors, errorsDropped } = assemble(text, path);
  if (elf !== undefined) return elf;
  for (const error of errors) process.stderr.write(`${formatDiagnostic(error)}\n`);
  const count = errors.length + errorsDropped;
  throw new CliError(1, `${path}: ${count} error${count === 1 ? '' : 's'}`);
}
