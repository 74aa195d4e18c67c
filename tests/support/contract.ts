/** What a file system has promised: which bytes, lengths and names may be found after the power went. See docs/durability.md. */
import { PAGE_SIZE } from '../../assembly/shared/layout.js';

/** A call of a scenario. Files are numbered as they are made; directories are '' and 'd'. */
export type Action =
  | { readonly kind: 'create'; readonly directory: string; readonly name: string; readonly file: number }
  | { readonly kind: 'unlink'; readonly directory: string; readonly name: string }
  | { readonly kind: 'rename'; readonly from: readonly [string, string]; readonly to: readonly [string, string]; readonly file: number }
  | { readonly kind: 'write'; readonly file: number; readonly offset: number; readonly bytes: Uint8Array; readonly sync: boolean }
  | { readonly kind: 'store'; readonly file: number; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly file: number; readonly size: number }
  | { readonly kind: 'fsync' | 'fdatasync'; readonly file: number }
  | { readonly kind: 'msync'; readonly file: number; readonly first: number; readonly end: number }
  | { readonly kind: 'syncEntries'; readonly directory: string }
  | { readonly kind: 'sync' | 'flush' };

const ZEROS = new Uint8Array(PAGE_SIZE);

class FileContract {
  current = new Uint8Array(0);
  /** Per page what it has held since it was safe, oldest first. */
  readonly #pages: Uint8Array[][] = [];
  readonly #written = new Set<number>();
  /** Its length is at least and at most this. */
  #least = 0;
  #most = 0;

  change(offset: number, bytes: Uint8Array): void {
    const next = new Uint8Array(Math.max(this.current.length, offset + bytes.length));
    next.set(this.current);
    next.set(bytes, offset);
    for (let page = Math.floor(offset / PAGE_SIZE); page * PAGE_SIZE < offset + bytes.length; page++) this.#written.add(page);
    this.#become(next);
  }

  truncate(size: number): void {
    const next = new Uint8Array(size);
    next.set(this.current.subarray(0, size));
    this.#become(next);
  }

  #become(next: Uint8Array<ArrayBuffer>): void {
    const pages = Math.ceil(Math.max(next.length, this.current.length) / PAGE_SIZE);
    this.current = next;
    for (let page = 0; page < pages; page++) this.#history(page).push(this.#page(page));
    this.#most = Math.max(this.#most, next.length);
    this.#least = Math.min(this.#least, next.length);
  }

  #page(page: number): Uint8Array {
    const bytes = new Uint8Array(PAGE_SIZE);
    bytes.set(this.current.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE));
    return bytes;
  }

  #history(page: number): Uint8Array[] {
    return (this.#pages[page] ??= [ZEROS]);
  }

  /** Pages [first, end) are safe. */
  synced(first = 0, end = Number.POSITIVE_INFINITY): void {
    const pages = Math.ceil(this.current.length / PAGE_SIZE);
    for (let page = first; page < Math.min(end, pages); page++) {
      this.#pages[page] = [this.#page(page)];
      if (this.#written.has(page)) this.#least = Math.max(this.#least, Math.min(this.current.length, (page + 1) * PAGE_SIZE));
    }
    if (first === 0 && end === Number.POSITIVE_INFINITY) this.#least = this.#most = this.current.length;
  }

  /** Why this can't be the file; undefined: it can. */
  refusal(bytes: Uint8Array): string | undefined {
    if (bytes.length < this.#least || bytes.length > this.#most) return `${bytes.length} bytes, not ${this.#least} to ${this.#most}`;
    for (let at = 0; at < bytes.length; at++) {
      const history = this.#history(Math.floor(at / PAGE_SIZE));
      if (!history.some((page) => page[at % PAGE_SIZE] === bytes[at])) return `byte ${at} is ${bytes[at]}`;
    }
    return undefined;
  }
}

export class Contract {
  readonly #files: FileContract[] = [];
  /** 'directory/name': what it may name; undefined: nothing. The last is what it does name. */
  readonly #names = new Map<string, (number | undefined)[]>();

  #name(directory: string, name: string): (number | undefined)[] {
    const key = `${directory}/${name}`;
    let allowed = this.#names.get(key);
    if (allowed === undefined) this.#names.set(key, (allowed = [undefined]));
    return allowed;
  }

  get names(): string[] {
    return [...this.#names.keys()];
  }

  bytesOf(file: number): Uint8Array {
    return this.#files[file].current;
  }

  /** `finished`: the call has returned success; else it was under way. */
  apply(action: Action, finished: boolean): void {
    switch (action.kind) {
      case 'create':
        this.#files[action.file] = new FileContract();
        this.#name(action.directory, action.name).push(action.file);
        break;
      case 'unlink':
        this.#name(action.directory, action.name).push(undefined);
        break;
      case 'rename':
        this.#name(...action.from).push(undefined);
        this.#name(...action.to).push(action.file);
        break;
      case 'write':
      case 'store':
        this.#files[action.file].change(action.offset, action.bytes);
        if (action.kind === 'write' && action.sync && finished) this.#syncPages(action.file, action.offset, action.bytes.length);
        break;
      case 'truncate':
        this.#files[action.file].truncate(action.size);
        break;
      default:
        if (finished) this.#synced(action);
    }
  }

  #syncPages(file: number, offset: number, length: number): void {
    this.#files[file].synced(Math.floor(offset / PAGE_SIZE), Math.ceil((offset + length) / PAGE_SIZE));
  }

  #synced(action: Action): void {
    switch (action.kind) {
      case 'fsync':
      case 'fdatasync':
        this.#files[action.file].synced();
        break;
      case 'msync':
        this.#files[action.file].synced(action.first, action.end);
        break;
      case 'syncEntries':
        this.#namesSafe((key) => key.startsWith(`${action.directory}/`));
        break;
      case 'sync':
        for (const file of this.#files) file.synced();
        this.#namesSafe(() => true);
        break;
      default:
    }
  }

  #namesSafe(which: (key: string) => boolean): void {
    for (const [key, allowed] of this.#names) if (which(key)) allowed.splice(0, allowed.length - 1);
  }

  /** Why a name can't lead to this (undefined: to nothing) after a crash; undefined: it can. */
  refusal(key: string, bytes: Uint8Array | undefined): string | undefined {
    const allowed = this.#names.get(key) ?? [undefined];
    if (bytes === undefined) return allowed.includes(undefined) ? undefined : `${key} is gone`;
    const reasons: string[] = [];
    for (const file of allowed) {
      if (file === undefined) continue;
      const reason = this.#files[file].refusal(bytes);
      if (reason === undefined) return undefined;
      reasons.push(`${reason} of file ${file}`);
    }
    return `${key}: ${reasons.join('; ') || 'should not be there'}`;
  }
}
