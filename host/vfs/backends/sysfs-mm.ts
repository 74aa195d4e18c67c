/** /sys/kernel/mm: huge pages, megapages by policy, same-page merging. What is a fixed number here can't be written. */
import { EINVAL } from '../../../assembly/shared/errno.js';
import { POOL_FREE, POOL_RESERVED, POOL_SURPLUS, POOL_WANTED } from '../../../assembly/shared/stat.js';
import type { Core } from '../../core/core.js';
import { SysError } from '../../linux/error.js';
import { decodeText } from '../../linux/text.js';
import { overcommitKnob, poolKnob } from './proc-sys.js';
import { integer, type Knob, knob, type Sysctl, type SysTree, unsigned } from './proc-sysctl.js';

/** What /sys/kernel/mm asks and tells. */
export interface SysMemory {
  readonly core: Core;
  readonly huge: { enabled: string; defrag: string; counts(): Readonly<Record<string, number>> };
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
    max_page_sharing: integer(knob(ksm, 'maxSharing'), 2),
    merge_across_nodes: line(1),
    pages_scanned: () => `${ksm.pagesScanned}\n`,
    pages_shared: () => `${ksm.counts().shared}\n`,
    pages_sharing: () => `${ksm.counts().sharing}\n`,
    pages_skipped: line(0),
    pages_to_scan: integer(knob(ksm, 'pagesToScan'), 0),
    pages_unshared: () => `${ksm.pagesUnshared}\n`,
    pages_volatile: () => `${ksm.pagesVolatile}\n`,
    run: integer(knob(ksm, 'run'), 0, 2),
    sleep_millisecs: integer(knob(ksm, 'sleepMs'), 0),
    smart_scan: line(0),
    stable_node_chains: line(0),
    stable_node_chains_prune_millisecs: line(2000),
    stable_node_dups: line(0),
    use_zero_pages: line(0),
  };
}

/** There is no khugepaged: a program may ask for MADV_COLLAPSE. */
function transparentTree({ huge }: SysMemory): SysTree {
  return {
    defrag: choice(['always', 'defer', 'defer+madvise', 'madvise', 'never'], word(huge, 'defrag')),
    enabled: choice(['always', 'madvise', 'never'], word(huge, 'enabled')),
    hpage_pmd_size: line(2 ** 21),
    khugepaged: { defrag: line(0), full_scans: line(0), max_ptes_none: line(511), pages_collapsed: line(0), pages_to_scan: line(0) },
    shmem_enabled: line('always within_size advise [never] deny force'),
    use_zero_page: line(0),
  };
}

function hugepagesTree(core: Core): SysTree {
  const { exports } = core;
  const count = (which: number) => (): string => `${exports.hugetlbPool(which)}\n`;
  return {
    free_hugepages: count(POOL_FREE),
    nr_hugepages: integer(poolKnob(core), 0),
    nr_hugepages_mempolicy: count(POOL_WANTED),
    nr_overcommit_hugepages: unsigned(overcommitKnob(core), 0, 2 ** 31 - 1),
    resv_hugepages: count(POOL_RESERVED),
    surplus_hugepages: count(POOL_SURPLUS),
  };
}

/** A page of 1 GiB is never had: no such piece of memory is free in one. As many as one asks for, there are none. */
const gigantic: SysTree = {
  free_hugepages: line(0),
  nr_hugepages: integer({ get: () => 0, set: () => undefined }, 0),
  nr_hugepages_mempolicy: line(0),
  nr_overcommit_hugepages: line(0),
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
