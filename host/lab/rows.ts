/** Results as tables: a row for each system, window, size of TLB, function, mapping, call or moment; for CSV and Parquet. */
import { measuresOf } from './compare.js';
import { joinResults, type LabResult } from './results.js';
import { flatten, type Primitive, variedFields } from './varied.js';

export const ROW_KINDS = ['systems', 'windows', 'curve', 'functions', 'mappings', 'calls', 'memory'] as const;
export type RowKind = (typeof ROW_KINDS)[number];

export type Cell = string | number | boolean | null;

/** Columns in their order, each as long as the others; all cells of a column are of one type, or null. */
export interface Table {
  readonly columns: readonly { readonly name: string; readonly cells: readonly Cell[] }[];
  readonly rows: number;
}

type Row = Readonly<Record<string, Cell>>;

/** One table of all results. Fields in which the systems' configurations differ are columns, too. */
export function tableOf(results: readonly LabResult[], kind: RowKind): Table {
  const joined = joinResults(results);
  const varied = variedFields(joined.flatMap(({ systems }) => systems.map(({ config }) => config)));
  const rows = joined.flatMap((result) => rowsOf(result, kind, varied));
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => ({ name, cells: alike(rows.map((row) => row[name] ?? null)) }));
  return { columns, rows: rows.length };
}

/** What is a text somewhere is one everywhere. */
function alike(cells: readonly Cell[]): readonly Cell[] {
  const types = new Set(cells.filter((cell) => cell !== null).map((cell) => typeof cell));
  return types.size > 1 ? cells.map((cell) => (cell === null ? null : String(cell))) : cells;
}

function rowsOf(result: LabResult, kind: RowKind, varied: readonly string[]): Row[] {
  const { what, systems, windows, reuse, attributed } = result;
  switch (kind) {
    case 'systems':
      return systems.map((system) => {
        const config = flatten(system.config);
        const fields = varied.map((field): [string, Primitive] => [`config.${field}`, config.get(field) ?? null]);
        return { what, system: system.config.name, ...Object.fromEntries(fields), ...Object.fromEntries(measuresOf(system)) };
      });
    case 'windows': {
      let instructions = 0;
      return (windows?.points ?? []).flatMap((point, window) => {
        const from = instructions;
        instructions += point.instructions;
        const common = { what, window, from, instructions: point.instructions, accesses: point.accesses, pages: point.pages };
        return systems.map(({ config }, i) => ({
          ...common,
          system: config.name,
          walks: point.walks[i] ?? null,
          walkCycles: point.walkCycles[i] ?? null,
        }));
      });
    }
    case 'curve':
      return (reuse?.curve ?? []).map(({ entries, misses }) => ({ what, of: reuse?.of ?? '', entries, misses }));
    case 'calls':
      return (attributed?.events ?? []).map((event) => ({ what, ...event }));
    case 'functions':
      return (attributed?.functions ?? []).map(({ file = null, ...share }) => ({ what, ...share, file }));
    case 'mappings':
      return (attributed?.mappings ?? []).map(({ name, accesses, walks, cycles, fetches }) => ({
        ...{ what, name, fetches, accesses, walks, cycles },
      }));
    default:
      return (attributed?.memory ?? []).map((point) => ({ what, ...point }));
  }
}

/** RFC 4180, with a line of names; lines end with \n. */
export function csvOf({ columns, rows }: Table): string {
  const shown = (cell: Cell): string => {
    const text = cell === null ? '' : String(cell);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = Array.from({ length: rows }, (_, row) => columns.map(({ cells }) => shown(cells[row])).join(','));
  return `${[columns.map(({ name }) => shown(name)).join(','), ...lines].join('\n')}\n`;
}

type ParquetType = 'STRING' | 'BOOLEAN' | 'INT64' | 'DOUBLE';

/** What Parquet calls a column's type, and its cells as that. */
export function parquetColumns({
  columns,
}: Table): { name: string; type: ParquetType; data: (string | number | boolean | bigint | null)[] }[] {
  return columns.map(({ name, cells }) => {
    const some = cells.find((cell) => cell !== null);
    if (typeof some !== 'number') return { name, type: typeof some === 'boolean' ? 'BOOLEAN' : 'STRING', data: [...cells] };
    const whole = cells.every((cell) => cell === null || Number.isSafeInteger(cell));
    if (!whole) return { name, type: 'DOUBLE', data: [...cells] };
    return { name, type: 'INT64', data: cells.map((cell) => (cell === null ? null : BigInt(cell as number))) };
  });
}
