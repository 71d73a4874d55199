#!/usr/bin/env node
import { workerCommand } from "../dist/index.js";

process.exit(await workerCommand(process.argv.slice(2)));
