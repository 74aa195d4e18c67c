/** What a pass found, as a result. */
import type { Pass } from './pass.js';
import { type JsonObject, type LabResult, RESULT_SCHEMA, type Reuse, type SystemResult } from './results.js';
import { reuseOf } from './reuse.js';
import { derive } from './summary.js';

const PAGE_BYTES = 4096;

/** What was measured, and by what. */
export interface Subject {
  readonly what: string;
  readonly command: readonly string[];
  readonly tool: string;
  readonly runtime?: string;
}

/** distances: what the engine counted them of, if it did. */
export function resultOf(pass: Pass, { what, command, tool, runtime }: Subject, distances?: Reuse['of']): LabResult {
  const { instructions, accesses } = pass.engine;
  const measures = pass.engine.measures();
  const systems = pass.systems.map((config, i): SystemResult => {
    // An interface has no index signature, but nothing in a configuration is no JSON.
    const plain = config as unknown as JsonObject & { readonly name: string };
    return { config: plain, measures: measures[i], derived: derive(config, measures[i]) };
  });
  const reuse = distances === undefined ? undefined : reuseOf(pass.engine.distances(), distances, PAGE_BYTES);
  return { schema: RESULT_SCHEMA, tool, runtime, what, command, instructions, accesses, systems, reuse };
}
