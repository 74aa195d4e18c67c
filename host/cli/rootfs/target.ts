/** Where a root is written to: a folder of this computer, or an archive. */

export interface TargetAttributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSec: number;
}

/**
 * Paths are real components below the root: no component is a symbolic link, and the directory above is there. What is there already is
 * replaced, except directories.
 */
export interface Target {
  directory(path: readonly string[], what: TargetAttributes): Promise<void>;
  file(path: readonly string[], what: TargetAttributes, bytes: Uint8Array): Promise<void>;
  symlink(path: readonly string[], what: TargetAttributes, target: string): Promise<void>;
  /** `other` was written before. */
  hardlink(path: readonly string[], other: readonly string[]): Promise<void>;
  device(path: readonly string[], what: TargetAttributes, kind: 'char' | 'block' | 'fifo', major: number, minor: number): Promise<void>;
  /** Everything is written. */
  finish(): Promise<void>;
  /** Gives up: what is left is continued by the next run, or nothing. */
  abandon(): void;
  /** What the host could not hold, one line each, for the end of the run. */
  readonly notes: string[];
}
