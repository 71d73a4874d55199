import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Ends the server when this process does, even when it is killed. */
const watchdog = "read _; kill -9 $0 2>/dev/null";

/** A Redis server of one case, on a Unix socket, which writes its log and fsyncs each second. */
export interface BenchServer {
  /** Its socket. */
  readonly path: string;
  stop(): Promise<void>;
}

/** Starts a server and waits until it answers. */
export async function startServer(): Promise<BenchServer> {
  const folder = mkdtempSync(join(tmpdir(), "sage-bench-"));
  const path = join(folder, "s");
  const options = ["--port", "0", "--unixsocket", path, "--dir", folder, "--save", "", "--appendonly", "yes"];
  const binary = process.env.REDIS_SERVER_BIN ?? "redis-server";
  const child = spawn(binary, options, { stdio: "ignore" });
  spawn("sh", ["-c", watchdog, String(child.pid)], { stdio: ["pipe", "ignore", "ignore"] }).unref();
  await answers(child, path);
  return {
    path,
    stop: async () => {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(child: ChildProcess, path: string): Promise<void> {
  let failure: Error | undefined;
  child.once("error", (error) => {
    failure = error;
  });
  while (!(await connects(path))) {
    if (failure !== undefined) throw failure;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function connects(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
