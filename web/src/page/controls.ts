/** Buttons and keys that make the machine go, stop and go back. */
import { count } from '../../../host/debug/inspect/format.js';
import type { Phase, Status } from '../protocol.js';
import type { Client } from './client.js';
import { byId } from './dom.js';

const PHASES: Readonly<Record<Phase, string>> = {
  none: 'No program runs.',
  starting: 'The machine starts…',
  running: 'It runs.',
  replaying: 'It goes back: it runs again up to there.',
  paused: 'Paused.',
  ended: 'It has ended.',
};

export class Controls {
  readonly #button = (id: string): HTMLButtonElement => byId<HTMLButtonElement>(id);
  readonly #position = byId('position');
  readonly #phase = byId('phase');
  #status: Status | undefined = undefined;
  /** A button that had the focus and can't be pressed at the moment. */
  #returnTo: HTMLButtonElement | undefined;

  /** `eventBefore`: where the latest event before so many instructions was. */
  constructor(
    private readonly client: Client,
    private readonly eventBefore: (instructions: number) => number | undefined,
    restart: () => void,
  ) {
    const on = (id: string, key: string, action: () => void): void => {
      this.#button(id).addEventListener('click', action);
      if (key === '') return;
      addEventListener('keydown', (event) => {
        const { target } = event;
        if (event.key !== key || event.ctrlKey || event.metaKey || event.altKey || this.#button(id).disabled) return;
        // Where keys are text they are not ours.
        if (target instanceof HTMLElement && target.closest('input, textarea, .cm-editor, .xterm, #screen')) return;
        event.preventDefault();
        action();
      });
    };
    on('run', 'r', () => (client.phase === 'running' ? client.pause() : client.go({ kind: 'never' })));
    on('step', 's', () => client.go({ kind: 'steps', count: 1 }));
    on('next-fault', 'f', () => client.go({ kind: 'fault' }));
    on('next-call', 'c', () => client.go({ kind: 'call' }));
    on('back', 'b', () => client.rewind((this.#status?.instructions ?? 0) - 1));
    on('back-event', 'e', () => {
      const at = this.eventBefore(this.#status?.instructions ?? 0);
      if (at !== undefined) client.rewind(at);
    });
    on('restart', '', restart);
    on('stop', '', () => client.stop());
    this.take('none', '');
  }

  take(phase: Phase, text: string): void {
    const focused = document.activeElement;
    this.#enable(phase, text);
    if (focused instanceof HTMLButtonElement && focused.disabled && focused.closest('#controls') !== null) this.#returnTo = focused;
    const { body, activeElement } = document;
    if (this.#returnTo === undefined || this.#returnTo.disabled) return;
    // Who has gone elsewhere meanwhile stays there.
    if (activeElement === body || activeElement === this.#returnTo) this.#returnTo.focus();
    this.#returnTo = undefined;
  }

  #enable(phase: Phase, text: string): void {
    const isPaused = phase === 'paused';
    const lives = isPaused || phase === 'running';
    const exact = this.client.launched?.time === 'exact';
    const run = this.#button('run');
    run.disabled = !lives;
    run.textContent = phase === 'running' ? 'Pause' : 'Run';
    run.title = phase === 'running' ? 'Stop here (key r)' : 'Run on (key r)';
    for (const id of ['step', 'next-fault', 'next-call']) this.#button(id).disabled = !isPaused;
    for (const id of ['back', 'back-event']) {
      const button = this.#button(id);
      button.disabled = !exact || !(isPaused || phase === 'ended');
    }
    this.#button('restart').disabled = this.client.launched === undefined;
    this.#button('stop').disabled = !lives;
    const words = phase === 'ended' && text !== '' ? `It has ended: ${text}.` : PHASES[phase];
    this.#phase.textContent = words;
    document.body.dataset.phase = phase;
  }

  status(status: Status): void {
    this.#status = status;
    const { instructions, faults, framesInUse, cpu } = status;
    const sum = `${count(instructions)} instructions · ${count(faults.minor)} minor, ${count(faults.major)} major, ${count(
      faults.cow,
    )} copy-on-write faults · ${count(framesInUse)} frames`;
    this.#position.textContent = cpu === undefined ? sum : `${sum} · next: ${cpu.text}`;
    this.#position.dataset.instructions = String(instructions);
  }
}
