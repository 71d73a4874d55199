#!/usr/bin/env node
import { jobManagerCommand } from "../dist/index.js";

process.exit(await jobManagerCommand(process.argv.slice(2)));
