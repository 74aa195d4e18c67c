/** The export list of the core, nothing else. host/core/abi.ts documents it. */
export * from './mm/abi';
export * from './mm/abi-pages';
export { contextCreate, contextLoad, contextRelease, contextSave } from './mm/context';
export { flushInstructionCache, newCodeEpoch as jitForgetJumps } from './code';
export { decodedRun } from './mm/decoded';
export { framesGeneralEnd, framesTouched } from './mm/frames';
export { staticEnd } from './mm/static';
export { windowTaken } from './mm/window';
export { run } from './run';
export { traceEntries, tracePlaces, traceRecord, traceTake } from './tracing';
export { traceSet } from './mm/tlb';
export { jitConfigure } from './jit';
export { jitInstall, jitIntact, jitRemove } from './regions';
export { jitCodePage, jitDecoded, jitExecute, jitExecuteAccess, jitFind, jitOperation, jitSlots } from './asked';
export { baselineEmit } from './baseline/page';
export { baselineInstall, baselineReset } from './baseline/units';
/* Exported only because binaryen would inline a function with one caller into it, and the loop must stay without calls. */
export { loop as _loop } from './generated/dispatch';
export { executeSlow as _executeSlow } from './generated/slow';
/* For tests: the rules that always hold. */
export { debugCheckFrames, debugCheckObjects, debugCheckSpace } from './mm/check';
