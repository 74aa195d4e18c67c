/** Which systems a command models: named machines, files, and what is varied of them. */
import { ConfigError } from '../../lab/check.js';
import { asGiven, type SystemConfig, systemConfig } from '../../lab/config.js';
import { MACHINES } from '../../lab/machines.js';
import { readInput } from '../files.js';
import { CliError, UsageError } from '../options.js';

export interface SystemOptions {
  readonly machine?: readonly string[];
  readonly config?: readonly string[];
  readonly vary?: readonly string[];
}

const SYSTEMS_MAX = 4096;
const DEFAULT_MACHINE = 'sifive-u74';

type Json = { [key: string]: Json } | Json[] | string | number | boolean | null;

function readConfig(path: string): Json {
  const text = new TextDecoder().decode(readInput(path, 1));
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new CliError(1, `${path}: no JSON: ${(error as Error).message}`);
  }
}

function checked(value: Json, what: string): SystemConfig {
  try {
    return systemConfig(value, what);
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(1, `${what}: ${error.message}`);
    throw error;
  }
}

/** FIELD=V1,V2,...: FIELD as in messages, tlbs[0].entries or memoryLatency. */
function parseVary(text: string): { path: string[]; name: string; values: Json[] } {
  const found = /^([a-zA-Z]+(?:\[\d+\])?(?:\.[a-zA-Z]+)*)=(.+)$/.exec(text);
  if (found === null) throw new UsageError(`--vary: '${text}' is not FIELD=VALUE,VALUE... (example: tlbs[0].entries=16,32,64)`);
  const values = found[2].split(',').map((value): Json => (/^(\d+|true|false)$/.test(value) ? (JSON.parse(value) as Json) : value));
  return { path: found[1].split(/[.[\]]+/).filter((part) => part !== ''), name: found[1], values };
}

function changed(value: Json, path: readonly string[], to: Json, name: string): Json {
  if (path.length === 0) return to;
  const [first, ...rest] = path;
  if (Array.isArray(value)) {
    const at = Number(first);
    if (!(at < value.length)) throw new UsageError(`--vary: ${name}: there are only ${value.length} elements`);
    return value.map((one, i) => (i === at ? changed(one, rest, to, name) : one));
  }
  if (typeof value !== 'object' || value === null) throw new UsageError(`--vary: ${name}: there is no such field`);
  return { ...value, [first]: changed(value[first] ?? null, rest, to, name) };
}

/** Each TLB that was fully associative stays so when its entries are varied. */
function loosened(config: SystemConfig): Json {
  const plain = JSON.parse(JSON.stringify(asGiven(config))) as { [key: string]: Json };
  for (const part of ['tlbs', 'walkCaches'])
    for (const one of plain[part] as { [key: string]: Json }[]) if (one.ways === one.entries) one.ways = 'full';
  const host = (plain.nested as { [key: string]: Json } | null)?.tlb as { [key: string]: Json } | null | undefined;
  if (host != null && host.ways === host.entries) host.ways = 'full';
  return plain;
}

/** All systems of the options, the default machine if there is none; with --vary each in every combination of the values. */
export function systemsOf(options: SystemOptions): SystemConfig[] {
  const named = (options.machine ?? []).map((name) => {
    const machine = MACHINES.get(name);
    if (machine === undefined) throw new UsageError(`--machine: there is no '${name}'; there are ${[...MACHINES.keys()].join(', ')}`);
    return machine;
  });
  const read = (options.config ?? []).flatMap((path) => {
    const given = readConfig(path);
    return Array.isArray(given) ? given.map((one, i) => checked(one, `${path}[${i}]`)) : [checked(given, path)];
  });
  let systems = [...named, ...read];
  if (systems.length === 0) systems = [MACHINES.get(DEFAULT_MACHINE) as SystemConfig];
  for (const { path, name, values } of (options.vary ?? []).map(parseVary)) {
    if (systems.length * values.length > SYSTEMS_MAX) throw new UsageError(`--vary: more than ${SYSTEMS_MAX} systems`);
    systems = systems.flatMap((system) =>
      values.map((value) => {
        const varied = changed(loosened(system), path, value, name) as { [key: string]: Json };
        return checked({ ...varied, name: `${system.name} ${name}=${String(value)}`.slice(0, 200) }, system.name);
      }),
    );
  }
  return systems;
}
