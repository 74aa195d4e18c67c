/** A lesson on the page: text, question, answer, and the machine taken along. */
import { byId, h } from '../page/dom.js';
import type { Page } from '../page/main.js';
import { loadProgram } from '../page/programs.js';
import { LESSONS } from './all.js';
import { Dice, type Lesson, type Question, rememberKept, type Step } from './lesson.js';

interface Running {
  readonly lesson: Lesson;
  readonly seed: number;
  readonly steps: readonly Step[];
  at: number;
}

export class LessonsView {
  readonly #element = byId('lessons');
  #running: Running | undefined = undefined;

  constructor(private readonly page: Page) {
    this.#list();
  }

  #list(): void {
    this.#running = undefined;
    this.#element.replaceChildren(
      h('p', { class: 'dim' }, 'Each is a real program that stops where something happens. The numbers are different every time.'),
      h(
        'ul',
        { class: 'programs' },
        ...LESSONS.filter((lesson) => lesson.available?.() ?? true).map((lesson) =>
          h(
            'li',
            {},
            h(
              'button',
              { type: 'button', id: `lesson-${lesson.id}`, onclick: () => void this.begin(lesson, newSeed()) },
              h('b', {}, lesson.title),
            ),
          ),
        ),
      ),
    );
  }

  async begin(lesson: Lesson, seed: number): Promise<void> {
    const { args, steps } = lesson.make(new Dice(seed));
    const bytes = await loadProgram(lesson.program);
    this.#running = { lesson, seed, steps, at: 0 };
    const path = `/bin/${lesson.program}`;
    const time = lesson.live === true ? 'live' : 'exact';
    this.page.run(path, bytes, { args, time, watch: true, paused: true, keep: lesson.live === true });
    await this.page.still();
    await this.#show(0);
  }

  async #show(at: number): Promise<void> {
    const running = this.#running;
    const step = running?.steps[at];
    if (running === undefined || step === undefined) return;
    running.at = at;
    if (step.goal !== undefined) {
      this.page.client.go(step.goal);
      await this.page.still();
    }
    if (step.remember !== undefined) rememberKept(step.remember);
    if (step.walk !== undefined) this.page.walkMapping(step.walk.name, step.walk.page);
    this.#draw(running, step);
  }

  #draw({ lesson, seed, steps, at }: Running, { text, question }: Step): void {
    const isLast = at === steps.length - 1;
    const next = h('button', { type: 'button', id: 'lesson-next', onclick: () => void this.#show(at + 1) }, 'Go on');
    next.disabled = question !== undefined;
    this.#element.replaceChildren(
      h(
        'article',
        { class: 'lesson' },
        h('h3', {}, lesson.title),
        h('p', { class: 'dim' }, `Step ${at + 1} of ${steps.length} · numbers of seed ${seed}`),
        h('p', { id: 'lesson-text' }, text),
        question === undefined ? undefined : this.#question(question, next),
        h(
          'p',
          { class: 'editor-bar' },
          isLast ? undefined : next,
          h(
            'button',
            { type: 'button', id: 'lesson-again', onclick: () => void this.begin(lesson, newSeed()) },
            'Again, with other numbers',
          ),
          h('button', { type: 'button', id: 'lesson-list', onclick: () => this.#list() }, 'All lessons'),
        ),
      ),
    );
    this.#element.querySelector<HTMLElement>('input, #lesson-next, #lesson-again')?.focus();
  }

  #question({ text, answer, why }: Question, next: HTMLButtonElement): HTMLElement {
    const input = h('input', { id: 'lesson-answer', type: 'number', inputmode: 'numeric', required: true, size: 6 });
    const verdict = h('p', { id: 'lesson-verdict', role: 'status' });
    let tries = 0;
    const form = h(
      'form',
      {
        onsubmit: (event) => {
          event.preventDefault();
          tries++;
          const isRight = Number(input.value) === answer;
          verdict.className = isRight ? 'good' : 'bad';
          if (isRight) verdict.textContent = `Right. ${why}`;
          else verdict.textContent = tries === 1 ? 'Not so. Think of what needs a frame, and try once more.' : `It is ${answer}. ${why}`;
          if (!isRight && tries === 1) return;
          next.disabled = false;
          next.focus();
        },
      },
      h('label', { for: 'lesson-answer' }, text),
      input,
      h('button', { type: 'submit' }, 'Check'),
    );
    return h('div', {}, form, verdict);
  }
}

function newSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000;
}
