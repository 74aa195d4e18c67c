import { boundCall, sideTables } from '../linux/bound.js';
import { ByteWriter } from './bytes.js';
import { SnapshotError } from './error.js';
import * as G from './graph.js';

/** What an object is called in every machine. */
export interface Anchor {
  readonly name: string;
  /** Which of its properties are saved: those that are data, some of those, or none. */
  readonly saves: 'data' | 'nothing' | readonly string[];
}

export interface WriterOptions {
  readonly names: G.GraphNames;
  /** undefined: the object has no name. */
  anchorOf(object: object): Anchor | undefined;
  /** Is made again in the restored machine, from its path. */
  isGenerated(object: object): boolean;
  /** Once all objects have been seen. undefined: it has none any more. */
  pathOf(generated: object): string | undefined;
  /** Each object, as it is come to. */
  visit(object: object): void;
  /** The core's memory: views of it are no data. */
  readonly memory: ArrayBufferLike;
}

/** Saves objects and all that they lead to. What can't be saved is an error that tells where it was found. */
export class GraphWriter {
  private readonly _classNames = new Map<object, string>();
  private readonly _ids = new Map<object, number>();
  /** From where each object was reached first: number of another, and the name of the way. */
  private readonly _origins: { readonly from: number; readonly by: string }[] = [];
  private readonly _queue: object[] = [];
  private readonly _texts = new Map<string, number>();
  private readonly _shapes = new Map<string, { readonly id: number; readonly keys: readonly string[] }>();
  private readonly _heads = new ByteWriter();
  private readonly _bodies = new ByteWriter();
  private readonly _weak: { readonly id: number; readonly map: WeakMap<object, unknown> }[] = [];
  private readonly _generated: number[] = [];
  private _current = -1;
  private _way = '';

  constructor(private readonly options: WriterOptions) {
    for (const [name, { prototype }] of options.names.classes) this._classNames.set(prototype, name);
  }

  write(roots: readonly unknown[]): Uint8Array<ArrayBuffer> {
    this._id(roots as unknown[], 'roots');
    const tables = new ByteWriter();
    let entries = 0;
    let done = 0;
    const known = [...sideTables()].map(([name, map]) => ({ name, map }));
    // An entry of a weak table is there as long as its key is: keys are found among the objects, and values may lead to more objects.
    const asked = new Map<WeakMap<object, unknown>, number>();
    for (;;) {
      while (done < this._queue.length) this._object(done++);
      let more = false;
      const all = [...known.map(({ name, map }) => ({ name, id: -1, map })), ...this._weak.map(({ id, map }) => ({ name: '', id, map }))];
      for (const { name, id, map } of all) {
        const from = asked.get(map) ?? 0;
        const end = this._queue.length;
        asked.set(map, end);
        for (let key = from; key < end; key++) {
          if (!map.has(this._queue[key])) continue;
          more = true;
          entries++;
          tables.count(id + 1);
          if (id < 0) tables.count(this._text(name));
          tables.count(key);
          this._current = key;
          this._way = `<${name}>`;
          this._value(map.get(this._queue[key]), tables);
        }
      }
      if (!more && done === this._queue.length) break;
    }
    const files = new ByteWriter();
    const paths = this._generated.map((id) => [id, this.options.pathOf(this._queue[id]) ?? ''] as const);
    files.count(paths.length);
    for (const [id, path] of paths) {
      files.count(id);
      files.text(path);
    }
    return this._assemble(tables, entries, files);
  }

  private _assemble(tables: ByteWriter, entries: number, files: ByteWriter): Uint8Array<ArrayBuffer> {
    const out = new ByteWriter();
    out.count(this._texts.size);
    for (const text of this._texts.keys()) out.text(text);
    out.count(this._shapes.size);
    for (const { keys } of this._shapes.values()) {
      out.count(keys.length);
      for (const key of keys) out.count(this._texts.get(key) as number);
    }
    out.count(this._queue.length);
    out.raw(this._heads.bytes);
    out.raw(this._bodies.bytes);
    out.count(entries);
    out.raw(tables.bytes);
    out.raw(files.bytes);
    return out.bytes;
  }

  private _text(text: string): number {
    let id = this._texts.get(text);
    if (id === undefined) this._texts.set(text, (id = this._texts.size));
    return id;
  }

  private _shape(keys: readonly string[]): number {
    const key = keys.join('\0');
    let shape = this._shapes.get(key);
    if (shape === undefined) {
      for (const each of keys) this._text(each);
      this._shapes.set(key, (shape = { id: this._shapes.size, keys }));
    }
    return shape.id;
  }

  private _id(object: object, by: string): number {
    let id = this._ids.get(object);
    if (id === undefined) {
      id = this._queue.length;
      this._ids.set(object, id);
      this._queue.push(object);
      this._origins.push({ from: this._current, by });
    }
    return id;
  }

  /** From the roots to an object: for messages. */
  private _path(id: number): string {
    const steps: string[] = [];
    for (let at = id; at > 0; at = this._origins[at].from) steps.push(this._origins[at].by);
    return steps.reverse().join('.');
  }

  private _refuse(what: string): never {
    throw new SnapshotError(`the machine can't be saved: ${what} (${this._path(this._current)}.${this._way})`);
  }

  private _value(value: unknown, out: ByteWriter): void {
    switch (typeof value) {
      case 'undefined':
        out.u8(G.TAG_UNDEFINED);
        return;
      case 'boolean':
        out.u8(value ? G.TAG_TRUE : G.TAG_FALSE);
        return;
      case 'number':
        this._number(value, out);
        return;
      case 'string':
        out.u8(G.TAG_TEXT);
        out.count(this._text(value));
        return;
      case 'bigint':
        out.u8(G.TAG_BIGINT);
        out.count(this._text(String(value)));
        return;
      case 'object':
      case 'function':
        if (value === null) out.u8(G.TAG_NULL);
        else {
          out.u8(G.TAG_OBJECT);
          out.count(this._id(value, this._way));
        }
        return;
      default:
        this._refuse(`a ${typeof value}`);
    }
  }

  private _number(value: number, out: ByteWriter): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      out.u8(G.TAG_NUMBER);
      out.f64(value);
    } else {
      out.u8(value < 0 ? G.TAG_NEGATIVE : G.TAG_INTEGER);
      out.count(Math.abs(value));
    }
  }

  private _named(value: unknown, way: string, out: ByteWriter): void {
    this._way = way;
    this._value(value, out);
  }

  /** Head and body of one object. */
  private _object(id: number): void {
    const object = this._queue[id];
    this._current = id;
    this._way = '';
    this.options.visit(object);
    const anchor = this.options.anchorOf(object);
    if (anchor !== undefined) {
      this._heads.u8(anchor.saves === 'nothing' ? G.KIND_REFERENCE : G.KIND_ANCHOR);
      this._heads.count(this._text(anchor.name));
      if (anchor.saves === 'data') this._properties(object, this._saved(object, dataOf(object)));
      else if (anchor.saves !== 'nothing') this._properties(object, anchor.saves);
      return;
    }
    if (typeof object === 'function') this._call(object);
    else if (Array.isArray(object)) this._array(object);
    else if (object instanceof Map) this._map(object);
    else if (object instanceof Set) this._set(object);
    else if (ArrayBuffer.isView(object)) this._typedArray(object);
    else if (object instanceof WeakMap) {
      this._heads.u8(G.KIND_WEAK);
      this._weak.push({ id, map: object });
    } else this._instance(id, object);
  }

  private _call(object: object): void {
    const call = boundCall(object);
    if (call === undefined) this._refuse(`a function, ${String(object).replace(/\s+/g, ' ').slice(0, 60)}`);
    this._heads.u8(G.KIND_CALL);
    this._named(call.target, 'target', this._bodies);
    this._bodies.count(this._text(call.method));
    this._bodies.count(call.first.length);
    for (const argument of call.first) this._named(argument, 'argument', this._bodies);
  }

  private _array(array: readonly unknown[]): void {
    this._heads.u8(G.KIND_ARRAY);
    this._bodies.count(array.length);
    for (let i = 0; i < array.length; i++) this._named(array[i], String(i), this._bodies);
  }

  private _map(map: ReadonlyMap<unknown, unknown>): void {
    this._heads.u8(G.KIND_MAP);
    this._bodies.count(map.size);
    for (const [key, value] of map) {
      this._named(key, 'key', this._bodies);
      this._named(value, typeof key === 'object' ? 'value' : String(key), this._bodies);
    }
  }

  private _set(set: ReadonlySet<unknown>): void {
    this._heads.u8(G.KIND_SET);
    this._bodies.count(set.size);
    for (const member of set) this._named(member, 'member', this._bodies);
  }

  private _typedArray(view: ArrayBufferView): void {
    const which = G.TYPED_ARRAYS.indexOf(view.constructor as (typeof G.TYPED_ARRAYS)[number]);
    if (which < 0) this._refuse('a view of bytes');
    if (view.buffer === this.options.memory) this._refuse("a view of the machine's memory");
    this._heads.u8(G.KIND_TYPED_ARRAY);
    this._heads.u8(which);
    this._heads.count(view.byteLength);
    this._heads.raw(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  }

  private _instance(id: number, object: object): void {
    const prototype = Object.getPrototypeOf(object) as object | null;
    if (prototype === Object.prototype) {
      this._heads.u8(G.KIND_PLAIN);
      this._properties(object, Object.keys(object));
      return;
    }
    const name = prototype === null ? undefined : this._classNames.get(prototype);
    if (name === undefined) this._refuse(`an object of the class ${prototype?.constructor.name}, which is not registered`);
    const generated = this.options.isGenerated(object);
    this._heads.u8(generated ? G.KIND_GENERATED : G.KIND_INSTANCE);
    this._heads.count(this._text(name));
    if (generated) {
      this._generated.push(id);
      this._properties(object, G.GENERATED_STATE);
      return;
    }
    this._properties(object, this._saved(object, Object.keys(object)));
  }

  /** Without what is left out of objects of its class. */
  private _saved(object: object, keys: readonly string[]): readonly string[] {
    const name = this._classNames.get(Object.getPrototypeOf(object) as object);
    const transient = name === undefined ? undefined : this.options.names.transient.get(name);
    return transient === undefined ? keys : keys.filter((key) => !transient.includes(key));
  }

  private _properties(object: object, keys: readonly string[]): void {
    const record = object as Record<string, unknown>;
    this._bodies.count(this._shape(keys));
    for (const key of keys) this._named(record[key], key, this._bodies);
  }
}

/** Functions that are no calls stay what they are in the restored machine. */
function dataOf(object: object): string[] {
  const record = object as Record<string, unknown>;
  return Object.keys(record).filter((key) => typeof record[key] !== 'function' || boundCall(record[key] as object) !== undefined);
}
