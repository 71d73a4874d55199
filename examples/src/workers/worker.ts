import { fileURLToPath } from "node:url";
import { workerCommand } from "@sage-kernel/adapter-local";

/** `sage-worker` with the examples' deployment. */
const config = fileURLToPath(new URL("./deployment.js", import.meta.url));
process.exit(await workerCommand(["--config", config, ...process.argv.slice(2)]));
