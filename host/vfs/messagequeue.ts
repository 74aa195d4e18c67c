import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../linux/poll.js';
import { WaitQueue } from './wait.js';

/** What mq_open(2) fixes for a queue's life. */
export interface QueueShape {
  readonly messagesMax: number;
  readonly messageBytesMax: number;
}

export interface Message {
  readonly bytes: Uint8Array;
  readonly priority: number;
}

/** MQ_PRIO_MAX: priorities are below it. */
export const PRIORITIES = 32768;
/** Sizes of the kernel's bookkeeping, which RLIMIT_MSGQUEUE counts: one for each message, one for each priority in use. */
const MESSAGE_COST_BYTES = 48;
const PRIORITY_COST_BYTES = 48;

/**
 * A sender that waits for room, or a receiver that waits for a message: whoever comes from the other side serves the one that waited
 * longest, directly. `message`: what the sender brings; what the receiver has been given.
 */
export interface QueueWaiter {
  message: Message | undefined;
  served: boolean;
  /** It still waits: its thread was neither killed nor interrupted. */
  alive(): boolean;
  wake(): void;
}

/** mq_notify(2): one process is told of the first message that comes to an empty queue while nobody waits for it. */
export interface Notification {
  /** SIGEV_*, the signal and the process, as reading the queue shows them. */
  readonly method: number;
  readonly signo: number;
  readonly pid: number;
  fire(): void;
  descriptorClosed(): void;
}

/** Messages by priority, the highest first, and in their order within one. */
export class MessageQueue {
  /** What poll and epoll sleep on. */
  readonly changed = new WaitQueue();
  private readonly _byPriority = new Map<number, Message[]>();
  private readonly _receivers: QueueWaiter[] = [];
  private readonly _senders: QueueWaiter[] = [];
  notification: Notification | undefined = undefined;
  /** Open files. */
  users = 0;
  count = 0;
  private _bytes = 0;

  constructor(readonly shape: QueueShape) {}

  get costBytes(): number {
    const { messagesMax, messageBytesMax } = this.shape;
    return messagesMax * (messageBytesMax + MESSAGE_COST_BYTES) + Math.min(messagesMax, PRIORITIES) * PRIORITY_COST_BYTES;
  }

  get full(): boolean {
    return this.count >= this.shape.messagesMax;
  }

  /** The caller has seen that it is not full. */
  send(message: Message): void {
    const receiver = next(this._receivers);
    if (receiver !== undefined) {
      receiver.message = message;
      receiver.served = true;
      receiver.wake();
      return;
    }
    this._insert(message);
    this.changed.wake(POLLIN | POLLRDNORM);
    if (this.count !== 1) return;
    const { notification } = this;
    this.notification = undefined;
    notification?.fire();
  }

  private _insert(message: Message): void {
    const list = this._byPriority.get(message.priority);
    if (list === undefined) this._byPriority.set(message.priority, [message]);
    else list.push(message);
    this.count++;
    this._bytes += message.bytes.length;
  }

  /** undefined: there is none. */
  receive(): Message | undefined {
    if (this.count === 0) return undefined;
    const priority = Math.max(...this._byPriority.keys());
    const list = this._byPriority.get(priority) as Message[];
    const message = list.shift() as Message;
    if (list.length === 0) this._byPriority.delete(priority);
    this.count--;
    this._bytes -= message.bytes.length;
    const sender = next(this._senders);
    if (sender === undefined) this.changed.wake(POLLOUT | POLLWRNORM);
    else {
      this._insert(sender.message as Message);
      sender.served = true;
      sender.wake();
    }
    return message;
  }

  waitToReceive(waiter: QueueWaiter): void {
    this._receivers.push(waiter);
  }

  waitToSend(waiter: QueueWaiter): void {
    this._senders.push(waiter);
  }

  /** It gives up. */
  leave(waiter: QueueWaiter): void {
    for (const list of [this._receivers, this._senders]) {
      const at = list.indexOf(waiter);
      if (at >= 0) list.splice(at, 1);
    }
  }

  /** What reading the queue's file gives. */
  describe(): string {
    const { method = 0, signo = 0, pid = 0 } = this.notification ?? {};
    const field = (value: number, width: number): string => String(value).padEnd(width);
    return `QSIZE:${field(this._bytes, 10)} NOTIFY:${field(method, 5)} SIGNO:${field(signo, 5)} NOTIFY_PID:${field(pid, 6)}\n`;
  }
}

/** Takes the one that waited longest. */
function next(waiters: QueueWaiter[]): QueueWaiter | undefined {
  for (let waiter = waiters.shift(); waiter !== undefined; waiter = waiters.shift()) if (waiter.alive()) return waiter;
  return undefined;
}
