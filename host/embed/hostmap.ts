/** Memory that the embedder shares, shown to a process that runs: what an mmap of a device with that memory would do. */
import { EINVAL, ESRCH } from '../../assembly/shared/errno.js';
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import * as M from '../../assembly/shared/mman.js';
import type { Process } from '../kernel/process.js';
import { DescriptorInode } from '../syscalls/anonymous.js';
import { anonymousFileSystems } from '../vfs/anonymous.js';
import type { DeviceMemory } from '../vfs/devicememory.js';
import { SystemError, settle } from './errors.js';

/** Where host memory is mapped, and what the guest may do with it. */
export interface MapOptions {
  /** Where, a multiple of 4096; EEXIST when something is there. Default: where there is room. */
  readonly address?: number;
  /** The process may only look. */
  readonly readOnly?: boolean;
}

function requireRunning(process: Process, call: string): void {
  if (process.state !== 'running') throw new SystemError(ESRCH, call, undefined);
}

export function mapHostMemory(process: Process, memory: DeviceMemory, { address, readOnly = false }: MapOptions): Promise<number> {
  return settle(() => {
    requireRunning(process, 'mmap');
    if (address !== undefined && !(Number.isSafeInteger(address) && address > 0 && address % PAGE_SIZE === 0)) {
      throw new SystemError(EINVAL, 'mmap', undefined, `${address} is no address of a page`);
    }
    const { kernel, space } = process;
    const { namespace } = process.leader.fs;
    const { env } = namespace;
    const inode = memory.share(env, () => new DescriptorInode(env, anonymousFileSystems(env).others, 0o600));
    if (kernel.mapped.get(inode) === undefined) {
      kernel.mapped.set(inode, namespace.internalLocation(anonymousFileSystems(env).others, inode, 'anon_inode:[host]'));
    }
    const prot = readOnly ? M.PROT_READ : M.PROT_READ | M.PROT_WRITE;
    const may = M.VM_MAYREAD | (readOnly ? 0 : M.VM_MAYWRITE) | M.VM_DONTEXPAND | M.VM_DONTDUMP;
    const flags = M.MAP_SHARED | (address === undefined ? 0 : M.MAP_FIXED_NOREPLACE);
    const bytes = Math.ceil(memory.sizeBytes / PAGE_SIZE) * PAGE_SIZE;
    const at = kernel.core.exports.mmMap(space.handle, address ?? 0, bytes, prot, flags, inode.object, 0, may);
    if (at < 0) throw new SystemError(-at, 'mmap', undefined);
    return at;
  }, 'mmap');
}

export function unmapMemory(process: Process, address: number, length: number): void {
  requireRunning(process, 'munmap');
  if (!(address % PAGE_SIZE === 0 && length > 0)) throw new SystemError(EINVAL, 'munmap', undefined);
  const bytes = Math.ceil(length / PAGE_SIZE) * PAGE_SIZE;
  const result = process.kernel.core.exports.mmUnmap(process.space.handle, address, bytes);
  if (result < 0) throw new SystemError(-result, 'munmap', undefined);
}
