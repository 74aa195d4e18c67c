/** Rows of this folder's programs whose result here is not that of Linux on the machine that judges, and why. */
export interface Difference {
  /** What Pagewalk does. */
  readonly here: string;
  readonly why: string;
}

/** By program, by row. The test fails for a row that no longer differs, and for one that differs otherwise. */
export const DIFFERENCES: Readonly<Record<string, Readonly<Record<string, Difference>>>> = {
  'mmap-errors': {
    low: { here: 'EPERM', why: 'the pages below vm.mmap_min_addr belong to nobody, root included' },
  },
  madvise: {
    'hugepage-flag': { here: 'no', why: 'huge pages are not there yet' },
    'nohugepage-flag': { here: 'no', why: 'huge pages are not there yet' },
    mergeable: { here: 'EINVAL', why: 'as a Linux without KSM' },
    unmergeable: { here: 'EINVAL', why: 'as a Linux without KSM' },
  },
  mlock: {
    'onfault-resident': { here: '4', why: 'MLOCK_ONFAULT has no effect' },
    'onfault-touch': { here: '4', why: 'MLOCK_ONFAULT has no effect' },
    'future-flag': { here: 'no', why: 'MCL_FUTURE has no effect' },
    'future-resident': { here: '0', why: 'MCL_FUTURE has no effect' },
    'future-onfault-flag': { here: 'no', why: 'MCL_FUTURE has no effect' },
    'current-onfault-resident': { here: '3', why: 'MCL_ONFAULT has no effect' },
    'limit-again': { here: 'ENOMEM', why: 'what is locked already counts again' },
    'limit-all': { here: '0', why: 'mlockall looks at no limit' },
  },
};
