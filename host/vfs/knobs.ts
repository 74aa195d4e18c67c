/** Limits of a machine's files that /proc/sys/fs changes; Linux's defaults. */
export class VfsKnobs {
  /** Of each user. */
  inotifyInstances = 128;
  inotifyWatches = 65536;
  /** Of each instance. */
  inotifyEvents = 16384;
  /** Files watched by epoll, in all. */
  epollWatches = 1 << 20;
  /** Bytes that a pipe may be made to hold without CAP_SYS_RESOURCE. */
  pipeCapacity = 1 << 20;
}
