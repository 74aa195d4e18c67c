/**
 * Compiled code of the command, kept from run to run: a third of what starting costs is V8 parsing and compiling the same text again. It is
 * kept beside the installed files, or else in the user's cache folder, for one text, one version of V8 and its flags each. Where that can't
 * be, the command starts as it did before.
 */
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';
import { cacheFolder } from '../cache-folder.js';
import { forgetCode, restoreFlags } from '../v8-flags.js';
import { LinkError, type Linked, link } from './link.js';

/** Files kept at most, of all versions that share the folder. */
const FILES_MAX = 12;
/** What the command needs whatever it does. */
const PACKAGE = 'commander';

type Command = typeof import('../command.js');

/** Is a file as much to be trusted as the command itself? Its code will be ours. */
function isOurs(stat: fs.Stats, command: fs.Stats): boolean {
  const user = process.geteuid?.();
  return user === undefined || ([0, user, command.uid].includes(stat.uid) && (stat.mode & 0o022) === 0);
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

class CodeCache {
  readonly #tag = cachedDataVersionTag();

  private constructor(
    private readonly folder: string,
    private readonly key: string,
    private readonly command: fs.Stats,
  ) {}

  /** The first folder of these that can be written to. */
  static open(folders: readonly string[], key: string, command: fs.Stats): CodeCache | undefined {
    for (const folder of folders) {
      try {
        fs.mkdirSync(folder, { recursive: true, mode: 0o755 });
        fs.accessSync(folder, fs.constants.W_OK);
        if (isOurs(fs.statSync(folder), command)) return new CodeCache(folder, key, command);
      } catch (error) {
        if (!isFileError(error)) throw error;
      }
    }
    return undefined;
  }

  pathOf(what: string): string {
    return join(this.folder, `${this.key}${what}`);
  }

  read(what: string): Buffer | undefined {
    let file: number | undefined;
    try {
      file = fs.openSync(this.pathOf(what), 'r');
      return isOurs(fs.fstatSync(file), this.command) ? fs.readFileSync(file) : undefined;
    } catch (error) {
      if (!isFileError(error)) throw error;
      return undefined;
    } finally {
      if (file !== undefined) fs.closeSync(file);
    }
  }

  /** Whole or not at all, whoever else does the same. */
  write(what: string, data: Uint8Array): void {
    const path = this.pathOf(what);
    const part = `${path}.${process.pid}`;
    try {
      fs.writeFileSync(part, data, { flag: 'wx', mode: 0o644 });
      fs.renameSync(part, path);
      this.#prune();
    } catch (error) {
      if (!isFileError(error)) throw error;
      fs.rmSync(part, { force: true });
    }
  }

  /** Files of older versions go. */
  #prune(): void {
    const paths = fs
      .readdirSync(this.folder)
      .filter((name) => name.startsWith('command-'))
      .map((name) => join(this.folder, name));
    const dated = paths.map((path) => ({ path, time: fs.statSync(path).mtimeMs })).sort((a, b) => b.time - a.time);
    for (const { path } of dated.slice(FILES_MAX)) fs.rmSync(path, { force: true });
  }

  /**
   * Runs the linked text, which is ASCII, with what is kept of its code. What V8 has compiled when the process ends is kept: of the
   * first run, and of the first that met the region compiler.
   */
  run(text: Buffer, require: NodeJS.Require, location: string, importExternal: (name: string) => Promise<unknown>): Command {
    const names = ['', `-${this.#tag}-short`, `-${this.#tag}-long`];
    let level = names.length;
    let cachedData: Buffer | undefined;
    while (cachedData === undefined && --level > 0) cachedData = this.read(names[level]);
    const script = new Script(text.toString('latin1'), { filename: this.pathOf('.js'), cachedData });
    if (script.cachedDataRejected === true) level = 0;
    if (level < names.length - 1) {
      // With other flags than it started with Node finds no code of its own modules: only where ours has to be compiled, too.
      if (level === 0) forgetCode(false);
      process.once('exit', () => {
        const reached = command.reached();
        if (reached <= level) return;
        restoreFlags();
        if (cachedDataVersionTag() === this.#tag) this.write(names[reached], script.createCachedData());
      });
    }
    const linked = script.runInThisContext() as Linked;
    const command = linked(require, importExternal, location) as unknown as Command;
    return command;
  }
}

/**
 * The exports of `first`, a module of the bundle in the folder of `location`, or undefined: they have to be imported. `importExternal`
 * imports a package.
 */
export function loadLinked(first: string, location: string, importExternal: (name: string) => Promise<unknown>): Command | undefined {
  if (process.env.NODE_DISABLE_COMPILE_CACHE !== undefined) return undefined;
  const command = fs.statSync(fileURLToPath(location));
  const folders = [fileURLToPath(new URL('../cache', location)), join(cacheFolder(process.env), 'code')];
  const require = createRequire(location);
  const path = require.resolve(PACKAGE);
  const { mtimeMs, size } = fs.statSync(path);
  const key = `${first.replace(/^.*\/|\.js$/g, '')}-${Math.round(mtimeMs).toString(36)}${size.toString(36)}`;
  const cache = CodeCache.open(folders, key, command);
  if (cache === undefined) return undefined;
  let text = cache.read('.js');
  if (text === undefined) {
    try {
      text = Buffer.from(
        link(first, (name) => fs.readFileSync(isAbsolute(name) ? name : new URL(name, location), 'utf8'), { [PACKAGE]: path }),
      );
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      return undefined;
    }
    cache.write('.js', text);
  }
  return cache.run(text, require, location, importExternal);
}
