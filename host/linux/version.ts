/** What uname(2) says: the Linux whose interface this machine offers. */
export const OS_NAME = 'Linux';
export const OS_RELEASE = '6.12.0-pagewalk';
export const OS_VERSION = '#1 SMP Pagewalk';
export const OS_MACHINE = 'riscv64';
