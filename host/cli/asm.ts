import type { Command } from 'commander';
import { writeOutput } from './files.js';

export function asmCommand(program: Command, finish: (status: number) => void): void {
  program
    .command('asm')
    .description('assemble a source file into a static riscv64 executable')
    .argument('<file>', 'assembler source')
    .requiredOption('-o, --output <file>', 'the executable to write')
    .addHelpText('after', '\nExample:\n  pagewalk asm hello.s -o hello.elf && pagewalk run hello.elf\n')
    .action(async (file: string, options: { output: string }) => {
      const { assembleFile } = await import('./assemble-file.js');
      writeOutput(options.output, assembleFile(file), 0o777);
      finish(0);
    });
}
