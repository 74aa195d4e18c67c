/** `--user UID[:GID]` or a name: who the program is, by the machine's own /etc/passwd and /etc/group (passwd(5), group(5)). */
import { check } from '../linux/error.js';
import { O_RDONLY } from '../linux/fcntl.js';
import { isRegular } from '../linux/stat.js';
import { decodeText } from '../linux/text.js';
import type { Machine } from '../machine.js';
import { lookUp } from '../machine-setup.js';
import { HostBuffer } from '../vfs/hostbuffer.js';
import { releaseFile } from '../vfs/openfile.js';
import { UsageError } from './options.js';

/** 0xffffffff is nobody's: "leave it" to chown. */
const ID_MAX = 0xfffffffe;
/** More of a table of users is not looked at. */
const TABLE_BYTES_MAX = 16 * 1024 * 1024;

export interface User {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  /** Only of users that /etc/passwd has. */
  readonly name?: string;
  readonly home?: string;
}

/** Fields of the lines of a table; of one that is not there, none. */
function readTable(machine: Machine, path: string): string[][] {
  const inode = lookUp(machine, path)?.inode;
  if (inode === undefined || !isRegular(inode.mode)) return [];
  const buffer = new HostBuffer(new Uint8Array(Math.min(inode.size, TABLE_BYTES_MAX)), machine.env.pages);
  const file = inode.open(O_RDONLY);
  try {
    while (buffer.remaining > 0) if (check(file.read(buffer, buffer.transferred)) === 0) break;
  } finally {
    releaseFile(file);
  }
  const lines = decodeText(buffer.filled).split('\n');
  return lines.map((line) => line.split(':'));
}

function parseId(text: string): number | undefined {
  const id = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return id <= ID_MAX ? id : undefined;
}

/** A UsageError when the table has no such name, or it is neither a name nor a number. */
function idOf(table: readonly string[][], name: string, what: string, path: string): number {
  const id = parseId(table.find((fields) => fields[0] === name)?.[2] ?? name);
  if (id === undefined) throw new UsageError(`--user: no ${what} '${name}' in the machine's ${path}`);
  return id;
}

/** A user without a given group has those of his entry and of /etc/group; one with a given group that one only. */
export function findUser(machine: Machine, text: string): User {
  const [name, group, ...more] = text.split(':');
  if (name === '' || group === '' || more.length > 0) throw new UsageError(`--user: '${text}' is not USER[:GROUP]`);
  const users = readTable(machine, '/etc/passwd');
  const uid = name === 'root' ? 0 : idOf(users, name, 'user', '/etc/passwd');
  const entry = users.find((fields) => fields[0] === name) ?? users.find((fields) => parseId(fields[2] ?? '') === uid);
  const known = { name: entry?.[0], home: entry?.[5] };
  const groups = readTable(machine, '/etc/group');
  if (group !== undefined) return { uid, gid: idOf(groups, group, 'group', '/etc/group'), groups: [], ...known };
  const gid = parseId(entry?.[3] ?? '') ?? 0;
  const member = (fields: readonly string[]): boolean => entry !== undefined && (fields[3] ?? '').split(',').includes(entry[0]);
  const ids = groups.filter(member).map((fields) => parseId(fields[2] ?? ''));
  const all = new Set(ids.filter((id) => id !== undefined));
  // As login(1) does, the first group is among them.
  if (entry !== undefined) all.add(gid);
  return { uid, gid, groups: [...all].sort((a, b) => a - b), ...known };
}
