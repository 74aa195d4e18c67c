/** Properties that snapshots leave out, by class: what is made again when it is needed. */
export const transient: ReadonlyMap<string, readonly string[]> = new Map([['DeviceMemory', ['_view']]]);
