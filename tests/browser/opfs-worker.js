import { keepFiles } from './opfs.js';

postMessage(await keepFiles('worker'));
