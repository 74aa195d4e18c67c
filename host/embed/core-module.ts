/** The compiled core that all machines of a realm share. */

let load: () => Promise<WebAssembly.Module> = () => Promise.reject(new Error('nobody has said where core.wasm is'));
let loaded: Promise<WebAssembly.Module> | undefined;

export async function fetchModule(url: URL): Promise<WebAssembly.Module> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href}: ${response.status} ${response.statusText}`);
  return await WebAssembly.compile(await response.arrayBuffer());
}

/** The entry of the package knows where the file lies, and how it is read there. */
export function provideCore(loader: () => Promise<WebAssembly.Module>): void {
  load = loader;
}

/** Compiled once. */
export function sharedCore(): Promise<WebAssembly.Module> {
  if (loaded === undefined) {
    loaded = load();
    // The next machine may have more luck.
    loaded.catch(() => {
      loaded = undefined;
    });
  }
  return loaded;
}
