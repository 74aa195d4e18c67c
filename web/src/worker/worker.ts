/** The worker's side: a machine at a time, and messages. */
import type { FromWorker, ToWorker } from '../protocol.js';
import { Session, sentenceOf } from './session.js';

interface Scope {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}
const scope = self as unknown as Scope;

const send = (message: FromWorker, transfer: Transferable[] = []): void => scope.postMessage(message, transfer);
const fail = (error: unknown): void => send({ type: 'error', text: sentenceOf(error) });

let core: Promise<WebAssembly.Module> | undefined;
let session: Session | undefined;

async function loadCore(): Promise<WebAssembly.Module> {
  const url = new URL('../../../dist/core.wasm', import.meta.url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The machine's core could not be loaded: ${response.status} ${response.statusText}`);
  return WebAssembly.compile(await response.arrayBuffer());
}

async function launch(message: Extract<ToWorker, { type: 'launch' }>): Promise<void> {
  await session?.stop();
  session = undefined;
  send({ type: 'reset', replayTo: undefined, from: 0 });
  send({ type: 'phase', phase: 'starting', text: '' });
  let next: Session | undefined;
  try {
    core ??= loadCore();
    next = new Session(await core, message.launch, send);
    session = next;
    await next.start();
  } catch (error) {
    // A download that failed may succeed the next time.
    if (next === undefined) core = undefined;
    session = undefined;
    await next?.stop();
    send({ type: 'phase', phase: 'none', text: '' });
    throw error;
  }
}

function look(message: Extract<ToWorker, { type: 'look' }>): void {
  const view = session?.look(message.wanted);
  const transfer: Transferable[] = [];
  for (const [, { at, bits, frames }] of view?.feeds ?? []) {
    transfer.push(bits.buffer, frames.buffer);
    if (at !== undefined) transfer.push(at.buffer);
  }
  if (view?.picture !== undefined) transfer.push(view.picture.pixels.buffer);
  send({ type: 'view', view }, transfer);
}

/** One after the other: a launch must be over before what comes next. */
let queue: Promise<unknown> = Promise.resolve();
function inTurn(action: () => Promise<unknown> | undefined): void {
  queue = queue.then(action).catch(fail);
}

scope.onmessage = ({ data }) => {
  switch (data.type) {
    case 'launch':
      inTurn(() => launch(data));
      break;
    case 'rewind':
      inTurn(() => session?.rewind(data.at));
      break;
    case 'pause':
      inTurn(() => session?.pause());
      break;
    case 'stop':
      inTurn(() => session?.stop());
      break;
    case 'go':
      session?.go(data.goal);
      break;
    case 'keys':
      session?.keys(data.bytes);
      break;
    case 'resize':
      session?.resize(data.size);
      break;
    case 'look':
      look(data);
      break;
  }
};
send({ type: 'ready' });
