import { E2BIG, EIDRM } from '../../../assembly/shared/errno.js';
import { MSGMNB } from '../../linux/ipc.js';
import type { IpcPermissions } from './table.js';

export interface IpcMessage {
  readonly type: bigint;
  readonly bytes: Uint8Array;
}

/** Which message a receiver wants: msgrcv(2)'s msgtyp and MSG_EXCEPT. */
export interface MessageChoice {
  readonly type: bigint;
  readonly except: boolean;
}

/** A receiver asleep. A sender hands it a message, or an error: -EIDRM, or -E2BIG when it would not take the message it asked for. */
export interface IpcReceiver {
  readonly choice: MessageChoice;
  readonly bytesMax: number;
  readonly truncates: boolean;
  readonly pid: number;
  result: IpcMessage | number | undefined;
  alive(): boolean;
  wake(): void;
}

/** A sender asleep until there is room, in the order of arrival. */
export interface IpcSender {
  removed: boolean;
  alive(): boolean;
  wake(): void;
}

function wants({ type, except }: MessageChoice, message: IpcMessage): boolean {
  if (type === 0n) return true;
  if (type < 0n) return message.type <= -type;
  return (message.type === type) !== except;
}

/** A System V message queue (msgget(2)). Times are seconds since 1970. */
export class IpcQueue {
  readonly messages: IpcMessage[] = [];
  bytes = 0;
  bytesMax = MSGMNB;
  sendTime = 0;
  receiveTime = 0;
  lastSender = 0;
  lastReceiver = 0;
  removed = false;
  private _receivers: IpcReceiver[] = [];
  private _senders: IpcSender[] = [];

  constructor(
    readonly permissions: IpcPermissions,
    public changeTime: number,
  ) {}

  fits(bytes: number): boolean {
    return bytes + this.bytes <= this.bytesMax && this.messages.length + 1 <= this.bytesMax;
  }

  /** The caller has seen that it fits. */
  send(message: IpcMessage, pid: number, seconds: number): void {
    this.lastSender = pid;
    this.sendTime = seconds;
    if (this._handOver(message, seconds)) return;
    this.messages.push(message);
    this.bytes += message.bytes.length;
  }

  /** To the first receiver that waits for such a message; one that can't take it is told so and the next is asked. */
  private _handOver(message: IpcMessage, seconds: number): boolean {
    this._receivers = this._receivers.filter((receiver) => receiver.alive());
    for (;;) {
      const at = this._receivers.findIndex((receiver) => wants(receiver.choice, message));
      if (at < 0) return false;
      const [receiver] = this._receivers.splice(at, 1);
      const tooLong = message.bytes.length > receiver.bytesMax && !receiver.truncates;
      receiver.result = tooLong ? -E2BIG : message;
      receiver.wake();
      if (tooLong) continue;
      this.lastReceiver = receiver.pid;
      this.receiveTime = seconds;
      return true;
    }
  }

  /** Index of the message a receiver gets, -1: there is none. A negative type asks for the lowest type up to it. */
  find(choice: MessageChoice): number {
    let best = -1;
    for (const [index, message] of this.messages.entries()) {
      if (!wants(choice, message)) continue;
      if (choice.type >= 0n) return index;
      if (best < 0 || message.type < this.messages[best].type) best = index;
    }
    return best;
  }

  take(index: number, pid: number, seconds: number): void {
    const [message] = this.messages.splice(index, 1);
    this.bytes -= message.bytes.length;
    this.lastReceiver = pid;
    this.receiveTime = seconds;
    this.wakeSenders();
  }

  waitForMessage(receiver: IpcReceiver): void {
    this._receivers.push(receiver);
  }

  waitForRoom(sender: IpcSender): void {
    this._senders.push(sender);
  }

  leave(waiter: IpcReceiver | IpcSender): void {
    this._receivers = this._receivers.filter((other) => other !== waiter);
    this._senders = this._senders.filter((other) => other !== waiter);
  }

  /** All of them look again; who finds no room stays where it is in the line. */
  wakeSenders(): void {
    for (const sender of this._senders) if (sender.alive()) sender.wake();
  }

  remove(): void {
    this.removed = true;
    for (const receiver of this._receivers) {
      if (!receiver.alive()) continue;
      receiver.result = -EIDRM;
      receiver.wake();
    }
    for (const sender of this._senders) {
      sender.removed = true;
      if (sender.alive()) sender.wake();
    }
  }
}
