/** /sys/kernel/mm: huge pages, megapages by policy, same-page merging. What is a fixed number here can't be written. */
import { EINVAL, ERANGE } from '../../../assembly/shared/errno.js';
import { POOL_FREE, POOL_RESERVED, POOL_SURPLUS, POOL_WANTED } from '../../../assembly/shared/stat.js';
import type { Core } from '../../core/core.js';
import { SysError } from '../../linux/error.js';
import { decodeText } from '../../linux/text.js';
import { overcommitKnob, poolKnob } from './proc-sys.js';
import { attribute, type Knob, knob, type Sysctl, type SysTree } from './proc-sysctl.js';

/** What /sys/kernel/mm asks and tells. */
export interface SysMemory {
  readonly core: Core;
  readonly huge: { enabled: string; defrag: string; counts(): Readonly<Record<string, number>> };
  readonly khugepaged: {
    pagesToScan: number;
    maxPtesNone: number;
    maxPtesSwap: number;
    maxPtesShared: number;
    scanSleepMs: number;
    allocSleepMs: number;
    defrag: number;
    readonly pagesCollapsed: number;
    readonly fullScans: number;
  };
  readonly ksm: {
    run: number;
    pagesToScan: number;
    sleepMs: number;
    maxSharing: number;
    readonly fullScans: number;
    readonly pagesScanned: number;
    readonly pagesUnshared: number;
    readonly pagesVolatile: number;
    readonly generalProfit: number;
    counts(): { readonly shared: number; readonly sharing: number };
  };
}

const INT_MAX = 2 ** 31 - 1;
const UINT_MAX = 2 ** 32 - 1;

const line = (value: string | number) => (): string => `${value}\n`;

/** One of some words, shown as "one [two] three". EINVAL: another word. */
function choice(words: readonly string[], { get, set }: Knob<string>): Sysctl {
  return {
    mode: 0o644,
    read: () => `${words.map((word) => (word === get() ? `[${word}]` : word)).join(' ')}\n`,
    write: (bytes) => {
      const word = decodeText(bytes).replace(/\n$/, '');
      if (!words.includes(word)) throw new SysError(EINVAL);
      set(word);
    },
  };
}

function word<K extends string>(object: { [key in K]: string }, key: K): Knob<string> {
  return {
    get: () => object[key],
    set: (value) => {
      object[key] = value;
    },
  };
}

function ksmTree({ ksm }: SysMemory): SysTree {
  return {
    advisor_mode: line('[none] scan-time'),
    full_scans: () => `${ksm.fullScans}\n`,
    general_profit: () => `${ksm.generalProfit}\n`,
    ksm_zero_pages: line(0),
    max_page_sharing: attribute(knob(ksm, 'maxSharing'), 2, INT_MAX, ERANGE),
    merge_across_nodes: line(1),
    pages_scanned: () => `${ksm.pagesScanned}\n`,
    pages_shared: () => `${ksm.counts().shared}\n`,
    pages_sharing: () => `${ksm.counts().sharing}\n`,
    pages_skipped: line(0),
    pages_to_scan: attribute(knob(ksm, 'pagesToScan'), 0, UINT_MAX),
    pages_unshared: () => `${ksm.pagesUnshared}\n`,
    pages_volatile: () => `${ksm.pagesVolatile}\n`,
    run: attribute(knob(ksm, 'run'), 0, 2),
    sleep_millisecs: attribute(knob(ksm, 'sleepMs'), 0, UINT_MAX),
    smart_scan: line(0),
    stable_node_chains: line(0),
    stable_node_chains_prune_millisecs: line(2000),
    stable_node_dups: line(0),
    use_zero_pages: line(0),
  };
}

function khugepagedTree({ khugepaged }: SysMemory): SysTree {
  return {
    alloc_sleep_millisecs: attribute(knob(khugepaged, 'allocSleepMs'), 0, UINT_MAX),
    defrag: attribute(knob(khugepaged, 'defrag'), 0, 1),
    full_scans: () => `${khugepaged.fullScans}\n`,
    max_ptes_none: attribute(knob(khugepaged, 'maxPtesNone'), 0, 511),
    max_ptes_shared: attribute(knob(khugepaged, 'maxPtesShared'), 0, 511),
    max_ptes_swap: attribute(knob(khugepaged, 'maxPtesSwap'), 0, 511),
    pages_collapsed: () => `${khugepaged.pagesCollapsed}\n`,
    pages_to_scan: attribute(knob(khugepaged, 'pagesToScan'), 1, UINT_MAX),
    scan_sleep_millisecs: attribute(knob(khugepaged, 'scanSleepMs'), 0, UINT_MAX),
  };
}

function transparentTree(memory: SysMemory): SysTree {
  const { huge } = memory;
  return {
    defrag: choice(['always', 'defer', 'defer+madvise', 'madvise', 'never'], word(huge, 'defrag')),
    enabled: choice(['always', 'madvise', 'never'], word(huge, 'enabled')),
    hpage_pmd_size: line(2 ** 21),
    khugepaged: khugepagedTree(memory),
    shmem_enabled: line('always within_size advise [never] deny force'),
    use_zero_page: line(0),
  };
}

function hugepagesTree(core: Core): SysTree {
  const { exports } = core;
  const count = (which: number) => (): string => `${exports.hugetlbPool(which)}\n`;
  return {
    free_hugepages: count(POOL_FREE),
    nr_hugepages: attribute(poolKnob(core), 0, Number.MAX_SAFE_INTEGER, ERANGE),
    nr_hugepages_mempolicy: count(POOL_WANTED),
    nr_overcommit_hugepages: attribute(overcommitKnob(core), 0, Number.MAX_SAFE_INTEGER, ERANGE),
    resv_hugepages: count(POOL_RESERVED),
    surplus_hugepages: count(POOL_SURPLUS),
  };
}

/** A page of 1 GiB is never had: no such piece of memory is free in one. As many as one asks for, there are none. */
const gigantic: SysTree = {
  free_hugepages: line(0),
  nr_hugepages: attribute({ get: () => 0, set: () => undefined }, 0, Number.MAX_SAFE_INTEGER, ERANGE),
  nr_hugepages_mempolicy: line(0),
  nr_overcommit_hugepages: attribute({ get: () => 0, set: () => undefined }, 1, 0),
  resv_hugepages: line(0),
  surplus_hugepages: line(0),
};

export function memoryTree(memory: SysMemory): SysTree {
  return {
    hugepages: { 'hugepages-1048576kB': gigantic, 'hugepages-2048kB': hugepagesTree(memory.core) },
    ksm: ksmTree(memory),
    transparent_hugepage: transparentTree(memory),
  };
}
