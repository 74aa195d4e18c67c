/** Assembly: the editor, what the assembler says, and how to run it. */
import { assemble, formatDiagnostic } from '../../../host/asm/index.js';
import { byId } from './dom.js';
import { AssemblyEditor } from './editor.js';
import type { Page } from './main.js';

const EXAMPLE = `# Touches memory page by page: every first store is a fault. Watch it in the memory view.

        .equ    SYS_write, 64
        .equ    SYS_exit, 93
        .equ    SYS_mmap, 222
        .equ    PAGES, 16

        .section .rodata
message:
        .ascii  "sixteen pages touched\\n"
        .equ    LENGTH, . - message

        .text
        .globl  _start
_start:
        li      a0, 0                   # anywhere
        li      a1, PAGES * 4096
        li      a2, 3                   # PROT_READ | PROT_WRITE
        li      a3, 0x22                # MAP_PRIVATE | MAP_ANONYMOUS
        li      a4, -1
        li      a5, 0
        li      a7, SYS_mmap
        ecall

        li      t0, PAGES
        li      t1, 4096
touch:
        sd      t0, 0(a0)               # the first store to a page: a fault
        add     a0, a0, t1
        addi    t0, t0, -1
        bnez    t0, touch

        li      a0, 1
        la      a1, message
        li      a2, LENGTH
        li      a7, SYS_write
        ecall

        li      a0, 0
        li      a7, SYS_exit
        ecall
`;

/** They wait for the editor to be loaded. */
const BUTTONS = [
  ['assemble-run', false],
  ['assemble-step', true],
] as const;

export class Workbench {
  readonly #editor = new AssemblyEditor(byId('editor'), EXAMPLE);
  readonly #result = byId('assemble-result');

  constructor(
    private readonly page: Page,
    private readonly complain: (text: string) => void,
  ) {
    for (const [id, paused] of BUTTONS) {
      const button = byId<HTMLButtonElement>(id);
      button.addEventListener('click', () => this.run(paused));
      button.disabled = false;
    }
  }

  get text(): string {
    return this.#editor.text;
  }

  set text(text: string) {
    this.#editor.text = text;
  }

  run(paused: boolean): void {
    this.complain('');
    const { elf, errors, errorsDropped } = assemble(this.text, 'input.s');
    if (elf === undefined) {
      const [first] = errors;
      const more = errors.length + errorsDropped - 1;
      this.#result.textContent = `${formatDiagnostic(first).split('\n')[0]}${more > 0 ? ` (and ${more} more)` : ''}`;
      this.#result.className = 'bad';
      this.#editor.goTo(first.line, first.column);
      return;
    }
    this.#result.textContent = `${elf.length} bytes of ELF`;
    this.#result.className = '';
    this.page.run('/program', elf, { paused, time: 'exact', watch: true });
  }
}
