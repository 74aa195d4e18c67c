import { Assembler } from './assembler.js';
import { type Diagnostic, formatDiagnostic, Source } from './diagnostics.js';

export { type Diagnostic, formatDiagnostic };

/** What `assemble` makes of a source text. */
export interface AssembleResult {
  /** A static ELF64 riscv executable; undefined when there are errors. */
  readonly elf: Uint8Array | undefined;
  readonly errors: readonly Diagnostic[];
  /** Errors beyond the first 50, which are not listed. */
  readonly errorsDropped: number;
}

/** Assembles one source text. Never throws, whatever the text. */
export function assemble(text: string, file = 'input.s'): AssembleResult {
  const assembler = new Assembler(new Source(file, text));
  assembler.parse();
  const elf = assembler.finish();
  const errors = [...assembler.diagnostics.list].sort((a, b) => a.line - b.line || a.column - b.column);
  return { elf, errors, errorsDropped: assembler.diagnostics.dropped };
}
