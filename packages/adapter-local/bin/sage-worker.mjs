#!/usr/bin/env node
import { workerCommand } from "@sage-kernel/adapter-local";

process.exit(await workerCommand(process.argv.slice(2)));
