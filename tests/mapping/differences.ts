/** Rows of this folder's programs whose result here is not that of Linux on the machine that judges, and why. */
export interface Difference {
  /** What Pagewalk does. */
  readonly here: string;
  readonly why: string;
}

/** By program, by row. The test fails for a row that no longer differs, and for one that differs otherwise. */
export const DIFFERENCES: Readonly<Record<string, Readonly<Record<string, Difference>>>> = {
  'memory-large': {
    end: { here: 'EFBIG', why: 'files in memory end at 8 PiB, to where JavaScript’s numbers are exact' },
  },
  madvise: {
    'poison-user': { here: 'EPERM', why: 'as a Linux with CONFIG_MEMORY_FAILURE, which the one that judges does not have' },
    'offline-user': { here: 'EPERM', why: 'as a Linux with CONFIG_MEMORY_FAILURE, which the one that judges does not have' },
  },
};
