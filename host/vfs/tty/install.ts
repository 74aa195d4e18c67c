import { SysError } from '../../linux/error.js';
import { O_RDWR } from '../../linux/fcntl.js';
import { devMinor, makeDev, S_IFCHR } from '../../linux/stat.js';
import { AnonymousInode, anonymousFileSystems, placeAnonymous } from '../anonymous.js';
import { PathContext } from '../context.js';
import { mknod } from '../names.js';
import type { Namespace } from '../namespace.js';
import { open } from '../open.js';
import type { Credentials, OpenFile } from '../types.js';
import { DevptsFileSystem } from './devpts.js';
import type { Terminal } from './terminal.js';
import { TerminalDriver, TerminalFile } from './terminalfile.js';

const CONSOLE = makeDev(5, 1);
const ROOT: Credentials = { uid: 0, gid: 0, groups: [] };

export class TerminalInode extends AnonymousInode {
  constructor(
    namespace: Namespace,
    readonly terminal: Terminal,
  ) {
    super(namespace.env, anonymousFileSystems(namespace.env).others, S_IFCHR | 0o620);
    this.rdev = terminal.rdev;
  }

  override open(flags: number): OpenFile {
    return new TerminalFile(this, this.terminal, flags);
  }
}

/** The devpts of the tree, if it has one. */
export function mountedDevpts(namespace: Namespace): DevptsFileSystem | undefined {
  return namespace.mounts.map((mount) => mount.fs).find((fs) => fs instanceof DevptsFileSystem);
}

/**
 * Makes `terminal` the machine's: /dev/console and its own device number open it, and when /dev is mounted it gets its name there, so that
 * ttyname(3) finds it. Returns a file for descriptors; retainFile for more than one.
 */
export function installTerminal(namespace: Namespace, terminal: Terminal): OpenFile {
  const { devices } = namespace.env;
  const index = devMinor(terminal.rdev);
  const path = `/dev/pts/${index}`;
  devices.registerCharacter(CONSOLE, new TerminalDriver('console', terminal));
  const ctx = PathContext.create(namespace, ROOT);
  const devpts = mountedDevpts(namespace);
  if (devpts !== undefined) devpts.adopt(terminal, index);
  else devices.registerCharacter(terminal.rdev, new TerminalDriver(`pts/${index}`, terminal));
  try {
    if (devpts === undefined) mknod(ctx, ctx.root, path, S_IFCHR | 0o620, terminal.rdev);
    return open(ctx, ctx.root, path, O_RDWR);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    // No /dev, or one that can't take it: a terminal without a name works as well.
    const inode = new TerminalInode(namespace, terminal);
    return placeAnonymous(namespace, inode.open(O_RDWR), path);
  }
}
