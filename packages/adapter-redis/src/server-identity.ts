import { SageError } from "@sage-kernel/core";
import type { Clock } from "@sage-kernel/core/spi";
import { type Answer, passing, type Wire } from "./wire.ts";

/** Commands that are called by name or in scripts, beside those that every version has. */
const needed = ["XADD", "XREAD", "XRANGE", "XTRIM", "BLMPOP", "EVALSHA", "EVAL"];
const leastMajor = 7;
const lookMs = 10;

/**
 * Knows which server it is at the other end, over all connections: one that was started again, or another one, may lack the
 * end of what was answered. Finds out over the first connection whether it is good for anything.
 */
export class ServerIdentity {
  readonly #store: string;
  readonly #clock: Pick<Clock, "sleep">;
  readonly #onChange: () => void;
  readonly #ours: boolean;
  #known: string | undefined;

  /** `store` is how the server is called in errors; one that is not `ours` keeps its settings and its log to itself. */
  constructor(store: string, clock: Pick<Clock, "sleep">, onChange: () => void, ours = true) {
    this.#ours = ours;
    this.#store = store;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** The id of the run of the server that was greeted last. */
  get known(): string | undefined {
    return this.#known;
  }

  /**
   * Asks the server who it is. Answers `false` when the connection was lost meanwhile, or the
   * server answers nothing now.
   *
   * @throws SageError `STORE_UNSUITABLE`.
   */
  async greet(send: Wire["send"]): Promise<boolean> {
    const [info, commands, policy] = await Promise.all([
      send("INFO", ["server"]),
      send("COMMAND", ["INFO", ...needed]),
      send("CONFIG", ["GET", "maxmemory-policy"]),
    ]);
    if ([info, commands, policy].some(isPassing)) return false;
    const facts = infoOf(info);
    this.#check(facts, info, commands, policy);
    const identity = `${facts.get("run_id")}`;
    const before = this.#known;
    if (before === identity) return true;
    if (this.#ours && !(await this.#rewriteLog(send, before === undefined))) return false;
    this.#known = identity;
    if (before !== undefined) this.#onChange();
    return true;
  }

  /**
   * Has the server's log rewritten, once for each time that it was started. A log that ended within a transaction still has
   * the torn part in it; when it is replayed another time, that would be done. Waits for the end of it, except over a first
   * connection, when nobody may wait for us. Answers `false` when the connection was lost.
   */
  async #rewriteLog(send: Wire["send"], first: boolean): Promise<boolean> {
    for (let asked = false; ; ) {
      const info = await send("INFO", ["persistence"]);
      if (info.kind === "lost") return false;
      const facts = infoOf(info);
      if (facts.get("aof_enabled") !== "1") return true;
      const busy = facts.get("aof_rewrite_in_progress") === "1" || facts.get("aof_rewrite_scheduled") === "1";
      if (!busy && (asked || facts.get("aof_last_rewrite_time_sec") !== "-1")) return true;
      if (!busy) {
        const rewrite = await send("BGREWRITEAOF", []);
        if (rewrite.kind === "lost") return false;
        if (rewrite.kind === "refused" && !/already|scheduled/.test(rewrite.message)) return true; // what is torn is seen where it is read
        asked = true;
      }
      if (first) return true;
      await this.#clock.sleep(lookMs);
    }
  }

  #check(facts: ReadonlyMap<string, string>, info: Answer, commands: Answer, policy: Answer): void {
    const version = facts.get("redis_version") ?? "";
    if (!(Number.parseInt(version, 10) >= leastMajor)) {
      const problem = version === "" ? refusalOf(info) : `its version is ${version}`;
      throw this.#unsuitable(problem, "Use Redis 7.0 or later, or Valkey, and allow the command INFO.");
    }
    if (commands.kind === "reply") {
      const missing = needed.filter((_, i) => !(commands.reply as readonly unknown[])[i]);
      if (missing.length > 0)
        throw this.#unsuitable(
          `it has no ${missing.join(", ")}`,
          "Use a server that has them, and does not rename them.",
        );
    }
    if (policy.kind !== "reply" || !this.#ours) return; // not permitted: nobody can tell
    const [, value] = policy.reply as readonly unknown[];
    if (value === undefined || String(value) === "noeviction") return;
    throw this.#unsuitable(
      `its maxmemory-policy is ${value}, by which it drops keys when its memory is full`,
      "Set `maxmemory-policy noeviction`: a full server refuses then, and nothing is lost.",
    );
  }

  #unsuitable(problem: string, remedy: string): SageError {
    return new SageError("STORE_UNSUITABLE", { store: this.#store, problem, remedy });
  }
}

/** Whether it may be answered another time: the connection is lost, or the server has no time now. */
function isPassing(answer: Answer): boolean {
  return answer.kind === "lost" || (answer.kind === "refused" && passing.test(answer.message));
}

function refusalOf(info: Answer): string {
  return info.kind === "refused" ? `it refuses INFO: ${info.message}` : "INFO does not tell its version";
}

function infoOf(answer: Answer): ReadonlyMap<string, string> {
  if (answer.kind !== "reply") return new Map();
  const lines = String(answer.reply).split("\r\n");
  return new Map(lines.filter((line) => line.includes(":")).map((line) => splitAt(line, line.indexOf(":"))));
}

function splitAt(line: string, at: number): [string, string] {
  return [line.slice(0, at), line.slice(at + 1)];
}
