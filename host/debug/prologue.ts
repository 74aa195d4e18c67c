/**
 * Where a function without frame information keeps its return address, from its code: compilers open a frame by `addi sp,sp,-N`, save ra
 * and s0 by `sd`, and may make s0 the frame pointer. Read in the order of addresses, which is not always that of execution: a guess.
 */
import { disassemble } from './disassemble.js';
import type { Rules } from './unwind.js';

const [RA, SP, S0] = [1, 2, 8];
const REGISTERS: Readonly<Record<string, number>> = { ra: RA, s0: S0 };
const INSTRUCTIONS_MAX = 2000;

interface State {
  /** Bytes by which the stack pointer is below the CFA. */
  size: number;
  /** How far the frame pointer is below the CFA, where there is one. */
  framePointer: number | undefined;
  saved: Map<number, number>;
}

const copyOf = (state: State): State => ({ ...state, saved: new Map(state.saved) });

/** At pc, in the function that begins at start; `word` gives an instruction's bits. undefined: its code can't be read. */
export function prologueRules(start: number, pc: number, word: (address: number) => number | undefined): Rules | undefined {
  let state: State = { size: 0, framePointer: undefined, saved: new Map() };
  /** Before an epilogue: what follows its end is the body again. */
  let body: State | undefined;
  let at = start;
  for (let count = 0; at < pc; count++) {
    const bits = word(at);
    if (bits === undefined || count === INSTRUCTIONS_MAX) return undefined;
    const text = disassemble(bits, at);
    const [, store, register, offset] = /^(sd|ld) (ra|s0),(-?\d+)\(sp\)$/.exec(text) ?? [];
    const [, pointer, amount] = /^addi (sp|s0),sp,(-?\d+)$/.exec(text) ?? [];
    if (store === 'sd') state.saved.set(REGISTERS[register], Number(offset) - state.size);
    else if (store === 'ld') {
      body ??= copyOf(state);
      state.saved.delete(REGISTERS[register]);
      if (REGISTERS[register] === S0) state.framePointer = undefined;
    } else if (pointer === 's0') state.framePointer = state.size - Number(amount);
    else if (pointer === 'sp') {
      if (Number(amount) > 0) body ??= copyOf(state);
      state.size -= Number(amount);
    } else if (body !== undefined && /^(ret|jr|j|tail)\b/.test(text)) {
      state = body;
      body = undefined;
    }
    at += (bits & 3) === 3 ? 4 : 2;
  }
  const { framePointer, saved, size } = state;
  const cfa = framePointer === undefined ? { cfaRegister: SP, cfaOffset: size } : { cfaRegister: S0, cfaOffset: framePointer };
  return { ...cfa, saved };
}
