import { runAll } from './compiled.js';

postMessage(await runAll());
