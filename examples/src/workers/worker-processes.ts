import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("./worker.js", import.meta.url));

/** So many worker processes on this machine. They end with this process, whatever becomes of it. */
export class WorkerProcesses implements AsyncDisposable {
  readonly #children: readonly ChildProcess[];

  constructor(count: number, env: NodeJS.ProcessEnv) {
    this.#children = Array.from({ length: count }, (_, i) =>
      spawn(process.execPath, [program, "--name", `worker-${i + 1}`], {
        env: { ...process.env, ...env },
        stdio: ["ignore", "ignore", "inherit"],
      }),
    );
  }

  /** Lets them end in their way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, "exit");
        child.kill("SIGTERM");
        await ended;
      }),
    );
  }
}
