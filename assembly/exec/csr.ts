/** The CSRs a user program may touch. Unprivileged manual, "Zicsr", "Zicntr" and the F extension's fcsr. */
import { COUNT_INSTRUCTIONS, HART, HART_COUNTERS, HART_FFLAGS, HART_FRM, HART_TIME } from '../shared/layout';
import { DONE, EXIT_ILLEGAL, EXIT_TIME } from '../shared/exit';
import { imm, setX, x1 } from '../run';

const FFLAGS: u32 = 0x001;
const FRM: u32 = 0x002;
const FCSR: u32 = 0x003;
const CYCLE: u32 = 0xc00;
const TIME: u32 = 0xc01;
const INSTRET: u32 = 0xc02;

/** One csrr* instruction: its immediate holds the CSR number and, from bit 12, the kind. DONE, EXIT_ILLEGAL or EXIT_TIME. */
export function csrAccess(ip: usize, executed: u32): u32 {
  const immediate = <u32>imm(ip);
  const csr = immediate & 0xfff;
  const kind = (immediate >> 12) & 7;
  const index = <u32>load<u8>(ip, 3) >> 3;
  const operand = kind >= 5 ? <u64>index : x1(ip);
  const writes = (kind & 3) == 1 || index != 0;
  if (csr >= CYCLE) {
    if (writes || csr > INSTRET) return EXIT_ILLEGAL;
    if (csr == TIME) return readTime(ip);
    const instructions = load<u64>(HART + HART_COUNTERS + COUNT_INSTRUCTIONS * 8) + executed - 1;
    setX(ip, instructions);
    return DONE;
  }
  if (csr < FFLAGS || csr > FCSR) return EXIT_ILLEGAL;
  const flags = load<u32>(HART + HART_FFLAGS);
  const mode = load<u32>(HART + HART_FRM);
  const old: u64 = csr == FFLAGS ? flags : csr == FRM ? mode : flags | (mode << 5);
  if (writes) {
    const next = <u32>((kind & 3) == 1 ? operand : (kind & 3) == 2 ? old | operand : old & ~operand);
    if (csr & FFLAGS) store<u32>(HART + HART_FFLAGS, next & 31);
    if (csr == FRM) store<u32>(HART + HART_FRM, next & 7);
    if (csr == FCSR) store<u32>(HART + HART_FRM, (next >> 5) & 7);
  }
  setX(ip, old);
  return DONE;
}

/** Only the host knows the time, and each read asks anew: what a program measures with it is real. */
function readTime(ip: usize): u32 {
  const now = load<u64>(HART + HART_TIME);
  if (now == 0) return EXIT_TIME;
  store<u64>(HART + HART_TIME, 0);
  setX(ip, now);
  return DONE;
}
