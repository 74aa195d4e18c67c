/** The classes that a machine's state is made of, by the names that snapshots know them by. */
import { UserMemory } from '../core/user.js';
import { VirtualClock } from '../kernel/clock.js';
import { Cpu } from '../kernel/cpu.js';
import { Futexes } from '../kernel/futex.js';
import { SignalHandlers } from '../kernel/handlers.js';
import { HugePages } from '../kernel/hugepages.js';
import { CpuTimers, IntervalTimer } from '../kernel/itimer.js';
import { Kernel } from '../kernel/kernel.js';
import { Khugepaged } from '../kernel/khugepaged.js';
import { KernelKnobs } from '../kernel/knobs.js';
import { SamePages } from '../kernel/ksm.js';
import { LoadAverage } from '../kernel/load.js';
import { MappedFiles } from '../kernel/mappedfiles.js';
import { Inflight } from '../kernel/net/inflight.js';
import { IpOptions } from '../kernel/net/ipoptions.js';
import { Incoming } from '../kernel/net/message.js';
import { NetlinkSocket } from '../kernel/net/netlink.js';
import { Network } from '../kernel/net/network.js';
import { SocketOptions } from '../kernel/net/options.js';
import { Ports } from '../kernel/net/ports.js';
import { ByteQueue, QueuedBytes } from '../kernel/net/queued.js';
import { SocketInode } from '../kernel/net/socket.js';
import { TcpSocket } from '../kernel/net/tcp.js';
import { TcpOptions } from '../kernel/net/tcpoptions.js';
import { UdpSocket } from '../kernel/net/udp.js';
import { UnixSeqpacket, UnixStream } from '../kernel/net/unixconnected.js';
import { UnixDatagram } from '../kernel/net/unixdatagram.js';
import { UnixName, UnixNames } from '../kernel/net/unixnames.js';
import { PendingSignals, SignalCounts } from '../kernel/pending.js';
import { PiFutexes } from '../kernel/pifutex.js';
import { CpuTime, HostTime, PosixTimer } from '../kernel/posixtimer.js';
import { Process } from '../kernel/process.js';
import { Scheduler } from '../kernel/scheduler.js';
import { AddressSpace } from '../kernel/space.js';
import { SystemV } from '../kernel/sysv/index.js';
import { IpcQueue } from '../kernel/sysv/messages.js';
import { SharedSegment } from '../kernel/sysv/segment.js';
import { SemaphoreSet } from '../kernel/sysv/semaphores.js';
import { IpcPermissions, IpcTable } from '../kernel/sysv/table.js';
import { TerminalControl } from '../kernel/terminal.js';
import { Thread } from '../kernel/thread.js';
import { Timer, TimerQueue } from '../kernel/timers.js';
import { PendingFault, Userfault, UserfaultEvent, Userfaults } from '../kernel/userfault.js';
import { VmaNames } from '../kernel/vmanames.js';
import { SysError } from '../linux/error.js';
import { DescriptorInode } from '../syscalls/anonymous.js';
import { Notice } from '../syscalls/async.js';
import { CallWaiter } from '../syscalls/callwaiter.js';
import { EventFile } from '../syscalls/eventfd.js';
import { Received } from '../syscalls/file.js';
import { MessageNotification } from '../syscalls/mqueue.js';
import { PidFile } from '../syscalls/pidfd.js';
import { SignalFile } from '../syscalls/signalfd.js';
import { TimerFile } from '../syscalls/timerfd.js';
import { Telling } from '../syscalls/userfaultevents.js';
import { UserfaultDevice, UserfaultFile } from '../syscalls/userfaultfd.js';
import { AnonymousFileSystem, EmptyRoot } from '../vfs/anonymous.js';
import { DevFileSystem, FullFile, NullFile, RandomFile, ZeroFile } from '../vfs/backends/dev.js';
import { MemoryFileSystem } from '../vfs/backends/memory.js';
import { MemoryXattrs } from '../vfs/backends/memory-attributes.js';
import { MemoryDirectory } from '../vfs/backends/memory-directory.js';
import { MemoryFile } from '../vfs/backends/memory-file.js';
import { HugeFile, HugeOpenFile } from '../vfs/backends/memory-huge.js';
import { MemoryNode } from '../vfs/backends/memory-inode.js';
import { MqueueFile, MqueueFileSystem, MqueueInode, MqueueRoot } from '../vfs/backends/mqueue.js';
import { OverlayDirectory, OverlayFileSystem } from '../vfs/backends/overlay.js';
import { LowerPages, OverlayFile, OverlayNode, OverlaySymlink, Xattrs } from '../vfs/backends/overlay-node.js';
import { FrameFile } from '../vfs/backends/proc-frames.js';
import { MemoryFile as ProcMemoryFile } from '../vfs/backends/proc-mem.js';
import { NamespaceFile, NamespaceInode, Namespaces } from '../vfs/backends/proc-ns.js';
import { PagemapFile } from '../vfs/backends/proc-pagemap.js';
import { SysctlDirectory, SysctlFile } from '../vfs/backends/proc-sysctl.js';
import { GeneratedFile, SpecialFile, SyntheticDirectory, SyntheticFile, SyntheticLink } from '../vfs/backends/synthetic.js';
import { UnionDirectory, UnionFileSystem } from '../vfs/backends/union.js';
import { UnionFile, UnionNode, UnionPages } from '../vfs/backends/union-node.js';
import { CharacterDeviceFile } from '../vfs/chardevice.js';
import { PathContext } from '../vfs/context.js';
import { Dentry, Location, Mount } from '../vfs/dentry.js';
import { DeviceRegistry } from '../vfs/devices.js';
import { VfsEnvironment } from '../vfs/environment.js';
import { EpollFile, Interest } from '../vfs/epoll.js';
import { ErrorSequence } from '../vfs/errseq.js';
import { FdTable } from '../vfs/fdtable.js';
import { FileCount } from '../vfs/filecount.js';
import { FileLocks } from '../vfs/flock.js';
import { Flusher } from '../vfs/flusher.js';
import { HostInput, StreamFile, StreamInode } from '../vfs/hoststream.js';
import { InotifyFile, Watch } from '../vfs/inotify.js';
import { VfsKnobs } from '../vfs/knobs.js';
import { MessageQueue } from '../vfs/messagequeue.js';
import { Namespace } from '../vfs/namespace.js';
import { DirectoryFile, PathFile } from '../vfs/openfile.js';
import { PagedFile } from '../vfs/pagedfile.js';
import { PageCache } from '../vfs/pager.js';
import { Pipe, PipeFile, PipeInode } from '../vfs/pipe.js';
import { Readahead } from '../vfs/readahead.js';
import { Reclaimer } from '../vfs/reclaim.js';
import { MemorySwap, SwapArea } from '../vfs/swap.js';
import { ByteQueue as TtyByteQueue } from '../vfs/tty/bytequeue.js';
import { DevptsFileSystem, DevptsInode, DevptsRoot } from '../vfs/tty/devpts.js';
import { Discipline } from '../vfs/tty/discipline.js';
import { Echo } from '../vfs/tty/echo.js';
import { InputQueue } from '../vfs/tty/inputqueue.js';
import { TerminalInode } from '../vfs/tty/install.js';
import { Output } from '../vfs/tty/output.js';
import { PtySlave } from '../vfs/tty/pty.js';
import { PtyMaster } from '../vfs/tty/ptymaster.js';
import { Terminal } from '../vfs/tty/terminal.js';
import { CurrentTerminalFile, TerminalDriver, TerminalFile } from '../vfs/tty/terminalfile.js';
import { Termios } from '../vfs/tty/termios.js';
import { WaitQueue } from '../vfs/wait.js';
import type { Class } from './graph.js';

const CLASSES = {
  OverlayDirectory,
  OverlayFileSystem,
  OverlayFile,
  OverlayNode,
  OverlaySymlink,
  OverlayXattrs: Xattrs,
  UnionDirectory,
  UnionFile,
  UnionFileSystem,
  UnionNode,
  UnionPages,
  LowerPages,
  AddressSpace,
  AnonymousFileSystem,
  ByteQueue,
  CallWaiter,
  CharacterDeviceFile,
  Cpu,
  CpuTime,
  CpuTimers,
  CurrentTerminalFile,
  Dentry,
  DescriptorInode,
  DevFileSystem,
  DeviceRegistry,
  DevptsFileSystem,
  DevptsInode,
  DevptsRoot,
  DirectoryFile,
  Discipline,
  Echo,
  EmptyRoot,
  EpollFile,
  ErrorSequence,
  EventFile,
  FdTable,
  FileCount,
  FileLocks,
  Flusher,
  FrameFile,
  FullFile,
  Futexes,
  GeneratedFile,
  HostInput,
  HostTime,
  HugeFile,
  HugeOpenFile,
  HugePages,
  Incoming,
  Inflight,
  InotifyFile,
  InputQueue,
  Interest,
  IntervalTimer,
  IpcPermissions,
  IpcQueue,
  IpcTable,
  IpOptions,
  Kernel,
  KernelKnobs,
  Khugepaged,
  LoadAverage,
  Location,
  MappedFiles,
  MemoryDirectory,
  MemoryFile,
  MemoryFileSystem,
  MemoryNode,
  MemorySwap,
  MemoryXattrs,
  MessageNotification,
  MessageQueue,
  Mount,
  MqueueFile,
  MqueueFileSystem,
  MqueueInode,
  MqueueRoot,
  Namespace,
  NamespaceFile,
  NamespaceInode,
  Namespaces,
  NetlinkSocket,
  Network,
  Notice,
  NullFile,
  Output,
  PageCache,
  PagedFile,
  PagemapFile,
  PathContext,
  PathFile,
  PendingFault,
  PendingSignals,
  PidFile,
  PiFutexes,
  Pipe,
  PipeFile,
  PipeInode,
  Ports,
  PosixTimer,
  Process,
  ProcMemoryFile,
  PtyMaster,
  PtySlave,
  QueuedBytes,
  RandomFile,
  Readahead,
  Received,
  Reclaimer,
  SamePages,
  Scheduler,
  SemaphoreSet,
  SharedSegment,
  SignalCounts,
  SignalFile,
  SignalHandlers,
  SocketInode,
  SocketOptions,
  SpecialFile,
  StreamFile,
  StreamInode,
  SwapArea,
  SyntheticDirectory,
  SyntheticFile,
  SyntheticLink,
  SysctlDirectory,
  SysctlFile,
  SysError,
  SystemV,
  TcpOptions,
  TcpSocket,
  Telling,
  Terminal,
  TerminalControl,
  TerminalDriver,
  TerminalFile,
  TerminalInode,
  Termios,
  Thread,
  Timer,
  TimerFile,
  TimerQueue,
  TtyByteQueue,
  UdpSocket,
  UnixDatagram,
  UnixName,
  UnixNames,
  UnixSeqpacket,
  UnixStream,
  Userfault,
  UserfaultDevice,
  UserfaultEvent,
  UserfaultFile,
  Userfaults,
  UserMemory,
  VfsEnvironment,
  VfsKnobs,
  VirtualClock,
  VmaNames,
  WaitQueue,
  Watch,
  ZeroFile,
};

export const classes: ReadonlyMap<string, Class> = new Map(Object.entries(CLASSES as unknown as Record<string, Class>));
