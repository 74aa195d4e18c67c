/** A machine that can't be saved, or a snapshot that can't be restored: the message says why, in one sentence. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

/** What went wrong in making objects of a snapshot that only looks whole. */
export function damagedBy(error: unknown): unknown {
  if (!(error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError)) return error;
  return new SnapshotError(`the snapshot is damaged: ${error.message}`, { cause: error });
}
