import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** The checkout that these tests belong to. */
export const REPOSITORY = fileURLToPath(new URL("../../../..", import.meta.url));

/** What a program wrote and how it ended. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs; it ends with the test at the latest. */
export class RunningProgram {
  /** Its end. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  #stderr = "";

  /** Starts `node …args` in a folder. */
  constructor(args: readonly string[], cwd = REPOSITORY) {
    const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.ended = once(child, "close").then(([code]) => ({ code, stdout, stderr: this.#stderr }));
  }

  /** Sends it a signal. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Reads no more of its standard output, as `head` does. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
  }

  /** Resolves when it has said this on standard error. @throws Error when it ends without. */
  async said(text: string): Promise<void> {
    const end = this.ended.then(({ code }) => {
      if (!this.#stderr.includes(text)) throw new Error(`ended with ${code}, said only: ${this.#stderr}`);
    });
    while (!this.#stderr.includes(text))
      await Promise.race([end, once(this.#child.stderr as NodeJS.EventEmitter, "data")]);
  }
}

/** Starts an example that {@link buildExamples} has built; `imports` are modules that it loads before. */
export function startExample(name: string, args: readonly string[], imports: readonly string[] = []) {
  const loads = imports.map((module) => `--import=${module}`);
  const program = new RunningProgram([...loads, `${REPOSITORY}/examples/dist/${name}/main.js`, ...args]);
  onTestFinished(() => program.signal("SIGKILL"));
  return program;
}

/** Runs an example to its end. */
export function runExample(name: string, ...args: string[]): Promise<Ending> {
  return startExample(name, args).ended;
}

/** Runs an example that must end well, and reads its JSON. */
export async function runJson(name: string, ...args: string[]) {
  const { code, stdout, stderr } = await runExample(name, "--json", ...args);
  if (code !== 0 || stderr !== "") throw new Error(`${name} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

/** Builds the examples, the way that a user's first run does. */
export async function buildExamples(): Promise<void> {
  const { code, stderr } = await new RunningProgram(["scripts/example.mjs", "census", "--help"]).ended;
  if (code !== 0) throw new Error(stderr);
}
