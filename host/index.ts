/** The embedding API. Portable: for Node there is more in index-node.ts, which the package's `node` condition selects. */
import { fetchModule, provideCore, sharedCore } from './embed/core-module.js';

export { type AssembleResult, assemble, type Diagnostic, formatDiagnostic } from './asm/index.js';
export { Core } from './core/core.js';
export type { UserMemory } from './core/user.js';
export { type Disassembled, type DisassembleOptions, disassemble, disassembleWord } from './debug/disassemble.js';
export { type ElfFile, type ElfSymbol, readElf, SymbolMap } from './debug/elf.js';
export { snapshotHtml } from './debug/inspect/html.js';
export { type Point, parsePoint } from './debug/inspect/point.js';
export type { ProcessSnapshot, Snapshot } from './debug/inspect/snapshot.js';
export { PointReached, type StopOptions, Stopper } from './debug/inspect/stop.js';
export { snapshotSvg } from './debug/inspect/svg.js';
export { parseAddress } from './debug/inspect/symbols.js';
export { snapshotText } from './debug/inspect/text.js';
export { ListingError, type ListingOptions, listing } from './debug/listing.js';
export { cpuProfile, hottest, profileText } from './debug/profile-format.js';
export { type Profile, Profiler } from './debug/profiler.js';
export { Strace } from './debug/strace/strace.js';
export type { CallArgument, CallOptions, CallResults } from './embed/call.js';
export { SystemError } from './embed/errors.js';
export type { AsleepEvent, ExitEvent, FaultEvent, Listener, MachineEvents, SignalEvent, SpawnEvent, SyscallEvent } from './embed/events.js';
export type { FaultAnswer, FaultHandler, HookedFault } from './embed/faults.js';
export { FileHandle } from './embed/file-handle.js';
export { MachineFiles, type OpenMode } from './embed/fs.js';
export { DirectoryEntry, Stats } from './embed/fs-stats.js';
export type { MapOptions } from './embed/hostmap.js';
export { indexedDb } from './embed/indexeddb.js';
export { Machine } from './embed/machine.js';
export { type Address, GuestMemory } from './embed/memory.js';
export { opfs } from './embed/opfs.js';
export type { FileSystemSource, Limits, MachineOptions, MountOptions, Size } from './embed/options.js';
export { type Pager, pagedMemory, RemoteFile } from './embed/pager.js';
export { type ExitReason, type ExitStatus, GuestProcess, type ProcessOutput, type SpawnOptions } from './embed/process.js';
export { type RunOptions, type RunOutput, run, runSync, type SyncRunOptions } from './embed/run.js';
export type { RestoreOptions, SnapshotOptions } from './embed/snapshot.js';
export { memory, overlay, promisesFolder, tar, zip } from './embed/sources.js';
export type { StdinOption, StdoutOption, TerminalSize } from './embed/stdio.js';
export type { CallHandler, GuestCall } from './embed/syscalls.js';
export type { JitOptions } from './jit/jit.js';
export { type RegionListing, regionText } from './jit/listing.js';
export { jitReport } from './jit/report.js';
export type { JitSnapshot, JitStats } from './jit/stats.js';
export { type Clock, hostClock } from './kernel/clock.js';
export { GuestCallError } from './kernel/guestcall.js';
export type { SyscallObserver, TracedCall } from './kernel/observer.js';
export type { Process } from './kernel/process.js';
export { type SystemConfig, systemConfig } from './lab/config.js';
export { Engine, type Measures, missCurve } from './lab/engine.js';
export { MACHINES } from './lab/machines.js';
export { Pass } from './lab/pass.js';
export { Recorder } from './lab/recorder.js';
export { errnoMessage, errnoName } from './linux/errno.js';
export { Suspend, SysError } from './linux/error.js';
export { signalName } from './linux/signal.js';
export {
  type EndReason,
  Machine as BareMachine,
  type MachineOptions as BareMachineOptions,
  type RunResult,
  type SpawnOptions as BareSpawnOptions,
} from './machine.js';
export { type FatalReport, WaitError } from './machine-report.js';
export { addDevice, findProgram, installFile, makeDirectories, mountAt, mountStandard } from './machine-setup.js';
export { type MachineCounters, type RunStats, type SpaceStats, StatsCollector, statsText } from './machine-stats.js';
export { SnapshotError } from './snapshot/error.js';
export { SnapshotImage, type SnapshotSource } from './snapshot/format.js';
export { MemoryFileSystem } from './vfs/backends/memory.js';
export { OverlayFileSystem } from './vfs/backends/overlay.js';
export type { PromisesOptions } from './vfs/backends/promises.js';
export type { PromisesEntry, PromisesFiles, PromisesHandle, PromisesStats } from './vfs/backends/promises-medium.js';
export { bytesSource, TarFileSystem } from './vfs/backends/tar.js';
export { unpackArchive } from './vfs/backends/tar-gzip.js';
export { TarError } from './vfs/backends/tar-header.js';
export type { BlockDevice } from './vfs/blockdevice.js';
export type { CharacterDevice, DeviceHandle } from './vfs/chardevice.js';
export { type ByteRange, DeviceMemory, type PagedDeviceMemory } from './vfs/devicememory.js';
export type { VfsEnvironment } from './vfs/environment.js';
export { Framebuffer, type FramebufferOptions, type LineRange } from './vfs/framebuffer.js';
export { HostInput, type HostOutput, type HostStream, openHostStream } from './vfs/hoststream.js';
export { installTerminal } from './vfs/tty/install.js';
export { type HostTerminal, Terminal, type WindowSize } from './vfs/tty/terminal.js';
export { type FileSystem, Inode, type IoBuffer, OpenFile } from './vfs/types.js';
export { WaitQueue } from './vfs/wait.js';

provideCore(() => fetchModule(new URL('../core.wasm', import.meta.url)));

/** The compiled core that comes with the package; with `url`, from there. Machines may share it, and do when they are given none. */
export function loadCore(url?: URL): Promise<WebAssembly.Module> {
  return url === undefined ? sharedCore() : fetchModule(url);
}

/** The laboratory's engine, for Engine and Pass. */
export function loadLab(url: URL = new URL('../lab.wasm', import.meta.url)): Promise<WebAssembly.Module> {
  return fetchModule(url);
}

export { MemorySwap, type SwapMedium } from './vfs/swap.js';
