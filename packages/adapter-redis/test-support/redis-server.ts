import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The test command finds it, and installs it where it can: see scripts/test/redis-server.mjs. */
const binary = process.env.REDIS_SERVER_BIN ?? "redis-server";

/** Ends the server when this process does, even when it is killed. */
const watchdog = "read _; kill -9 $0 2>/dev/null";

/** A Redis server of a test's own, on a Unix socket, with what it keeps in a folder of its own. */
export class RedisServer {
  readonly folder = mkdtempSync(join(tmpdir(), "sage-redis-"));
  readonly path = join(this.folder, "s");
  #child: ChildProcess | undefined;
  #watchdog: ChildProcess | undefined;

  readonly #options: readonly string[];

  private constructor(options: readonly string[]) {
    this.#options = options;
  }

  /** Starts a server, with options of its own, and waits until it answers. */
  static async start(...more: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(more);
    await server.up();
    return server;
  }

  /** Starts it, on what it has kept. */
  async up(): Promise<void> {
    const options = [
      "--port",
      "0",
      "--unixsocket",
      this.path,
      "--dir",
      this.folder,
      "--save",
      "",
      "--appendonly",
      "yes",
    ];
    const usual = ["--appendfsync", "everysec", "--loglevel", "warning"];
    const child = spawn(binary, [...options, ...usual, ...this.#options], {
      stdio: "ignore",
    });
    this.#child = child;
    this.#watchdog = spawn("sh", ["-c", watchdog, String(child.pid)], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    const failed = new Promise<never>((_, reject) => {
      child.once("error", (cause) =>
        reject(
          new Error(`${binary} cannot be started: install a Redis server, or set REDIS_SERVER_BIN`, {
            cause,
          }),
        ),
      );
      child.once("exit", (code) => reject(new Error(`${binary} has ended with ${code}`)));
    });
    failed.catch(() => undefined);
    await Promise.race([this.#answers(), failed]);
  }

  /** Lets it stand still, or go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(signal);
  }

  /** Kills it without a word. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    this.#watchdog?.kill("SIGKILL");
    await gone;
  }

  /** Kills it, and starts it again on what it has kept. */
  async restart(): Promise<void> {
    await this.kill();
    await this.up();
  }

  /** Kills it, takes this many bytes off the end of what it has kept, and starts it again; answers how many it were. */
  async restartWithout(bytes: number): Promise<number> {
    await this.kill();
    const folder = join(this.folder, "appendonlydir");
    const number = (name: string): number => Number(name.split(".")[2]);
    const logs = readdirSync(folder).filter((name) => name.endsWith(".incr.aof"));
    const log = logs.sort((a, b) => number(a) - number(b)).at(-1) as string;
    const { size } = statSync(join(folder, log));
    const cut = Math.min(size, bytes);
    truncateSync(join(folder, log), size - cut);
    await this.up();
    return cut;
  }

  /** Sends one command; the raw answer. */
  command(...words: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(this.path);
      const lines = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("");
      socket.once("error", reject);
      socket.once("data", (data) => {
        socket.destroy();
        resolve(data.toString());
      });
      socket.write(`*${words.length}\r\n${lines}`);
    });
  }

  /** Ends it, and removes what it has kept. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #answers(): Promise<void> {
    for (;;) {
      const answer = await this.command("PING").catch(() => "");
      if (answer.startsWith("+PONG")) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
