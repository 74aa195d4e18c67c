/** The page: puts the parts together. */
import { LessonsView } from '../lessons/lessons-view.js';
import type { Launch, Phase, View } from '../protocol.js';
import { CachesView, RegistersView } from './caches-view.js';
import { Client } from './client.js';
import { installColors } from './colors.js';
import { Controls } from './controls.js';
import { byId, tabs } from './dom.js';
import { acceptFiles, type Opened } from './files.js';
import { MapView } from './map-view.js';
import { loadProgram, type Program, programList } from './programs.js';
import { ScreenView } from './screen.js';
import { TablesView } from './tables-view.js';
import { TerminalView } from './terminal.js';
import { TimelineView } from './timeline-view.js';
import { WalkView } from './walk-view.js';

const SCREEN = { width: 320, height: 200 };
const alertBox = byId('alert');

function complain(text: string): void {
  alertBox.textContent = text;
  alertBox.hidden = text === '';
}

class Page {
  readonly client: Client;
  readonly #terminal: TerminalView;
  readonly #screen: ScreenView;
  readonly #map: MapView;
  readonly #walk: WalkView;
  readonly #tables: TablesView;
  readonly #timeline: TimelineView;
  readonly #caches = new CachesView();
  readonly #registers = new RegistersView();
  readonly #controls: Controls;
  #view = 'map';
  /** The process whose tables are shown. */
  #pid = 0;

  constructor() {
    this.client = new Client({
      onOutput: (bytes) => this.#terminal.write(bytes),
      onReset: (replayTo) => this.#reset(replayTo),
      onPhase: (phase, text) => this.#onPhase(phase, text),
      onView: (view) => this.#onView(view),
      onError: (text) => complain(text),
    });
    this.#terminal = new TerminalView(byId('terminal'), {
      onKeys: (bytes) => this.client.keys(bytes),
      onResize: (size) => this.client.resize(size),
      takesKeys: () => this.client.phase === 'running' || this.client.phase === 'paused',
      onLeave: (backwards) => {
        const to = backwards
          ? byId('command-line')
          : document.querySelector<HTMLElement>('#controls button:enabled, #views [aria-selected="true"]');
        to?.focus();
      },
    });
    this.#screen = new ScreenView((bytes) => this.client.keys(bytes));
    this.#map = new MapView({ onChoose: (pid, address) => this.#walkTo(pid, address) });
    this.#walk = new WalkView({
      onClose: () => {
        this.#walk.hide();
        this.client.want({ walk: undefined });
      },
      onAddress: (address) => this.#map.choose(this.client.wanted.walk?.pid ?? this.#pid, address),
    });
    this.#tables = new TablesView((pid, address) => this.#map.choose(pid, address));
    this.#timeline = new TimelineView({
      onGo: (event) => {
        if (this.client.launched?.time === 'exact') this.client.rewind(event.at);
        else complain("This run has the host's clock and can't be repeated: run it with its own clock to step back.");
      },
      onWalk: (pid, address) => this.#map.choose(pid, address),
    });
    this.#controls = new Controls(
      this.client,
      (instructions) => this.#timeline.before(instructions)?.at,
      () => {
        if (this.client.launched !== undefined) this.launch({});
      },
    );
    installColors(() => this.#map.redraw());
    tabs(byId('views'), (panel) => {
      this.#view = panel;
      this.#want();
      this.#timeline.draw();
    });
    tabs(byId('activities'), (panel) => void this.#onActivity(panel));
    new LessonsView(this);
    byId('program-list').append(programList((program) => void this.runProgram(program)));
    acceptFiles((file) => void this.open(file), complain);
    byId('command').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#runCommand();
    });
  }

  async #onActivity(panel: string): Promise<void> {
    if (panel === 'assembly') await this.#assembly();
  }

  #workbench: Promise<import('./workbench.js').Workbench> | undefined = undefined;

  /** The editor is large: it is loaded when it is wanted. */
  #assembly(): Promise<import('./workbench.js').Workbench> {
    this.#workbench ??= import('./workbench.js').then(({ Workbench }) => new Workbench(this, complain));
    return this.#workbench;
  }

  #reset(replayTo: number | undefined): void {
    this.#terminal.reset();
    this.#timeline.forget(replayTo ?? 0);
    this.#map.begin();
    if (replayTo === undefined) {
      this.#map.reset();
      this.#walk.hide();
      this.#tables.reset();
      this.client.want({ walk: undefined });
    }
  }

  #onPhase(phase: Phase, text: string): void {
    this.#controls.take(phase, text);
    if (phase === 'running') this.#map.begin();
    // A launch that has failed stays still, too.
    if (phase !== 'starting') this.#isMoving = false;
    if (phase === 'none') for (const done of this.#waiting.splice(0)) done();
  }

  #waiting: (() => void)[] = [];

  /** When a machine that was told to go has stopped, and what it looks like then is drawn. */
  still(): Promise<void> {
    this.#isMoving = true;
    return new Promise((done) => this.#waiting.push(done));
  }

  /** It was told to go, and nothing that was seen is of after that. */
  #isMoving = false;

  #onView(view: View): void {
    const { status } = view;
    this.#controls.status(status);
    this.#map.take(view);
    this.#timeline.take(view.events);
    if (view.walk !== undefined) this.#walk.take(view.walk.walk);
    if (view.tables !== undefined) this.#tables.take(view.tables.pid, view.tables.tables);
    if (view.translation !== undefined) this.#caches.take(view.translation);
    if (this.#view === 'cpu') this.#registers.take(status.cpu);
    if (view.picture !== undefined) this.#screen.take(view.picture);
    if (!this.#isMoving && (status.phase === 'paused' || status.phase === 'ended')) for (const done of this.#waiting.splice(0)) done();
    const living = status.processes.filter(({ ended }) => !ended);
    const pid = status.cpu?.pid ?? living.at(-1)?.pid ?? 0;
    if (pid !== 0 && pid !== this.#pid) {
      this.#pid = pid;
      this.#want();
    }
  }

  /** Chooses a page of the latest mapping of that name. */
  walkMapping(name: string, page: number): void {
    const found = this.#map.find(name, page);
    if (found !== undefined) this.#map.choose(found.pid, found.address);
  }

  #want(): void {
    this.client.want({
      tables: this.#view === 'tables' ? this.#pid : undefined,
      translation: this.#view === 'caches' ? this.#pid : undefined,
    });
  }

  #walkTo(pid: number, address: number): void {
    this.client.want({ walk: { pid, address } });
  }

  /** Starts a machine; what is not said is as it was. */
  launch(change: Partial<Launch>): void {
    complain('');
    const before = this.client.launched;
    const launch: Launch = {
      path: '/program',
      args: [],
      files: [],
      root: undefined,
      cwd: '/',
      memory: '256M',
      time: 'exact',
      watch: true,
      screen: undefined,
      paused: false,
      keep: false,
      seed: 1,
      ...before,
      ...change,
      terminal: this.#terminal.size,
    };
    this.#screen.visible = launch.screen !== undefined;
    this.client.want({ screen: launch.screen !== undefined });
    byId<HTMLInputElement>('command-line').value = [launch.path, ...launch.args].join(' ');
    this.client.launch(launch);
  }

  /** A run that can be repeated must not see what an earlier one kept. */
  #options(): Pick<Launch, 'time' | 'watch' | 'keep'> {
    const isOn = (id: string): boolean => byId<HTMLInputElement>(id).checked;
    return { time: isOn('exact') ? 'exact' : 'live', watch: isOn('watch'), keep: !isOn('exact') };
  }

  #setOptions(live: boolean): void {
    byId<HTMLInputElement>('exact').checked = !live;
    byId<HTMLInputElement>('watch').checked = !live;
  }

  async runProgram({ name, screen = false, live = false }: Program): Promise<void> {
    try {
      const bytes = await loadProgram(name);
      this.#setOptions(live);
      this.run(`/bin/${name}`, bytes, { ...this.#options(), screen: screen ? SCREEN : undefined });
      if (screen) this.#screen.focus();
    } catch (error) {
      complain(error instanceof Error ? error.message : String(error));
    }
  }

  /** A program alone in a machine. */
  run(path: string, bytes: Uint8Array, more: Partial<Launch> = {}): void {
    this.launch({ path, args: [], files: [[path, bytes]], root: undefined, screen: undefined, keep: false, paused: false, ...more });
  }

  async open(file: Opened): Promise<void> {
    complain('');
    if (file.kind === 'elf') this.run(`/bin/${file.name}`, file.bytes, this.#options());
    else if (file.kind === 'tar') {
      this.#setOptions(true);
      this.launch({
        path: '/bin/sh',
        args: [],
        files: [],
        root: file.bytes,
        screen: undefined,
        paused: false,
        ...this.#options(),
      });
      this.#terminal.focus();
    } else {
      byId('tab-assembly').click();
      (await this.#assembly()).text = file.text;
    }
  }

  #runCommand(): void {
    const words = byId<HTMLInputElement>('command-line').value.trim().split(/\s+/);
    if (words[0] === '') complain('Which program? Its path, then its arguments.');
    else this.launch({ path: words[0], args: words.slice(1), paused: false, ...this.#options() });
  }
}

export type { Page };

function start(): void {
  if (typeof WebAssembly !== 'object')
    complain('This browser has no WebAssembly: the machine is made of it. Any browser since 2017 has it, unless it is switched off.');
  else if (typeof Worker !== 'function') complain('This browser has no workers: the machine runs in one.');
  else new Page();
}

start();
