/** A machine that can't be saved, or a snapshot that can't be restored: the message says why, in one sentence. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}
