/** A program that is hot, with calls, floating point and memory, run in each mode of the compiler: in a page, a worker, any engine. */
import { assemble, run } from '../../dist/host/index.js';

const SOURCE = `
_start: li s0, 20000
        la s2, data
outer:  mv a0, s0
        call triple
        add s1, s1, a0
        fcvt.d.l fa0, a0
        fmadd.d fs0, fa0, fa0, fs0
        fsqrt.d fa1, fs0
        fsd fa1, 8(s2)
        ld a3, 8(s2)
        xor s1, s1, a3
        sw s1, 0(s2)
        amoadd.w a4, s0, (s2)
        add s1, s1, a4
        addi s0, s0, -1
        bnez s0, outer
        mv a0, s1
        la a1, text + 16
        li a2, 16
1:      andi a3, a0, 15
        addi a3, a3, 'a'
        addi a1, a1, -1
        sb a3, 0(a1)
        srli a0, a0, 4
        addi a2, a2, -1
        bnez a2, 1b
        li a0, 1
        li a2, 16
        li a7, 64
        ecall
        li a0, 3
        li a7, 93
        ecall
triple: sh1add a0, a0, a0
        ret
.data
.balign 8
data:   .dword 0, 0
text:   .zero 16
`;

const MODES = {
  interpreted: false,
  compiled: { threshold: 300 },
  window: { threshold: 300, translation: 'window' },
  table: { threshold: 300, translation: 'table' },
  'without tail calls': { threshold: 300, tailCalls: false },
  'without fused multiply-add': { threshold: 300, fused: false },
};

/** Name of the mode -> what the program wrote, how it ended, what executed it. */
export async function runAll(core) {
  const module = core ?? (await WebAssembly.compile(await (await fetch('../../dist/core.wasm')).arrayBuffer()));
  const { elf } = assemble(SOURCE);
  const results = {};
  for (const [name, jit] of Object.entries(MODES)) {
    const { stdout, exitCode, stats, jit: compiled } = await run({ module, program: elf, jit });
    results[name] = {
      stdout: new TextDecoder().decode(stdout),
      exitCode,
      instructions: stats.instructions,
      compiled: compiled?.executedCompiled ?? 0,
    };
  }
  return results;
}
