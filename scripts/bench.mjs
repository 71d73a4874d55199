#!/usr/bin/env node
/** Runs the benchmarks: `node scripts/bench.mjs [part] [flags…]`. The arguments are bench/src/main.ts's own. */
import { runBuilt } from "./build/run-built.mjs";

const args = process.argv.slice(2);
await runBuilt("bench", "dist/main.js", args[0] === "--" ? args.slice(1) : args);
