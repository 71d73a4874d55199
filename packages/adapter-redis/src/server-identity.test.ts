import { FakeClock, settle } from "@sage-kernel/testkit";
import { describe, expect, test } from "vitest";
import { ServerIdentity } from "./server-identity.ts";
import type { Answer } from "./wire.ts";

const reply = (value: unknown): Answer => ({ kind: "reply", reply: value });
const refused = (message: string): Answer => ({ kind: "refused", message });
const lost: Answer = { kind: "lost" };

/** A server as these commands see it. */
function server(ours = true) {
  const facts = {
    version: "7.0.15",
    id: "a",
    policy: reply(["maxmemory-policy", "noeviction"]),
    commands: undefined as Answer | undefined,
    info: undefined as Answer | undefined,
    aof: "0",
    rewrite: reply("started"),
    /** How often it says that the log is being rewritten. */
    busy: 0,
    rewrites: 0,
  };
  const changes: string[] = [];
  const clock = new FakeClock();
  const identity = new ServerIdentity("Redis", clock, () => changes.push(facts.id), ours);
  const persistence = (): string => {
    const busy = facts.busy > 0 ? 1 : 0;
    facts.busy -= busy;
    return `aof_enabled:${facts.aof}\r\naof_rewrite_in_progress:${busy}\r\naof_last_rewrite_time_sec:-1\r\n`;
  };
  const send = async (command: string, args: readonly unknown[]): Promise<Answer> => {
    if (command === "CONFIG") return facts.policy;
    if (command === "COMMAND") return facts.commands ?? reply(args.slice(1).map((name) => [name]));
    if (command === "BGREWRITEAOF") {
      facts.rewrites++;
      return facts.rewrite;
    }
    if (args[0] === "persistence") return reply(persistence());
    return facts.info ?? reply(`# Server\r\nredis_version:${facts.version}\r\nrun_id:${facts.id}\r\n`);
  };
  return { facts, changes, clock, greet: () => identity.greet(send) };
}

describe("a server", () => {
  test("is the same one over another connection, unless it says otherwise: then the end of what it said may be lost", async () => {
    const { facts, changes, greet } = server();
    expect([await greet(), await greet(), changes]).toEqual([true, true, []]);
    facts.id = "b";

    expect([await greet(), changes, await greet(), changes]).toEqual([true, ["b"], true, ["b"]]);
  });

  test("whose connection is lost meanwhile is asked again", async () => {
    const { facts, changes, greet } = server();
    await greet();
    facts.id = "b";
    facts.info = lost;
    expect([await greet(), changes]).toEqual([false, []]);
    facts.info = undefined;

    expect([await greet(), changes]).toEqual([true, ["b"]]);
  });

  test("has its log rewritten when it was started again, and is used when that is done", async () => {
    const { facts, changes, clock, greet } = server();
    await greet();
    Object.assign(facts, { id: "b", aof: "1" });
    const greeted = greet();
    await settle();
    facts.busy = 2;
    expect([facts.rewrites, changes]).toEqual([1, []]);
    for (let look = 0; look < 3; look++) {
      clock.advance(10);
      await settle();
    }

    expect([await greeted, facts.rewrites, changes]).toEqual([true, 1, ["b"]]);
  });

  test("has its log rewritten at the first connection, too, which nobody waits for", async () => {
    const { facts, greet } = server();
    facts.aof = "1";

    expect([await greet(), facts.rewrites]).toEqual([true, 1]);
  });

  test("is used where that is not permitted", async () => {
    const { facts, changes, greet } = server();
    await greet();
    Object.assign(facts, { id: "b", aof: "1", rewrite: refused("NOPERM this user has no permissions") });

    expect([await greet(), changes]).toEqual([true, ["b"]]);
  });

  test.each<[string, (facts: ReturnType<typeof server>["facts"]) => void, RegExp]>([
    ["is too old", (facts) => (facts.version = "6.2.14"), /its version is 6\.2\.14.*Use Redis 7\.0 or later/],
    [
      "does not say what it is",
      (facts) => (facts.info = refused("NOPERM no INFO")),
      /it refuses INFO: NOPERM no INFO.*allow the command INFO/,
    ],
    [
      "lacks a command",
      (facts) =>
        (facts.commands = reply([["XADD"], ["XREAD"], null, ["XTRIM"], ["BLMPOP"], ["EVALSHA"], ["EVAL"]])),
      /it has no XRANGE/,
    ],
    [
      "drops keys when it is full",
      (facts) => (facts.policy = reply(["maxmemory-policy", "allkeys-lru"])),
      /allkeys-lru.*maxmemory-policy noeviction/,
    ],
  ])("that %s is refused, with what to change", async (_, change, message) => {
    const { facts, greet } = server();
    change(facts);

    await expect(greet()).rejects.toMatchObject({
      code: "STORE_UNSUITABLE",
      message: expect.stringMatching(message),
    });
  });

  test("that is not ours keeps its settings and its log to itself", async () => {
    const { facts, greet } = server(false);
    Object.assign(facts, { aof: "1", policy: reply(["maxmemory-policy", "allkeys-lru"]) });

    expect([await greet(), facts.rewrites]).toEqual([true, 0]);
  });

  test("that has no time now is asked another time", async () => {
    const { facts, greet } = server();
    facts.info = refused("BUSY Redis is busy running a script");
    expect(await greet()).toBe(false);
    facts.info = undefined;

    expect(await greet()).toBe(true);
  });

  test("that does not tell its policy is used", async () => {
    const { facts, greet } = server();
    facts.policy = refused("NOPERM no CONFIG");

    expect(await greet()).toBe(true);
  });
});
