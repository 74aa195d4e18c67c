/** Where the package's Wasm modules lie, and how Node reads them. */
import { promises, readFileSync } from 'node:fs';

/** Beside the built host in dist/, and from the sources. */
const FOLDERS: readonly string[] = ['../', '../../dist/'];

function placesOf(name: string): URL[] {
  return FOLDERS.map((folder) => new URL(folder + name, import.meta.url));
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function notThere(name: string, places: readonly URL[]): Error {
  return new Error(`${name} is not there (${places.map((place) => place.pathname).join(', ')}): npm run build makes it`);
}

/** With `url`, from there. */
export async function loadModule(name: string, url: URL | undefined): Promise<WebAssembly.Module> {
  const places = url === undefined ? placesOf(name) : [url];
  for (const place of places) {
    try {
      return await WebAssembly.compile(await promises.readFile(place));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  throw notThere(name, places);
}

export function loadCoreNow(): WebAssembly.Module {
  const places = placesOf('core.wasm');
  for (const place of places) {
    try {
      return new WebAssembly.Module(readFileSync(place));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  throw notThere('core.wasm', places);
}
