/**
 * The laboratory as a library (`import ... from 'pagewalk/lab'`): what `pagewalk lab` is made of. docs/lab.md explains, docs/lab-model.md
 * defines every count.
 */
export { loadLab } from './index.js';
export { ConfigError } from './lab/check.js';
export { resultOf, type Subject } from './lab/collect.js';
export { type ComparedSystem, type Comparison, compareResults, comparisonText, type Difference } from './lab/compare.js';
export * from './lab/config.js';
export { type Distances, Engine, EngineError, type Level, type Measures, missCurve } from './lab/engine.js';
export { type Importer, importerOf } from './lab/imports.js';
export { LiveLab } from './lab/live/live.js';
export { MACHINES } from './lab/machines.js';
export { Pass, type Window } from './lab/pass.js';
export { Recorder, type RecorderOptions, type TakeRecords } from './lab/recorder.js';
export { RecordWriter } from './lab/records.js';
export {
  countedRegion,
  MARK_PRCTL,
  parsePlace,
  RegionOfInterest,
  type RegionPlace,
  type RegionTakers,
  recordedRegion,
} from './lab/region.js';
export * from './lab/results.js';
export { reuseOf } from './lab/reuse.js';
export { type Cell, csvOf, parquetColumns, ROW_KINDS, type RowKind, type Table, tableOf } from './lab/rows.js';
export { attributedText, type Derived, derive, measuresText } from './lab/summary.js';
export {
  planSweep,
  resultKey,
  runJob,
  type SweepJob,
  type SweepOptions,
  type SweepPlan,
  type SweepResult,
  type SweepTrace,
} from './lab/sweep.js';
export { PATTERNS, type Pattern, SYNTHETIC_DEFAULTS, type SyntheticOptions, synthesize } from './lab/synthetic.js';
export { isTrace, readTrace, TraceError, type TraceHeader, TraceWriter } from './lab/tracefile.js';
export { NoEntriesError, StaleEntryError, type StalePlace, Validator } from './lab/validator.js';
export { WindowWatcher } from './lab/windows.js';
