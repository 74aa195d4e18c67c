#!/usr/bin/env node
/** The command as an ES module, without anything that makes it start faster: what launch.ts is where code can't be kept. */
const { main } = await import('./command.js');

process.exitCode = await main(process.argv.slice(2));

export {};
