import { sideTables, unbound } from '../linux/bound.js';
import type { ByteReader } from './bytes.js';
import { SnapshotError } from './error.js';
import * as G from './graph.js';

export interface ReaderOptions {
  readonly names: G.GraphNames;
  /** The object that has this name in the restored machine; undefined: there is none. */
  anchored(name: string): object | undefined;
  /** A generated file, once everything else is there. */
  generated(path: string): object;
}

interface Head {
  readonly kind: number;
  readonly object: object;
  /** KIND_CALL */
  readonly bind?: ReturnType<typeof unbound>['bind'];
  /** KIND_GENERATED */
  state?: readonly (readonly [key: string, value: unknown])[];
}

/** An object that has to do something about being restored, once all of them are there. */
export interface Restorable {
  restored(): void;
}

function damaged(what: string): never {
  throw new SnapshotError(`the snapshot is damaged: ${what}`);
}

/** Makes objects of what GraphWriter has written. */
export class GraphReader {
  private _texts: readonly string[] = [];
  private _shapes: readonly (readonly string[])[] = [];
  private _heads: Head[] = [];

  constructor(
    private readonly input: ByteReader,
    private readonly options: ReaderOptions,
  ) {}

  read(): readonly unknown[] {
    const { input } = this;
    this._texts = Array.from({ length: input.amount() }, () => input.text());
    this._shapes = Array.from({ length: input.amount() }, () => Array.from({ length: input.amount() }, () => this._text()));
    const count = input.amount();
    for (let i = 0; i < count; i++) this._heads.push(this._head());
    for (const head of this._heads) this._body(head);
    this._tables();
    for (let n = input.amount(); n > 0; n--) this._generate(this._heads[input.count()], input.text());
    for (const { kind, object } of this._heads)
      if (kind === G.KIND_INSTANCE || kind === G.KIND_ANCHOR) (object as Partial<Restorable>).restored?.();
    const roots = this._heads[0]?.object;
    return Array.isArray(roots) ? roots : damaged('it begins with nothing');
  }

  private _text(): string {
    return this._texts[this.input.count()] ?? damaged('a text is missing');
  }

  private _at(id: number): object {
    return this._heads[id]?.object ?? damaged('an object is missing');
  }

  private _class(name: string): object {
    const found = this.options.names.classes.get(name);
    if (found === undefined) throw new SnapshotError(`the snapshot has objects of a class that is not known here: ${name}`);
    return Object.create(found.prototype as object);
  }

  private _anchor(name: string): object {
    const found = this.options.anchored(name);
    if (found === undefined) throw new SnapshotError(`the snapshot needs '${name}', which this machine was not given`);
    return found;
  }

  private _head(): Head {
    const { input } = this;
    const kind = input.u8();
    switch (kind) {
      case G.KIND_PLAIN:
        return { kind, object: {} };
      case G.KIND_ARRAY:
        return { kind, object: [] };
      case G.KIND_MAP:
        return { kind, object: new Map() };
      case G.KIND_SET:
        return { kind, object: new Set() };
      case G.KIND_INSTANCE:
        return { kind, object: this._class(this._text()) };
      case G.KIND_TYPED_ARRAY:
        return { kind, object: this._typedArray() };
      case G.KIND_CALL: {
        const { call, bind } = unbound();
        return { kind, object: call, bind };
      }
      case G.KIND_REFERENCE:
      case G.KIND_ANCHOR:
        return { kind, object: this._anchor(this._text()) };
      case G.KIND_WEAK:
        return { kind, object: new WeakMap() };
      case G.KIND_GENERATED:
        return { kind, object: this._class(this._text()) };
      default:
        return damaged(`there is no kind ${kind} of objects`);
    }
  }

  private _typedArray(): ArrayBufferView {
    const type = G.TYPED_ARRAYS[this.input.u8()] ?? damaged('a type of numbers is not known');
    const bytes = this.input.raw(this.input.count());
    if (bytes.length % type.BYTES_PER_ELEMENT !== 0) damaged('a number is not whole');
    return new type(bytes.slice().buffer);
  }

  private _value(): unknown {
    const { input } = this;
    const tag = input.u8();
    switch (tag) {
      case G.TAG_UNDEFINED:
        return undefined;
      case G.TAG_NULL:
        return null;
      case G.TAG_FALSE:
        return false;
      case G.TAG_TRUE:
        return true;
      case G.TAG_INTEGER:
        return input.count();
      case G.TAG_NEGATIVE:
        return -input.count();
      case G.TAG_NUMBER:
        return input.f64();
      case G.TAG_TEXT:
        return this._text();
      case G.TAG_BIGINT: {
        const text = this._text();
        return /^-?\d{1,40}$/.test(text) ? BigInt(text) : damaged('a whole number is none');
      }
      case G.TAG_OBJECT:
        return this._at(input.count());
      default:
        return damaged(`there is no kind ${tag} of values`);
    }
  }

  private _body(head: Head): void {
    const { input } = this;
    const { kind, object } = head;
    switch (kind) {
      case G.KIND_PLAIN:
      case G.KIND_INSTANCE:
      case G.KIND_ANCHOR:
        for (const [key, value] of this._properties()) define(object, key, value);
        return;
      case G.KIND_GENERATED:
        head.state = this._properties();
        return;
      case G.KIND_ARRAY:
        for (let n = input.amount(); n > 0; n--) (object as unknown[]).push(this._value());
        return;
      case G.KIND_MAP:
        for (let n = input.amount(); n > 0; n--) (object as Map<unknown, unknown>).set(this._value(), this._value());
        return;
      case G.KIND_SET:
        for (let n = input.amount(); n > 0; n--) (object as Set<unknown>).add(this._value());
        return;
      case G.KIND_CALL:
        head.bind?.(this._call());
        return;
    }
  }

  private _properties(): (readonly [key: string, value: unknown])[] {
    const keys = this._shapes[this.input.count()] ?? damaged('a shape is missing');
    return keys.map((key) => [key, this._value()] as const);
  }

  private _call(): { target: object; method: string; first: unknown[] } {
    const target = this._value();
    const method = this._text();
    const first = Array.from({ length: this.input.amount() }, () => this._value());
    if (typeof target !== 'object' || target === null || !hasMethod(target, method)) damaged(`there is no method ${method}`);
    return { target, method, first };
  }

  private _tables(): void {
    const { input } = this;
    for (let n = input.amount(); n > 0; n--) {
      const id = input.count() - 1;
      const table = id < 0 ? sideTables().get(this._text()) : this._at(id);
      const key = this._at(input.count());
      const value = this._value();
      if (!(table instanceof WeakMap)) damaged('a table is missing');
      table.set(key, value);
    }
  }

  private _generate(head: Head | undefined, path: string): void {
    if (head?.state === undefined) damaged('a generated file is missing');
    const { object, state } = head;
    const made = this.options.generated(path);
    for (const [key, value] of Object.entries(made)) define(object, key, value);
    for (const [key, value] of state) define(object, key, value);
  }
}

/** As an assignment in a constructor; never a setter's, nor the prototype's. */
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

/** A method of its class, and none of Object's. */
function hasMethod(target: object, name: string): boolean {
  if (name === 'constructor') return false;
  for (let at: object | null = Object.getPrototypeOf(target); at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertyDescriptor(at, name);
    if (found !== undefined) return typeof found.value === 'function';
  }
  return false;
}
