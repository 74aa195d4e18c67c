import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EINVAL, ERANGE } from '../../assembly/shared/errno.js';
import { OUTWARD } from '../../host/kernel/net/interfaces.js';
import { SysFileSystem } from '../../host/vfs/backends/sysfs.js';
import { get, names, newEnvironment, readText, throwsErrno, writeAt } from '../support/backends.js';

const env = await newEnvironment();
const pages = { total: 1000, free: 400 };
const huge = { enabled: 'madvise', defrag: 'madvise', counts: () => ({}) };
const ksm = {
  run: 0,
  pagesToScan: 100,
  sleepMs: 20,
  maxSharing: 256,
  fullScans: 3,
  pagesScanned: 40,
  pagesUnshared: 5,
  pagesVolatile: 1,
  generalProfit: 4096,
  counts: () => ({ shared: 2, sharing: 6 }),
};
const khugepaged = {
  pagesToScan: 4096,
  maxPtesNone: 511,
  maxPtesSwap: 64,
  maxPtesShared: 256,
  scanSleepMs: 10_000,
  allocSleepMs: 60_000,
  defrag: 1,
  pagesCollapsed: 0,
  fullScans: 0,
};
const mm = { core: env.core, huge, khugepaged, ksm };
const sys = new SysFileSystem(env, { interfaces: () => [OUTWARD], memory: () => pages, mm });

test('processors, memory and interfaces have their files', () => {
  const text = (path: string): string => readText(env, get(sys, path));
  assert.is(text('devices/system/cpu/online'), '0\n');
  assert.match(text('devices/system/node/node0/meminfo'), /^Node 0 MemTotal: +4000 kB\nNode 0 MemFree: +1600 kB\n/);
  assert.equal(names(get(sys, 'block')), []);
  assert.is(get(sys, 'class/net/eth0').readlink(), '../../devices/virtual/net/eth0');
  assert.is(text('devices/virtual/net/eth0/address'), '52:54:00:12:34:56\n');
  assert.is(text('devices/virtual/net/eth0/flags'), '0x1003\n');
  assert.is(get(sys, 'dev/char/1:3').readlink(), '../../devices/virtual/mem/null');
});

test('kernel/mm: one of several words, numbers, and what is only told', () => {
  const text = (path: string): string => readText(env, get(sys, `kernel/mm/${path}`));
  const write = (path: string, value: string): void => writeAt(env, get(sys, `kernel/mm/${path}`), value);
  assert.is(text('transparent_hugepage/enabled'), 'always [madvise] never\n');
  write('transparent_hugepage/enabled', 'always\n');
  assert.is(huge.enabled, 'always');
  assert.is(text('transparent_hugepage/enabled'), '[always] madvise never\n');
  throwsErrno(() => write('transparent_hugepage/enabled', 'sometimes'), EINVAL);
  write('ksm/run', '1\n');
  write('ksm/pages_to_scan', '500');
  assert.equal([ksm.run, ksm.pagesToScan], [1, 500]);
  throwsErrno(() => write('ksm/run', '3'), EINVAL);
  assert.is(text('ksm/pages_sharing'), '6\n');
  write('transparent_hugepage/khugepaged/max_ptes_none', '+10\n');
  assert.is(khugepaged.maxPtesNone, 10);
  for (const value of ['512', '-1', ' 5', '5 ', '0x5', '5\n\n']) {
    throwsErrno(() => write('transparent_hugepage/khugepaged/max_ptes_none', value), EINVAL);
  }
  throwsErrno(() => write('transparent_hugepage/khugepaged/pages_to_scan', '0'), EINVAL);
  throwsErrno(() => write('hugepages/hugepages-1048576kB/nr_overcommit_hugepages', '1'), EINVAL);
  throwsErrno(() => write('ksm/max_page_sharing', '4294967296'), ERANGE);
  assert.is(get(sys, 'kernel/mm/ksm/pages_sharing').mode & 0o777, 0o444);
  assert.is(get(sys, 'kernel/mm/ksm/run').mode & 0o777, 0o644);
});

test.run();
