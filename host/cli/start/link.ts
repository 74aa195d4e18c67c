/**
 * Makes one script of the files that a bundle of ES modules consists of: code that V8 compiled can be kept of scripts (code-cache.ts), in
 * Node 20 not of modules. Understood is what our build's bundler writes, minified: imports as statements, one list of exports at the end,
 * names that no module assigns to once it has been evaluated, no await outside of functions. The script is ASCII.
 */
import { dirname, isAbsolute, resolve } from 'node:path';

const IMPORT = /(?<=^|[;}\n])import(?:(\{[^{}]*\}|\*as [\w$]+ )from)?"([^"]+)";/g;
const DYNAMIC = /\bimport\("([^"]+)"\)/g;
const REQUIRED = /\brequire\('(\.\.?\/[^']+)'\)/g;
const EXPORT = /export\{([^{}]*)\};\s*$/;

/** Longer than any name that the bundler gives. */
const USE = 'linkedModule';
const LINKED = 'linkedModules';
const LOAD = 'loadLinkedModule';
const REQUIRE = 'requireBuiltin';
const EXTERNAL = 'importExternal';
const LOCATION = 'linkedLocation';

/** A file is no module as the bundler writes them. */
export class LinkError extends Error {}

/** What the script's value, a function, is called with; it returns the exports of the first module. */
export type Linked = (
  require: (name: string) => unknown,
  importExternal: (name: string) => Promise<unknown>,
  location: string,
) => Record<string, unknown>;

/** `{a as b,c}` -> `{a:b,c}`, and `*as a` -> `a`. */
function pattern(names: string): string {
  return names.startsWith('*') ? names.slice('*as '.length) : names.replace(/ as /g, ':');
}

/** `a as b,c` -> `b:a,c`. */
function members(names: string): string {
  return names.replace(/([\w$]+) as ([\w$]+)/g, '$2:$1');
}

/** A function that returns what a CommonJS module exports; `wanted` hears of the files that it requires by relative names. */
function commonJs(path: string, text: string, wanted: (path: string) => void): string {
  const body = text.replace(REQUIRED, (_, name: string) => {
    const target = resolve(dirname(path), name.endsWith('.js') ? name : `${name}.js`);
    wanted(target);
    return `${USE}(${JSON.stringify(target)})`;
  });
  const exports = `${LINKED}[${JSON.stringify(path)}]=module.exports`;
  return `const module={exports:{}};${exports};(function(exports,require){${body}\n})(module.exports,${REQUIRE});return module.exports;`;
}

/**
 * The module `first` and all that it imports by relative names; `read` gives a file's text. `packages`: the main files, absolute, of
 * CommonJS packages that are to be in it, too.
 */
export function link(first: string, read: (name: string) => string, packages: Readonly<Record<string, string>> = {}): string {
  const bodies = new Map<string, string>();
  const todo = [first];
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (bodies.has(name)) continue;
    const text = read(name);
    if (isAbsolute(name)) {
      bodies.set(
        name,
        commonJs(name, text, (path) => todo.push(path)),
      );
      continue;
    }
    const exported = EXPORT.exec(text);
    if (exported === null) throw new LinkError(`${name} does not end with a list of exports`);
    const wanted = (from: string): string | undefined => {
      const file = from.startsWith('./') ? from : packages[from];
      if (file !== undefined) todo.push(file);
      return file;
    };
    const body = text
      .slice(0, exported.index)
      .replace(IMPORT, (_, names: string | undefined, from: string) => {
        const file = wanted(from);
        const module = `${file === undefined ? REQUIRE : USE}(${JSON.stringify(file ?? from)})`;
        return names === undefined ? `${module};` : `const ${pattern(names)}=${module};`;
      })
      .replace(DYNAMIC, (_, from: string) => `${wanted(from) === undefined ? EXTERNAL : LOAD}(${JSON.stringify(from)})`)
      .replaceAll('import.meta.url', LOCATION);
    bodies.set(name, `${body}return{${members(exported[1])}}`);
  }
  const table = [...bodies].map(([name, body]) => `${JSON.stringify(name)}:()=>{${body}}`).join(',\n');
  const use = `const ${USE}=(name)=>${LINKED}[name]??=bodies[name](),${LOAD}=async(name)=>${USE}(name);`;
  const start = `return ${USE}(${JSON.stringify(first)})`;
  const script = `(function(${REQUIRE},${EXTERNAL},${LOCATION}){"use strict";const ${LINKED}={},bodies={${table}};${use}${start}})`;
  return script.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
