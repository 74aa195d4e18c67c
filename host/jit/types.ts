/**
 * Types of the functions of compiled code. What modules import takes a vector of zeros last: nothing outside of Wasm can call it then,
 * and V8 makes no wrapper for it in each module, which costs more than the rest of a module.
 */
import { type FunctionType, I32, I64, V128 } from './encoder.js';

/** A region, see assembly/shared/compiled.ts. */
export const REGION_TYPE: FunctionType = { parameters: [I64, I32, I32, I32], results: [I32] };
/** What regions call last. */
export const LEAVE_TYPE: FunctionType = { parameters: [...REGION_TYPE.parameters, V128], results: [I32] };
/** A page of baseline code, and what it imports, see assembly/shared/baseline.ts. */
export const PAGE_TYPE: FunctionType = { parameters: [I32, I64, I64, V128], results: [I32] };
export const GO_TYPE: FunctionType = { parameters: [I64, I64, V128], results: [I32] };
export const LEFT_TYPE: FunctionType = { parameters: [I64, I64, I32, V128], results: [I32] };
export const ENTER_TYPE: FunctionType = { parameters: [I32, I64, I64, I32, V128], results: [I32] };
export const FUEL_TYPE: FunctionType = { parameters: [I64, I64, I32, I32, V128], results: [I32] };
export const FIND_TYPE: FunctionType = { parameters: [I64, I32, V128], results: [I32] };
export const EXECUTE_TYPE: FunctionType = { parameters: [I64, V128], results: [I32] };
