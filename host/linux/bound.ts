/** Calls and tables as data. A closure hides what it holds; what the kernel's objects keep is to be seen: snapshots carry it. */

export interface BoundCall {
  readonly target: object;
  readonly method: string;
  readonly first: readonly unknown[];
}

const calls = new WeakMap<object, BoundCall>();

/** What is left to be given of a method's arguments. */
type Rest<F, First extends readonly unknown[]> = F extends (...all: [...First, ...infer More]) => infer Result
  ? (...more: More) => Result
  : never;

/** A function that calls `target.method(...first, ...)`. */
export function bound<T extends object, K extends string & keyof T, First extends readonly unknown[]>(
  target: T,
  method: K,
  ...first: First
): Rest<T[K], First> {
  const call = (...more: unknown[]): unknown => (target[method] as (...all: unknown[]) => unknown)(...first, ...more);
  calls.set(call, { target, method, first });
  return call as Rest<T[K], First>;
}

/** The same before it is known what is called: `bind` says it. */
export function unbound(): { readonly call: (...more: unknown[]) => unknown; readonly bind: (to: BoundCall) => void } {
  let to: BoundCall | undefined;
  const call = (...more: unknown[]): unknown => {
    if (to === undefined) throw new Error('a call that was never bound');
    return (to.target as Record<string, (...all: unknown[]) => unknown>)[to.method](...to.first, ...more);
  };
  const bind = (what: BoundCall): void => {
    to = what;
    calls.set(call, what);
  };
  return { call, bind };
}

/** What a function made by `bound` calls; undefined: it is another. */
export function boundCall(call: object): BoundCall | undefined {
  return calls.get(call);
}

const tables = new Map<string, WeakMap<object, unknown>>();

/** What belongs to objects without being one of their properties; `name` is the table's own. */
export function sideTable<K extends object, V>(name: string): WeakMap<K, V> {
  const table = new WeakMap<K, V>();
  tables.set(name, table as WeakMap<object, unknown>);
  return table;
}

export function sideTables(): ReadonlyMap<string, WeakMap<object, unknown>> {
  return tables;
}
