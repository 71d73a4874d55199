#!/usr/bin/env node
import { jobManagerCommand } from "@sage-kernel/adapter-local";

process.exit(await jobManagerCommand(process.argv.slice(2)));
