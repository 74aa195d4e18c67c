/**
 * The root that is being made, as names only: what is where, so that every member finds its real place. A path is followed through the
 * symbolic links of the tree itself (/bin -> usr/bin) and can never leave it; '..' ends at the top.
 */

export type NodeKind = 'file' | 'symlink' | 'directory' | 'special';

export interface TreeNode {
  kind: NodeKind;
  /** Of a symbolic link. */
  target: string;
  readonly children: Map<string, TreeNode>;
  /** The package it came from. */
  owner: string;
}

const LINKS_MAX = 40;

function node(kind: NodeKind, owner: string, target = ''): TreeNode {
  return { kind, target, children: new Map(), owner };
}

/** Why a member can't be put where it wants to be. */
export class TreeError extends Error {}

export class Tree {
  readonly root = node('directory', '');

  /** Real components of the directory that `path` names, and its node; the missing rest is not made. undefined: not there. */
  #walk(path: readonly string[]): { real: string[]; node: TreeNode } | undefined {
    const todo = [...path].reverse();
    let real: string[] = [];
    let nodes: TreeNode[] = [this.root];
    for (let links = 0; todo.length > 0; ) {
      const name = todo.pop() as string;
      if (name === '' || name === '.') continue;
      if (name === '..') {
        real.pop();
        if (nodes.length > 1) nodes.pop();
        continue;
      }
      const at = nodes[nodes.length - 1];
      const next = at.children.get(name);
      if (at.kind !== 'directory' || next === undefined) return undefined;
      if (next.kind === 'symlink') {
        if (++links > LINKS_MAX) throw new TreeError('lies behind a loop of symbolic links');
        if (next.target.startsWith('/')) {
          real = [];
          nodes = [this.root];
        }
        todo.push(...next.target.split('/').reverse());
        continue;
      }
      real.push(name);
      nodes.push(next);
    }
    return { real, node: nodes[nodes.length - 1] };
  }

  /** The directory for `path`, with symbolic links followed; missing ones are made and named to `onNew`. */
  directory(path: readonly string[], onNew: (real: readonly string[]) => void): { real: string[]; node: TreeNode } {
    let at: { real: string[]; node: TreeNode } = { real: [], node: this.root };
    for (let i = 0; i < path.length; i++) {
      const next = this.#walk([...at.real, path[i]]);
      if (next === undefined) {
        if (at.node.children.has(path[i])) throw new TreeError(`lies below '${path.slice(0, i + 1).join('/')}', a link to nothing`);
        const made = node('directory', '');
        at.node.children.set(path[i], made);
        at = { real: [...at.real, path[i]], node: made };
        onNew(at.real);
      } else if (next.node.kind !== 'directory') {
        throw new TreeError(`lies below '${path.slice(0, i + 1).join('/')}', which is no directory`);
      } else at = next;
    }
    return at;
  }

  /** What is there, the last link followed or not. */
  find(path: string, follow = true): TreeNode | undefined {
    const parts = path.split('/').filter(Boolean);
    if (follow) return this.#walk(parts)?.node;
    const name = parts.pop();
    return name === undefined ? this.root : this.#walk(parts)?.node.children.get(name);
  }

  /** Where `path` really is (its directory's links followed, its own not), with slashes. undefined: no such directory. */
  real(path: string): string | undefined {
    const parts = path.split('/').filter(Boolean);
    const name = parts.pop();
    if (name === undefined) return '/';
    const at = this.#walk(parts);
    return at === undefined ? undefined : `/${[...at.real, name].join('/')}`;
  }

  /** Puts something that is no directory; what was there before, else undefined. */
  put(parent: TreeNode, name: string, kind: Exclude<NodeKind, 'directory'>, owner: string, target = ''): TreeNode | undefined {
    const before = parent.children.get(name);
    if (before?.kind === 'directory') throw new TreeError('would replace a directory');
    parent.children.set(name, node(kind, owner, target));
    return before;
  }
}
