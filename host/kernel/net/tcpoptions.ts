/** Options of level IPPROTO_TCP (tcp(7)). */
import * as E from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import * as K from '../../linux/socket.js';
import type { Thread } from '../thread.js';
import { int, readInt } from './options.js';

const BIG = 0x7fffffff;
/** Remembered numbers: initial value, least, most. What they tune is a wire that is not there. */
const NUMBERS: ReadonlyMap<number, readonly [initial: number, least: number, most: number]> = new Map([
  [K.TCP_KEEPIDLE, [7200, 1, 32767]],
  [K.TCP_KEEPINTVL, [75, 1, 32767]],
  [K.TCP_KEEPCNT, [9, 1, 127]],
  [K.TCP_SYNCNT, [6, 1, 127]],
  [K.TCP_DEFER_ACCEPT, [0, -BIG, BIG]],
  [K.TCP_USER_TIMEOUT, [0, 0, BIG]],
  [K.TCP_FASTOPEN, [0, 0, BIG]],
  [K.TCP_WINDOW_CLAMP, [0, 0, BIG]],
]);
const SWITCHES: readonly number[] = [K.TCP_NODELAY, K.TCP_CORK, K.TCP_QUICKACK, K.TCP_FASTOPEN_CONNECT];

const MSS_MIN = 88;
const MSS_MAX = 32767;
const MSS_UNCONNECTED = 536;
const MSS_LOOPBACK = 65483;
const LINGER2_SECONDS = 60;
const CONGESTION_NAME_BYTES = 16;
const CONGESTION: readonly string[] = ['reno', 'cubic'];
const INFO_BYTES = 248;

export class TcpOptions {
  private readonly _numbers = new Map<number, number>([[K.TCP_QUICKACK, 1]]);
  private _congestion = 'cubic';

  copy(): TcpOptions {
    const copy = new TcpOptions();
    for (const [name, value] of this._numbers) copy._numbers.set(name, value);
    copy._congestion = this._congestion;
    return copy;
  }

  /** ENOPROTOOPT */
  get(state: number, name: number): Uint8Array {
    const initial = NUMBERS.get(name)?.[0] ?? (SWITCHES.includes(name) ? 0 : undefined);
    if (initial !== undefined) return int(this._numbers.get(name) ?? initial);
    switch (name) {
      case K.TCP_MAXSEG:
        return int(state === K.TCP_CLOSE || state === K.TCP_LISTEN ? (this._numbers.get(name) ?? MSS_UNCONNECTED) : MSS_LOOPBACK);
      case K.TCP_LINGER2:
        return int(this._numbers.get(name) ?? LINGER2_SECONDS);
      case K.TCP_CONGESTION: {
        const bytes = new Uint8Array(CONGESTION_NAME_BYTES);
        bytes.set(new TextEncoder().encode(this._congestion));
        return bytes;
      }
      case K.TCP_INFO:
        return info(state);
      default:
        throw new SysError(E.ENOPROTOOPT);
    }
  }

  /** ENOPROTOOPT; EINVAL: out of range; ENOENT: no such way to avoid congestion. */
  set(name: number, bytes: Uint8Array, _caller: Thread): void {
    if (name === K.TCP_CONGESTION) {
      if (bytes.length < 1) throw new SysError(E.EINVAL);
      const end = bytes.indexOf(0);
      const asked = new TextDecoder().decode(bytes.subarray(0, end < 0 ? Math.min(bytes.length, CONGESTION_NAME_BYTES - 1) : end));
      if (!CONGESTION.includes(asked)) throw new SysError(E.ENOENT);
      this._congestion = asked;
      return;
    }
    const value = readInt(bytes);
    if (SWITCHES.includes(name)) {
      this._numbers.set(name, Number(value !== 0));
      return;
    }
    const range = NUMBERS.get(name) ?? (name === K.TCP_MAXSEG && value !== 0 ? [0, MSS_MIN, MSS_MAX] : undefined);
    if (range === undefined && name !== K.TCP_LINGER2 && name !== K.TCP_MAXSEG) throw new SysError(E.ENOPROTOOPT);
    if (range !== undefined && (value < range[1] || value > range[2])) throw new SysError(E.EINVAL);
    this._numbers.set(name, name === K.TCP_LINGER2 && value < 0 ? -1 : value);
  }
}

/** struct tcp_info of a connection that never loses anything: its state, segment sizes and times. */
function info(state: number): Uint8Array {
  const bytes = new Uint8Array(INFO_BYTES);
  const view = new DataView(bytes.buffer);
  bytes[0] = state;
  const connected = state !== K.TCP_CLOSE && state !== K.TCP_LISTEN;
  // Selective acknowledgements, time stamps, window scaling (7 bits each way).
  if (connected) bytes.set([0x07, 0x77], 5);
  view.setUint32(8, connected ? 201_000 : 1_000_000, true);
  view.setUint32(16, connected ? MSS_LOOPBACK : MSS_UNCONNECTED, true);
  view.setUint32(20, MSS_UNCONNECTED, true);
  view.setUint32(80, 10, true);
  return bytes;
}
