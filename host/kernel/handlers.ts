import { SIG_DFL, SIG_IGN, SIGCHLD, SIGCONT, SIGNAL_MAX, SIGURG, SIGWINCH } from '../linux/signal.js';
import type { SignalSet } from './pending.js';

export interface SignalAction {
  /** SIG_DFL, SIG_IGN or the handler's address. */
  readonly handler: number;
  readonly flags: number;
  readonly mask: SignalSet;
}

export const DEFAULT_ACTION: SignalAction = { handler: SIG_DFL, flags: 0, mask: 0n };

export function ignoredByDefault(signal: number): boolean {
  return signal === SIGCHLD || signal === SIGCONT || signal === SIGURG || signal === SIGWINCH;
}

/** What a process does with each signal: shared by its threads and by tasks cloned with CLONE_SIGHAND. */
export class SignalHandlers {
  private readonly _actions: SignalAction[];

  constructor(actions?: readonly SignalAction[]) {
    this._actions = actions === undefined ? new Array<SignalAction>(SIGNAL_MAX + 1).fill(DEFAULT_ACTION) : [...actions];
  }

  get(signal: number): SignalAction {
    return this._actions[signal];
  }

  set(signal: number, action: SignalAction): void {
    this._actions[signal] = action;
  }

  copy(): SignalHandlers {
    return new SignalHandlers(this._actions);
  }

  /** execve: handlers are gone with the program's text, ignored signals stay ignored. */
  afterExec(): SignalHandlers {
    return new SignalHandlers(
      this._actions.map((a) => (a.handler === SIG_IGN ? { handler: SIG_IGN, flags: 0, mask: 0n } : DEFAULT_ACTION)),
    );
  }

  /** The program has no handler of its own. */
  isDefaultOrIgnored(signal: number): boolean {
    const { handler } = this._actions[signal];
    return handler === SIG_DFL || handler === SIG_IGN;
  }

  /** Delivery would have no effect. */
  ignores(signal: number): boolean {
    const { handler } = this._actions[signal];
    return handler === SIG_IGN || (handler === SIG_DFL && ignoredByDefault(signal));
  }
}
