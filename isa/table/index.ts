import { ATOMIC } from './atomic.js';
import { BITMANIP } from './bitmanip.js';
import { COMPRESSED } from './compressed.js';
import { DOUBLE } from './double.js';
import { FLOAT } from './float.js';
import { INTEGER } from './integer.js';
import { MULDIV } from './muldiv.js';
import { type Row, toRow } from './row.js';

export type { Row } from './row.js';

/** THE instruction table. Decoder, dispatch, disassembler, assembler and docs/instructions.md are generated from it. */
export const ROWS: readonly Row[] = [...INTEGER, ...MULDIV, ...BITMANIP, ...ATOMIC, ...FLOAT, ...DOUBLE, ...COMPRESSED].map(toRow);
