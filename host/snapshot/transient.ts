/** Properties that snapshots leave out, by class: what is made again when it is needed, and what is the embedder's. */
export const transient: ReadonlyMap<string, readonly string[]> = new Map([
  ['LowerPages', ['_source']],
  ['UnionPages', ['_source']],
  // Who listens, and what the guest may reach outside.
  ['Kernel', ['observer']],
  ['Network', ['host']],
]);
