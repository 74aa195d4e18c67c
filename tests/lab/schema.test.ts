/** The published JSON Schema takes what the command takes, and refuses what its table refuses. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { asGiven, systemConfig } from '../../host/lab/config.js';
import { MACHINES } from '../../host/lab/machines.js';
import { randomSystem } from '../support/lab.js';
import { Random } from '../support/random.js';

interface Schema {
  readonly [key: string]: unknown;
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly type?: string;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

const SCHEMA = JSON.parse(readFileSync('schemas/lab-system.json', 'utf8')) as Schema & { readonly $defs: { readonly system: Schema } };
const KNOWN =
  /^(\$schema|\$defs|\$ref|title|description|default|anyOf|enum|const|type|properties|required|additionalProperties|items|m(in|ax)\w+)$/;

/** As much of the specification (2020-12) as the schema uses. */
function accepts(schema: Schema, value: unknown): boolean {
  for (const word of Object.keys(schema)) if (!KNOWN.test(word)) throw new Error(`the test knows nothing of ${word}`);
  if (schema.$ref !== undefined) return accepts(SCHEMA.$defs.system, value);
  if (schema.anyOf !== undefined) return schema.anyOf.some((one) => accepts(one, value));
  if (schema.enum !== undefined) return schema.enum.includes(value);
  if ('const' in schema) return schema.const === value;
  const within = (size: number, least = 0, most = Number.POSITIVE_INFINITY): boolean => size >= least && size <= most;
  switch (schema.type) {
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'integer':
      return Number.isInteger(value) && within(value as number, schema.minimum, schema.maximum);
    case 'string':
      return typeof value === 'string' && within(value.length, schema.minLength, schema.maxLength);
    case 'array':
      if (!Array.isArray(value) || !within(value.length, schema.minItems, schema.maxItems)) return false;
      return value.every((one) => accepts(schema.items ?? {}, one));
    case 'object': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
      const given = value as { [name: string]: unknown };
      if (!(schema.required ?? []).every((name) => name in given)) return false;
      return Object.entries(given).every(([name, one]) => schema.properties?.[name] !== undefined && accepts(schema.properties[name], one));
    }
    default:
      throw new Error(`the test knows nothing of the type ${String(schema.type)}`);
  }
}

const plain = (value: object): unknown => JSON.parse(JSON.stringify(value));

test('known machines and random systems are taken, one and in lists', () => {
  const random = new Random(20261129);
  const systems = [...MACHINES.values(), ...Array.from({ length: 200 }, () => randomSystem(random))].map((one) => plain(asGiven(one)));
  for (const system of systems) assert.ok(accepts(SCHEMA, system), JSON.stringify(system));
  assert.ok(accepts(SCHEMA, systems));
  assert.ok(accepts(SCHEMA, { $schema: 'lab-system.json', tlbs: [{ entries: 4 }] }));
  // Every field that there is has a description.
  const fields = Object.entries(SCHEMA.$defs.system.properties ?? {});
  assert.equal(
    fields
      .map(([name]) => name)
      .filter((name) => name !== '$schema')
      .sort(),
    Object.keys(systems[0] as object).sort(),
  );
  assert.ok(fields.every(([, { description }]) => typeof description === 'string'));
});

test('what the table refuses the schema refuses, too', () => {
  const tlbs = [{ entries: 4 }];
  const wrong = [
    ...[
      5,
      {},
      { tlbs: [] },
      { tlbs: [{}] },
      { tlbs: [{ entries: 0 }] },
      { tlbs: [{ entries: 1.5 }] },
      { tlbs: [{ entries: 4, ways: 'all' }] },
    ],
    ...[{ tlbs: [{ entries: 4, replacement: 'mru' }] }, { tlbs: [{ entries: 4, sizes: ['16K'] }] }, { tlbs: [{ entries: 4, sizes: [] }] }],
    ...[
      { tlbs, entires: 4 },
      { tlbs, ideal: 1 },
      { tlbs, format: 'sv32' },
      { tlbs, memory: { bytes: 4096 } },
      { tlbs, costs: { fault: -1 } },
    ],
    ...[
      { tlbs, nested: { tlb: { entries: 0 } } },
      { tlbs, walkCaches: [{ entries: 4 }] },
      { tlbs, caches: [{ ways: 4 }] },
      { tlbs, name: '' },
    ],
  ];
  for (const value of wrong) {
    assert.throws(() => systemConfig(value), undefined, JSON.stringify(value));
    assert.not.ok(accepts(SCHEMA, value), JSON.stringify(value));
  }
});

test.run();
