/**
 * Pseudo-instructions: other spellings of one real instruction. The assembler reads a row from left to right, the
 * disassembler from right to left (rows marked `asm` only the first way: their result is better shown as itself, or
 * another row shows it). Rows that are several instructions long (li, la, call...) are the assembler's own work.
 *
 * `$1`... are the operands as written. Everything else in `real` stands for itself: a register, a number, a CSR, a fence set.
 * Where several rows fit, the first one with the right number of operands is taken, in both directions.
 */
export interface Pseudo {
  readonly name: string;
  /** How many operands it takes, or how the operands are written when that says more ("rd, symbol"). */
  readonly operands: number;
  readonly real: string;
  readonly meaning: string;
  readonly use?: 'asm';
}

type Row = readonly [name: string, operands: number, real: string, meaning: string, use?: 'asm'];

const ROWS: readonly Row[] = [
  // Integer
  ['nop', 0, 'addi zero, zero, 0', 'no operation'],
  ['li', 2, 'addi $1, zero, $2', 'load a constant (12 bits; longer ones take several instructions)'],
  ['mv', 2, 'addi $1, $2, 0', 'copy a register'],
  ['move', 2, 'addi $1, $2, 0', 'copy a register', 'asm'],
  ['not', 2, 'xori $1, $2, -1', 'complement'],
  ['neg', 2, 'sub $1, zero, $2', 'negate'],
  ['negw', 2, 'subw $1, zero, $2', 'negate the low word'],
  ['sext.w', 2, 'addiw $1, $2, 0', 'sign-extend a word'],
  ['zext.b', 2, 'andi $1, $2, 255', 'zero-extend a byte'],
  ['zext.w', 2, 'add.uw $1, $2, zero', 'zero-extend a word'],
  ['seqz', 2, 'sltiu $1, $2, 1', 'set if zero'],
  ['snez', 2, 'sltu $1, zero, $2', 'set if not zero'],
  ['sltz', 2, 'slt $1, $2, zero', 'set if below zero'],
  ['sgtz', 2, 'slt $1, zero, $2', 'set if above zero'],
  ['sgt', 3, 'slt $1, $3, $2', 'set if greater', 'asm'],
  ['sgtu', 3, 'sltu $1, $3, $2', 'set if greater, unsigned', 'asm'],
  // Branches and jumps
  ['beqz', 2, 'beq $1, zero, $2', 'branch if zero'],
  ['bnez', 2, 'bne $1, zero, $2', 'branch if not zero'],
  ['blez', 2, 'bge zero, $1, $2', 'branch if at most zero'],
  ['bgez', 2, 'bge $1, zero, $2', 'branch if at least zero'],
  ['bltz', 2, 'blt $1, zero, $2', 'branch if below zero'],
  ['bgtz', 2, 'blt zero, $1, $2', 'branch if above zero'],
  ['bgt', 3, 'blt $2, $1, $3', 'branch if greater', 'asm'],
  ['ble', 3, 'bge $2, $1, $3', 'branch if at most', 'asm'],
  ['bgtu', 3, 'bltu $2, $1, $3', 'branch if greater, unsigned', 'asm'],
  ['bleu', 3, 'bgeu $2, $1, $3', 'branch if at most, unsigned', 'asm'],
  ['j', 1, 'jal zero, $1', 'jump'],
  ['jal', 1, 'jal ra, $1', 'jump and link to ra'],
  ['ret', 0, 'jalr zero, 0(ra)', 'return'],
  ['jr', 1, 'jalr zero, $1', 'jump to a register'],
  ['jalr', 1, 'jalr ra, $1', 'jump to a register and link to ra'],
  // Memory order and the environment
  ['fence', 0, 'fence iorw, iorw', 'order all accesses'],
  ['scall', 0, 'ecall', 'system call', 'asm'],
  ['sbreak', 0, 'ebreak', 'breakpoint', 'asm'],
  ['unimp', 0, 'csrrw zero, cycle, zero', 'an instruction that is always illegal'],
  // Control and status registers
  ['frflags', 1, 'csrrs $1, fflags, zero', 'read the float exception flags'],
  ['frrm', 1, 'csrrs $1, frm, zero', 'read the rounding mode'],
  ['frcsr', 1, 'csrrs $1, fcsr, zero', 'read fcsr'],
  ['fsflags', 1, 'csrrw zero, fflags, $1', 'write the float exception flags'],
  ['fsflags', 2, 'csrrw $1, fflags, $2', 'swap the float exception flags'],
  ['fsrm', 1, 'csrrw zero, frm, $1', 'write the rounding mode'],
  ['fsrm', 2, 'csrrw $1, frm, $2', 'swap the rounding mode'],
  ['fscsr', 1, 'csrrw zero, fcsr, $1', 'write fcsr'],
  ['fscsr', 2, 'csrrw $1, fcsr, $2', 'swap fcsr'],
  ['fsflagsi', 1, 'csrrwi zero, fflags, $1', 'write the float exception flags'],
  ['fsflagsi', 2, 'csrrwi $1, fflags, $2', 'swap the float exception flags'],
  ['fsrmi', 1, 'csrrwi zero, frm, $1', 'write the rounding mode'],
  ['fsrmi', 2, 'csrrwi $1, frm, $2', 'swap the rounding mode'],
  ['rdcycle', 1, 'csrrs $1, cycle, zero', 'read the cycle counter'],
  ['rdtime', 1, 'csrrs $1, time, zero', 'read the clock'],
  ['rdinstret', 1, 'csrrs $1, instret, zero', 'read the instruction counter'],
  ['csrr', 2, 'csrrs $1, $2, zero', 'read a CSR'],
  ['csrw', 2, 'csrrw zero, $1, $2', 'write a CSR'],
  ['csrs', 2, 'csrrs zero, $1, $2', 'set bits of a CSR'],
  ['csrc', 2, 'csrrc zero, $1, $2', 'clear bits of a CSR'],
  ['csrwi', 2, 'csrrwi zero, $1, $2', 'write a CSR'],
  ['csrsi', 2, 'csrrsi zero, $1, $2', 'set bits of a CSR'],
  ['csrci', 2, 'csrrci zero, $1, $2', 'clear bits of a CSR'],
  // Floating point
  ['fmv.s', 2, 'fsgnj.s $1, $2, $2', 'copy'],
  ['fabs.s', 2, 'fsgnjx.s $1, $2, $2', 'absolute value'],
  ['fneg.s', 2, 'fsgnjn.s $1, $2, $2', 'negate'],
  ['fmv.d', 2, 'fsgnj.d $1, $2, $2', 'copy'],
  ['fabs.d', 2, 'fsgnjx.d $1, $2, $2', 'absolute value'],
  ['fneg.d', 2, 'fsgnjn.d $1, $2, $2', 'negate'],
  ['fgt.s', 3, 'flt.s $1, $3, $2', 'set if greater', 'asm'],
  ['fge.s', 3, 'fle.s $1, $3, $2', 'set if at least', 'asm'],
  ['fgt.d', 3, 'flt.d $1, $3, $2', 'set if greater', 'asm'],
  ['fge.d', 3, 'fle.d $1, $3, $2', 'set if at least', 'asm'],
  ['fmv.x.s', 2, 'fmv.x.w $1, $2', 'older name of fmv.x.w', 'asm'],
  ['fmv.s.x', 2, 'fmv.w.x $1, $2', 'older name of fmv.w.x', 'asm'],
];

export const PSEUDOS: readonly Pseudo[] = ROWS.map(([name, operands, real, meaning, use]) => ({ name, operands, real, meaning, use }));

/** Real mnemonics that take an immediate where the last operand is one: `add a0, a1, 4` is addi. Assembler only. */
export const IMMEDIATE_FORMS: Readonly<Record<string, string>> = {
  add: 'addi',
  addw: 'addiw',
  and: 'andi',
  or: 'ori',
  xor: 'xori',
  slt: 'slti',
  sltu: 'sltiu',
  sll: 'slli',
  srl: 'srli',
  sra: 'srai',
  sllw: 'slliw',
  srlw: 'srliw',
  sraw: 'sraiw',
  ror: 'rori',
  rorw: 'roriw',
  bset: 'bseti',
  bclr: 'bclri',
  binv: 'binvi',
  bext: 'bexti',
  csrrw: 'csrrwi',
  csrrs: 'csrrsi',
  csrrc: 'csrrci',
  csrw: 'csrwi',
  csrs: 'csrsi',
  csrc: 'csrci',
};
