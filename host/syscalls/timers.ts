/** Timers that send signals: setitimer(2) and timer_create(2). */
import { EAGAIN, EINVAL, EOPNOTSUPP } from '../../assembly/shared/errno.js';
import { IntervalTimer } from '../kernel/itimer.js';
import { HostTime, PosixTimer, SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD, SIGEV_THREAD_ID, type TimerClock } from '../kernel/posixtimer.js';
import type { Process } from '../kernel/process.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { SIGALRM, SIGNAL_MAX } from '../linux/signal.js';
import * as C from './clocks.js';
import { row } from './row.js';
import { CPU_MODEL } from './time.js';
import { putTimespec, putTimeval, readBigU64, readTimespec, readTimeval } from './user-types.js';

const TIMERS_MAX = 1024;
const ITIMER_REAL = 0;
const ITIMER_PROF = 2;

function timerState(process: Process, which: number): { valueNs: number; intervalNs: number } {
  if (which !== ITIMER_REAL) return process.cpuTimers.get(process, which === ITIMER_PROF);
  const timer = process.realTimer;
  return { valueNs: timer?.remainingNs() ?? 0, intervalNs: timer?.intervalNs ?? 0 };
}

function writeTimerState(t: Thread, address: number, state: { valueNs: number; intervalNs: number }): void {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  putTimeval(view, 0, state.intervalNs);
  // Time that is left is never shown as none.
  putTimeval(view, 16, state.valueNs === 0 ? 0 : Math.max(1000, state.valueNs));
  t.user.write(address, bytes);
}

function getitimer(t: Thread, which: number, value: number): number {
  if (which < ITIMER_REAL || which > ITIMER_PROF) return -EINVAL;
  writeTimerState(t, value, timerState(t.process, which));
  return 0;
}

function setitimer(t: Thread, which: number, value: number, old: number): number {
  if (which < ITIMER_REAL || which > ITIMER_PROF) return -EINVAL;
  const { process } = t;
  const intervalNs = value === 0 ? 0 : readTimeval(t.user, value);
  const valueNs = value === 0 ? 0 : readTimeval(t.user, value + 16);
  const before = timerState(process, which);
  if (which === ITIMER_REAL) {
    process.realTimer?.cancel();
    process.realTimer = valueNs === 0 ? undefined : new IntervalTimer(process, valueNs, intervalNs);
  } else process.cpuTimers.set(process, which === ITIMER_PROF, valueNs, intervalNs);
  if (old !== 0) writeTimerState(t, old, before);
  return 0;
}

const MONOTONIC = [C.CLOCK_REALTIME, C.CLOCK_TAI, C.CLOCK_MONOTONIC, C.CLOCK_BOOTTIME];

/** What a timer on that clock runs on. EINVAL: no such clock; EOPNOTSUPP: it has no timers (there is no alarm hardware). */
function timeOf(t: Thread, clock: number): TimerClock {
  if (MONOTONIC.includes(clock)) return new HostTime(t.kernel);
  if (clock >= 0 && clock !== C.CLOCK_PROCESS_CPUTIME_ID && clock !== C.CLOCK_THREAD_CPUTIME_ID) {
    throw new SysError(clock > C.CLOCK_TAI || clock === C.CLOCK_SGI_CYCLE ? EINVAL : EOPNOTSUPP);
  }
  return C.cpuClock(t, clock);
}

function timerCreate(t: Thread, clock: number, event: number, idAddress: number): number {
  const { process, kernel, user } = t;
  const time = timeOf(t, clock);
  if (process.posixTimers.size >= TIMERS_MAX) return -EAGAIN;
  const id = process.nextPosixTimer;
  let [value, signo, notify] = [BigInt(id), SIGALRM, SIGEV_SIGNAL];
  let target: Thread | undefined;
  if (event !== 0) {
    value = readBigU64(user, event);
    signo = user.readI32(event + 8);
    notify = user.readI32(event + 12);
    if (notify === SIGEV_THREAD_ID) {
      target = kernel.threads.get(user.readI32(event + 16));
      if (target?.process !== process) return -EINVAL;
    } else if (![SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD].includes(notify)) return -EINVAL;
    if (notify !== SIGEV_NONE && (signo < 1 || signo > SIGNAL_MAX)) return -EINVAL;
  }
  user.writeU32(idAddress, id);
  process.nextPosixTimer = (id + 1) & 0x7fffffff;
  process.posixTimers.set(id, new PosixTimer({ id, clock, notify, signo, value, process, target }, time));
  return 0;
}

function findTimer(t: Thread, id: number): PosixTimer {
  const timer = t.process.posixTimers.get(id);
  if (timer === undefined) throw new SysError(EINVAL);
  return timer;
}

function writeItimerspec(t: Thread, address: number, timer: { valueNs: number; intervalNs: number }): void {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  putTimespec(view, 0, timer.intervalNs);
  putTimespec(view, 16, timer.valueNs);
  t.user.write(address, bytes);
}

function timerSettime(t: Thread, id: number, flags: number, value: number, old: number): number {
  if (value === 0) return -EINVAL;
  const intervalNs = readTimespec(t.user, value);
  const valueNs = readTimespec(t.user, value + 16);
  const timer = findTimer(t, id);
  const before = { valueNs: timer.remainingNs(), intervalNs: timer.intervalNs };
  const { clock } = timer.request;
  let deadline: number | undefined;
  if (valueNs > 0) {
    const absolute = (flags & C.TIMER_ABSTIME) !== 0;
    if (!absolute) deadline = timer.time.now() + valueNs;
    else deadline = MONOTONIC.includes(clock) ? C.absoluteDeadline(t, clock, value + 16) : valueNs;
  }
  timer.set(deadline, deadline === undefined ? 0 : intervalNs);
  if (old !== 0) writeItimerspec(t, old, before);
  return 0;
}

function timerGettime(t: Thread, id: number, value: number): number {
  const timer = findTimer(t, id);
  writeItimerspec(t, value, { valueNs: timer.remainingNs(), intervalNs: timer.intervalNs });
  return 0;
}

function timerGetoverrun(t: Thread, id: number): number {
  return findTimer(t, id).lastOverrun;
}

function timerDelete(t: Thread, id: number): number {
  findTimer(t, id).cancel();
  t.process.posixTimers.delete(id);
  return 0;
}

export const timerRows = [
  row(102, 'getitimer', ['enum:itimer', 'out:itimerval'], getitimer),
  row(103, 'setitimer', ['enum:itimer', 'struct:itimerval', 'out:itimerval'], setitimer, { partial: CPU_MODEL }),
  row(107, 'timer_create', ['clock', 'struct:sigevent', 'pointer'], timerCreate, { partial: CPU_MODEL }),
  row(108, 'timer_gettime', ['int', 'out:itimerspec'], timerGettime),
  row(109, 'timer_getoverrun', ['int'], timerGetoverrun),
  row(110, 'timer_settime', ['int', 'flags:timer', 'struct:itimerspec', 'out:itimerspec'], timerSettime),
  row(111, 'timer_delete', ['int'], timerDelete),
];
