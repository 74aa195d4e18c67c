import { ENOMEM } from '../../assembly/shared/errno.js';
import { OBJECT_SHMEM } from '../../assembly/shared/exit.js';
import * as M from '../../assembly/shared/mman.js';
import { VDSO_IMAGE, VDSO_SIGRETURN } from '../generated/vdso.js';
import type { Kernel } from '../kernel/kernel.js';
import type { AddressSpace } from '../kernel/space.js';
import { check, SysError } from '../linux/error.js';

const PAGE = 4096;
/** Code and, below it, its data. */
export const VDSO_BYTES = 2 * PAGE;

/**
 * Maps the kernel's shared object (vdso(7)): the data page [vvar] at `address`, the code page [vdso] behind it. One frame of each serves
 * all processes; a debugger's breakpoint in the code gives its process a copy.
 */
export function mapVdso(kernel: Kernel, space: AddressSpace, address: number): void {
  const { exports } = kernel.core;
  const { data, code } = (kernel.vdso ??= makePages(kernel));
  const flags = M.MAP_PRIVATE | M.MAP_FIXED;
  const read = M.VM_MAYREAD | M.VM_VDSO;
  check(exports.mmMap(space.handle, address, PAGE, M.PROT_READ, flags, data, 0, read));
  const may = read | M.VM_MAYEXEC | M.VM_MAYWRITE;
  check(exports.mmMap(space.handle, address + PAGE, PAGE, M.PROT_READ | M.PROT_EXEC, flags, code, 0, may));
  space.layout.vdso = address + PAGE;
  space.layout.trampoline = address + PAGE + VDSO_SIGRETURN;
}

let vdsoImage: Uint8Array | undefined;

function makePages(kernel: Kernel): { data: number; code: number } {
  const image = (vdsoImage ??= Uint8Array.from(atob(VDSO_IMAGE), (char) => char.charCodeAt(0)));
  const code = makePage(kernel, (at) => kernel.core.u8.set(image, at));
  const data = makePage(kernel, (at) => kernel.clock.publish?.(at));
  return { data, code };
}

function makePage({ core }: Kernel, fill: (address: number) => void): number {
  const object = core.exports.objectCreate(OBJECT_SHMEM);
  if (object === 0) throw new SysError(ENOMEM);
  core.exports.objectSetSize(object, PAGE);
  const at = core.exports.objectInsertPage(object, 0);
  if (at === 0) throw new SysError(ENOMEM);
  // The host writes to it at any time.
  core.exports.objectPin(object, 1);
  fill(at >>> 0);
  return object;
}
