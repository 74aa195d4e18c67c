import { ENOMEM } from '../../assembly/shared/errno.js';
import { OBJECT_SHMEM } from '../../assembly/shared/exit.js';
import * as M from '../../assembly/shared/mman.js';
import type { Kernel } from '../kernel/kernel.js';
import type { AddressSpace } from '../kernel/space.js';
import { check, SysError } from '../linux/error.js';

const PAGE = 4096;

/** `li a7, 139 (rt_sigreturn); ecall`: what debuggers and unwinders know a signal frame's return address by. */
const SIGRETURN = [0x08b00893, 0x00000073];

/** Maps the page to which signal handlers return. One frame serves all processes: it is mapped shared, and nobody may write it. */
export function mapTrampoline(kernel: Kernel, space: AddressSpace, address: number): void {
  const { exports } = kernel.core;
  if (kernel.trampolineObject === 0) kernel.trampolineObject = makePage(kernel);
  const flags = M.MAP_SHARED | M.MAP_FIXED;
  const may = M.VM_MAYREAD | M.VM_MAYEXEC | M.VM_VDSO;
  check(exports.mmMap(space.handle, address, PAGE, M.PROT_READ | M.PROT_EXEC, flags, kernel.trampolineObject, 0, may));
}

function makePage(kernel: Kernel): number {
  const { core } = kernel;
  const object = core.exports.objectCreate(OBJECT_SHMEM);
  if (object === 0) throw new SysError(ENOMEM);
  core.exports.objectSetSize(object, PAGE);
  const page = core.exports.objectInsertPage(object, 0);
  if (page === 0) throw new SysError(ENOMEM);
  SIGRETURN.forEach((word, i) => {
    core.view.setUint32(page + i * 4, word, true);
  });
  return object;
}
