/** Room for what the core knows of regions: their records, their exits' records, and places in the function table. */
import * as C from '../../assembly/shared/compiled.js';
import type { Core } from '../core/core.js';
import { firstRegion } from './baseline/links.js';

export interface Place {
  readonly record: number;
  readonly index: number;
  readonly sites: number;
  readonly siteCount: number;
}

/** Exits are given out in such lots, so that what one region leaves fits another. */
const LOT = 8;

export class Records {
  #records: number[] = [];
  #sites = new Map<number, number[]>();
  #nextRecord = 0;
  #nextSite = 0;
  /** Records and places in the function table have the same order; this is the first region's. */
  readonly firstFunction: number;
  #used = 0;

  constructor(private readonly core: Core) {
    this.firstFunction = firstRegion(core.firstFunction);
  }

  /** Room for a region with so many exits, or undefined: all is taken. */
  take(siteCount: number): Place | undefined {
    const count = Math.ceil(siteCount / LOT) * LOT;
    let sites = this.#sites.get(count)?.pop();
    if (sites === undefined) {
      if (this.#nextSite + count > C.SITES_MAX) return undefined;
      sites = C.SITES + this.#nextSite * C.SITE_BYTES;
      this.#nextSite += count;
    }
    let record = this.#records.pop();
    if (record === undefined) {
      if (this.#nextRecord === C.REGIONS_MAX) {
        this.#giveSites(sites, count);
        return undefined;
      }
      record = C.REGIONS + this.#nextRecord++ * C.REGION_BYTES;
    }
    const index = this.firstFunction + (record - C.REGIONS) / C.REGION_BYTES;
    const { table } = this.core;
    if (index >= table.length) table.grow(Math.max(index + 64 - table.length, table.length));
    this.#used++;
    return { record, index, sites, siteCount };
  }

  give({ record, index, sites, siteCount }: Place): void {
    this.core.table.set(index, null);
    this.#used--;
    if (this.#used === 0) {
      this.#records = [];
      this.#sites = new Map();
      this.#nextRecord = 0;
      this.#nextSite = 0;
      return;
    }
    this.#records.push(record);
    this.#giveSites(sites, Math.ceil(siteCount / LOT) * LOT);
  }

  #giveSites(at: number, count: number): void {
    const list = this.#sites.get(count);
    if (list === undefined) this.#sites.set(count, [at]);
    else list.push(at);
  }
}
