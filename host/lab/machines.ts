/**
 * Translation systems of well-known machines. Where a source is silent (latencies, walk caches) the figure is an assumption and
 * says so.
 */
import { type SystemConfig, systemConfig } from './config.js';

const GIVEN: Readonly<Record<string, unknown>> = {
  'sifive-u74': {
    source: 'SiFive U74-MC Core Complex Manual, memory management; latencies assumed',
    format: 'sv39',
    tlbs: [
      { name: 'ITLB', level: 1, serves: 'instructions', sizes: ['4K', '2M', '1G'], entries: 40 },
      { name: 'DTLB', level: 1, serves: 'data', sizes: ['4K', '2M', '1G'], entries: 40 },
      { name: 'L2 TLB', level: 2, serves: 'both', sizes: ['4K', '2M', '1G'], entries: 512, ways: 1, latency: 2 },
    ],
    caches: [
      { bytes: 32 << 10, ways: 8, latency: 3 },
      { bytes: 2 << 20, ways: 16, latency: 21 },
    ],
    memoryLatency: 120,
  },
  skylake: {
    source:
      'Intel 64 and IA-32 Architectures Optimization Reference Manual, Skylake client: TLBs and caches; walk caches and latencies assumed',
    format: 'x86-64',
    tlbs: [
      { name: 'ITLB 4K', level: 1, serves: 'instructions', sizes: ['4K'], entries: 128, ways: 8 },
      { name: 'ITLB 2M', level: 1, serves: 'instructions', sizes: ['2M'], entries: 8 },
      { name: 'DTLB 4K', level: 1, serves: 'data', sizes: ['4K'], entries: 64, ways: 4 },
      { name: 'DTLB 2M', level: 1, serves: 'data', sizes: ['2M'], entries: 32, ways: 4 },
      { name: 'STLB', level: 2, serves: 'both', sizes: ['4K', '2M'], entries: 1536, ways: 12, latency: 7 },
    ],
    walkCaches: [
      { covers: '2M', entries: 32, ways: 4 },
      { covers: '1G', entries: 4 },
    ],
    caches: [
      { bytes: 32 << 10, ways: 8, latency: 4 },
      { bytes: 256 << 10, ways: 4, latency: 12 },
      { bytes: 8 << 20, ways: 16, latency: 42 },
    ],
    memoryLatency: 200,
  },
  'cortex-a72': {
    source: 'Arm Cortex-A72 MPCore Processor Technical Reference Manual, MMU; walk caches and latencies assumed; page tables as sv48',
    format: 'sv48',
    tlbs: [
      { name: 'L1 I-TLB', level: 1, serves: 'instructions', sizes: ['4K', '64K', '2M'], entries: 48 },
      { name: 'L1 D-TLB', level: 1, serves: 'data', sizes: ['4K', '64K', '2M'], entries: 32 },
      { name: 'L2 TLB', level: 2, serves: 'both', sizes: ['4K', '64K', '2M'], entries: 1024, ways: 4, latency: 6 },
    ],
    walkCaches: [{ covers: '2M', entries: 16, ways: 4 }],
    caches: [
      { bytes: 32 << 10, ways: 2, latency: 4 },
      { bytes: 1 << 20, ways: 16, latency: 18 },
    ],
    memoryLatency: 150,
  },
  tiny: {
    source: 'made up: small enough to follow by hand',
    format: 'sv39',
    tlbs: [{ name: 'TLB', level: 1, serves: 'both', entries: 4 }],
    memoryLatency: 10,
  },
};

/** The machines that are known, by name. */
export const MACHINES: ReadonlyMap<string, SystemConfig> = new Map(
  Object.entries(GIVEN).map(([name, config]) => [name, systemConfig({ name, ...(config as object) })]),
);
