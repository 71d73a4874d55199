import { fork } from "node:child_process";
import type { CaseReply, Measurement } from "./bench-case.ts";
import type { Contender } from "./row.ts";

const ENTRY = new URL("../run-case.js", import.meta.url);
const TIMEOUT_MS = 180_000;
const STDERR = 2;

/** Runs a contender's case once, in a fresh process; rejects if it fails, dies or takes longer than three minutes. */
export function forkCase(contender: Contender): Promise<Measurement> {
  const args = [contender.module, contender.case, String(contender.size)];
  const child = fork(ENTRY, args, {
    execArgv: [...(contender.execArgv ?? [])],
    env: { ...process.env, NODE_ENV: "production", NODE_OPTIONS: "" },
    stdio: ["ignore", STDERR, STDERR, "ipc"],
  });

  return new Promise((resolve, reject) => {
    let reply: CaseReply | undefined;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, TIMEOUT_MS);
    child.on("message", (message) => {
      reply = message as CaseReply;
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (timedOut) reject(new Error(`gave no result within ${TIMEOUT_MS} ms`));
      else if (reply === undefined) reject(new Error(`died without a result (${signal ?? `exit ${code}`})`));
      else if (!reply.ok) reject(new Error(reply.error));
      else resolve(reply.measurement);
    });
  });
}
