/** Names of the control and status registers (RISC-V privileged manual, "CSR Listing"; RV64, without AIA and hypervisor). */
const GROUPS: readonly (readonly [first: number, names: string])[] = [
  [0x001, 'fflags frm fcsr'],
  [0x100, 'sstatus'],
  [0x104, 'sie stvec scounteren'],
  [0x10a, 'senvcfg'],
  [0x140, 'sscratch sepc scause stval sip'],
  [0x14d, 'stimecmp'],
  [0x180, 'satp'],
  [0x300, 'mstatus misa medeleg mideleg mie mtvec mcounteren'],
  [0x30a, 'menvcfg'],
  [0x320, 'mcountinhibit'],
  [0x340, 'mscratch mepc mcause mtval mip'],
  [0x747, 'mseccfg'],
  [0x7a0, 'tselect tdata1 tdata2 tdata3 tinfo tcontrol'],
  [0x7b0, 'dcsr dpc dscratch0 dscratch1'],
  [0xb00, 'mcycle'],
  [0xb02, 'minstret'],
  [0xc00, 'cycle time instret'],
  [0xf11, 'mvendorid marchid mimpid mhartid mconfigptr'],
];

/** Numbered families: name0 at `first - from`. */
const FAMILIES: readonly (readonly [name: string, first: number, from: number, to: number])[] = [
  ['mhpmevent', 0x323, 3, 31],
  ['pmpcfg', 0x3a0, 0, 15],
  ['pmpaddr', 0x3b0, 0, 63],
  ['mhpmcounter', 0xb03, 3, 31],
  ['hpmcounter', 0xc03, 3, 31],
];

export const CSR_NAMES: ReadonlyMap<number, string> = new Map([
  ...GROUPS.flatMap(([first, names]) => names.split(' ').map((name, i): [number, string] => [first + i, name])),
  ...FAMILIES.flatMap(([name, first, from, to]) =>
    Array.from({ length: to - from + 1 }, (_, i): [number, string] => [first + i, `${name}${from + i}`]),
  ),
]);

export const CSR_NUMBERS: ReadonlyMap<string, number> = new Map([...CSR_NAMES].map(([number, name]) => [name, number]));
