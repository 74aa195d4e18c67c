import type { Command } from 'commander';
import type { ListingOptions } from '../debug/listing.js';
import { readInput } from './files.js';
import { CliError } from './options.js';
import { writeAll } from './output.js';

const CHUNK_CHARACTERS = 1 << 16;

export function disasmCommand(program: Command, finish: (status: number) => void): void {
  program
    .command('disasm')
    .description('show the instructions of a riscv64 program')
    .argument('<file>', 'ELF file')
    .option('--raw', 'no pseudo-instructions, and compressed instructions by their own names')
    .option('--section <name>', 'only this section')
    .addHelpText('after', '\nExample:\n  pagewalk disasm --section .text hello.elf | less\n')
    .action(async (file: string, options: ListingOptions) => {
      const { ListingError, listing } = await import('../debug/listing.js');
      const bytes = readInput(file, 1);
      try {
        let text = `${file}:\n`;
        for (const line of listing(bytes, options)) {
          text += `${line}\n`;
          if (text.length < CHUNK_CHARACTERS) continue;
          if (!(await writeAll(process.stdout, text))) return finish(0);
          text = '';
        }
        await writeAll(process.stdout, text);
      } catch (error) {
        if (error instanceof ListingError) throw new CliError(1, `${file}: ${error.message}`);
        throw error;
      }
      finish(0);
    });
}
