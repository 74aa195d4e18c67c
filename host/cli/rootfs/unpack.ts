/** Puts the members of packages into a root: paths are resolved in the tree that is being made, never in the host's. */
import { shown } from '../../vfs/backends/tar-header.js';
import type { TarMember } from '../../vfs/backends/tar-index.js';
import type { DebTar } from './deb.js';
import type { Package } from './packages.js';
import { parseRelations } from './relation.js';
import type { Target, TargetAttributes } from './target.js';
import { Tree, TreeError } from './tree.js';

const DIRECTORY: TargetAttributes = { mode: 0o755, uid: 0, gid: 0, mtimeSec: 0 };

/** Files whose contents are needed once more when all is unpacked. */
export type Keep = (path: string) => boolean;

export class Unpacker {
  readonly tree = new Tree();
  readonly warnings: string[] = [];
  /** Contents of the files that `keep` asked for, by their path from '/'. */
  readonly kept = new Map<string, Uint8Array>();
  readonly #packages = new Map<string, Package>();

  constructor(
    readonly target: Target,
    readonly keep: Keep,
  ) {}

  /** The names a package has put there, '/.' first, as dpkg lists them. */
  async add(it: Package, data: DebTar): Promise<string[]> {
    this.#packages.set(it.name, it);
    for (const line of data.warnings) this.warnings.push(`${it.name}: ${line}`);
    const names = ['/.'];
    for (const member of data.members) {
      try {
        if (await this.#member(it, member, data)) names.push(`/${member.path.join('/')}`);
      } catch (error) {
        if (!(error instanceof TreeError)) throw error;
        this.warnings.push(`${it.name}: ${shown(member.path.join('/'))} ${error.message}: left out`);
      }
    }
    return names;
  }

  async #member(it: Package, member: TarMember, data: DebTar): Promise<boolean> {
    const { path, kind } = member;
    if (path.length === 0) return false;
    const what = { mode: member.mode, uid: member.uid, gid: member.gid, mtimeSec: member.mtime.sec };
    if (kind === 'directory') {
      await this.directory(path, what);
      return true;
    }
    const parent = await this.directory(path.slice(0, -1));
    const name = path[path.length - 1];
    const real = [...parent.real, name];
    const before = parent.node.children.get(name);
    if (before !== undefined && before.kind !== 'directory' && this.#staysWith(before.owner, it)) return false;
    if (kind === 'hardlink') {
      const other = this.tree.real(member.linkPath.join('/'));
      const node = other === undefined ? undefined : this.tree.find(other, false);
      if (other === undefined || node === undefined || node.kind === 'directory') throw new TreeError('is a hard link to nothing');
      if (`/${real.join('/')}` === other) return true;
      this.tree.put(parent.node, name, node.kind, it.name, node.target);
      await this.target.hardlink(real, other.split('/').filter(Boolean));
      const bytes = this.kept.get(other);
      if (bytes !== undefined && this.keep(`/${real.join('/')}`)) this.kept.set(`/${real.join('/')}`, bytes);
      return true;
    }
    if (member.sparse !== undefined) throw new TreeError('is a sparse file, which packages do not have');
    if (kind === 'file') {
      this.tree.put(parent.node, name, 'file', it.name);
      await this.file(real, what, data.source.read(member.dataOffset, member.size));
    } else if (kind === 'symlink') {
      this.tree.put(parent.node, name, 'symlink', it.name, member.target);
      await this.target.symlink(real, what, member.target);
    } else {
      this.tree.put(parent.node, name, 'special', it.name);
      await this.target.device(real, what, kind, member.major, member.minor);
    }
    return true;
  }

  /** A file of two packages belongs to the one that says Replaces; when none does, to the later one. */
  #staysWith(owner: string, later: Package): boolean {
    const before = this.#packages.get(owner);
    if (before === undefined || before === later) return false;
    const replaces = (a: Package, b: Package): boolean =>
      parseRelations(a.field('replaces'))
        .flat()
        .some((relation) => b.satisfies(relation));
    return replaces(before, later) && !replaces(later, before);
  }

  async file(real: readonly string[], what: TargetAttributes, bytes: Uint8Array): Promise<void> {
    const path = `/${real.join('/')}`;
    if (this.keep(path)) this.kept.set(path, bytes.slice());
    await this.target.file(real, what, bytes);
  }

  /** A directory and those above it, where they are missing. An existing one keeps its attributes, as under dpkg. */
  async directory(path: readonly string[], what?: TargetAttributes): Promise<ReturnType<Tree['directory']>> {
    const made: (readonly string[])[] = [];
    const found = this.tree.directory(path, (real) => made.push(real));
    for (const [i, real] of made.entries()) await this.target.directory(real, (i === made.length - 1 ? what : undefined) ?? DIRECTORY);
    return found;
  }
}
