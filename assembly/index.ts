/** The export list of the core, nothing else. host/core/abi.ts documents it. */
export * from './mm/abi';
export { contextCreate, contextLoad, contextRelease, contextSave } from './mm/context';
export { flushInstructionCache } from './code';
export { run } from './generated/dispatch';
