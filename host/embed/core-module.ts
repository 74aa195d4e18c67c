/** The compiled core that all machines of a realm share. */

let load: () => Promise<WebAssembly.Module> = () => Promise.reject(new Error('nobody has said where core.wasm is'));
let loadNow: (() => WebAssembly.Module) | undefined;
let loaded: Promise<WebAssembly.Module> | undefined;
let compiled: WebAssembly.Module | undefined;

export async function fetchModule(url: URL): Promise<WebAssembly.Module> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href}: ${response.status} ${response.statusText}`);
  return await WebAssembly.compile(await response.arrayBuffer());
}

/** The entry of the package knows where the file lies, and how it is read there; `now`: at once, where that can be done. */
export function provideCore(loader: () => Promise<WebAssembly.Module>, now?: () => WebAssembly.Module): void {
  load = loader;
  loadNow = now;
}

/** What sharedCore gives, at once. TypeError: it has not been loaded yet, and can't be at once here. */
export function sharedCoreSync(): WebAssembly.Module {
  compiled ??= loadNow?.();
  if (compiled === undefined) throw new TypeError('the core has not been loaded yet: await loadCore() first, or give a `module`');
  return compiled;
}

/** Compiled once. */
export function sharedCore(): Promise<WebAssembly.Module> {
  if (loaded === undefined) {
    loaded = compiled === undefined ? load() : Promise.resolve(compiled);
    loaded.then((module) => (compiled = module)).catch(() => undefined);
    // The next machine may have more luck.
    loaded.catch(() => {
      loaded = undefined;
    });
  }
  return loaded;
}
