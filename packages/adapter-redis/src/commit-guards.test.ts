import { Batch, type Commit, QueueDescriptor } from "@sage-kernel/core/spi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import { unitOf } from "../test-support/unit-of.ts";
import type { RedisClient } from "./redis-client.ts";
import type { RedisPort, ScriptArgument } from "./redis-port.ts";
import { RedisQueueDriver } from "./redis-queue-driver.ts";
import { RedisStateStores } from "./redis-state-store.ts";
import { script } from "./scripts.ts";
import { commitScript } from "./task-scripts.ts";

let lab: RedisLab;
let jobs = 0;

beforeAll(async () => {
  lab = await RedisLab.start();
});

afterAll(() => lab.stop());

/** What a mutant does to the commit script, or to what it is given. */
interface Mutation {
  readonly source?: (right: string) => string;
  readonly args?: (right: readonly ScriptArgument[]) => readonly ScriptArgument[];
}

/** A process whose commits go through a mutant of the script. */
function processWith({ source, args }: Mutation) {
  const right = commitScript.source.replace(/^#!.*\n/, "");
  const wrong = script("commit", source?.(right) ?? right);
  if (source !== undefined) expect(wrong.sha).not.toBe(commitScript.sha);
  const port = new Proxy<RedisPort>(lab.client(), {
    get: (target, name) => {
      if (name !== "run") return (Reflect.get(target, name) as () => unknown).bind(target);
      const run: RedisPort["run"] = (asked, keys, given, signal) =>
        asked.name === "commit"
          ? target.run(wrong, keys, args?.(given) ?? given, signal)
          : target.run(asked, keys, given, signal);
      return run;
    },
  });
  return lab.process(port as RedisClient);
}

/** One task between two queues, in a job of its own, and what can be done to it. */
async function world(mutation: Mutation) {
  const job = `guards-${jobs++}`;
  const process = processWith(mutation);
  const driver = new RedisQueueDriver(process);
  const open = (id: string, capacity: number) =>
    driver.open(new QueueDescriptor({ kind: "redis", id: `${job}/${id}`, capacity }));
  const [input, output] = [await open("in", 100), await open("out", 5)];
  for (let n = 0; n < 10; n++) await input.put(new Batch(0, n, [n]));
  const store = new RedisStateStores(process).create(job);
  const task = (node = "task#0"): Promise<Commit> =>
    Promise.resolve(store.open({ node, input, deadLetters: { write: () => undefined } }));
  const entries = async (): Promise<number> =>
    Number((await lab.server.command("XLEN", `sage:{${job}}:q:out`)).slice(1));
  return { job, input, output, task, entries };
}

type World = Awaited<ReturnType<typeof world>>;

const outputTo = ({ output }: World, seq: number, ...records: unknown[]) => [
  { queue: output, batch: new Batch(1, seq, records), connection: { takeBack: () => undefined } as never },
];

/** Each guard: the mutant without it, and a run in which only this guard refuses what must not be done. */
const guards: readonly (readonly [
  name: string,
  mutation: Mutation,
  holds: (world: World) => Promise<void>,
])[] = [
  [
    "the owner is checked",
    { source: (right) => right.replace("if m[1] ~= ARGV[1] or m[2] ~= ARGV[2] then return {-2} end", "") },
    async (world) => {
      const zombie = await world.task();
      await world.task();
      // As a request that has been on its way since before the later incarnation began.
      Object.defineProperty(zombie, "replaced", { value: false });
      expect(await zombie.commit(unitOf(zombie))).toEqual({ code: "fenced" });
    },
  ],
  [
    "a request is known by its attempt, not by its number",
    { args: (right) => right.map((arg, i) => (i === 3 ? (right[2] as ScriptArgument) : arg)) },
    async (world) => {
      const commit = await world.task();
      const [ghost, real] = [unitOf(commit), unitOf(commit, { outputs: outputTo(world, 0, "a") })];
      const [, answer] = await Promise.all([commit.commit(ghost), commit.commit(real)]);
      expect(answer).toEqual({ code: "mismatch" });
    },
  ],
  [
    "the number is checked",
    { source: (right) => right.replace("if done ~= sequence - 1 then return {-3} end", "") },
    async (world) => {
      const commit = await world.task();
      await commit.commit(unitOf(commit));
      await lab.server.command("HSET", `sage:{${world.job}}:t:task#0`, "s", "0", "b", "0");
      expect(await commit.commit(unitOf(commit))).toEqual({ code: "mismatch" });
    },
  ],
  [
    "the input must still be there",
    { source: (right) => right.replace("then return {-4} end", "then return {0, {}} end") },
    async (world) => {
      const commit = await world.task();
      const { position } = await world.input.take(4);
      await lab.server.command("DEL", `sage:{${world.job}}:q:in`);
      expect(await commit.commit(unitOf(commit, { position }))).toEqual({ code: "inputVanished" });
    },
  ],
  [
    "an entry in the place of the one that was read is not taken for it",
    { source: (right) => right.replace(" or e[1][2][2] ~= ARGV[at + 4]", "") },
    async (world) => {
      const commit = await world.task();
      const { position } = await world.input.take(4);
      const [id] = position as [string];
      const key = `sage:{${world.job}}:q:in`;
      await lab.server.command("DEL", key);
      await lab.server.command("XADD", key, id, "u", "another", "t", "4", "n", "1", "b", "x");
      expect(await commit.commit(unitOf(commit, { position }))).toEqual({ code: "inputVanished" });
    },
  ],
  [
    "no more is appended than fits",
    { source: (right) => right.replace("if open and fits(meta, records, capacity) then", "if open then") },
    async (world) => {
      const commit = await world.task();
      await commit.commit(unitOf(commit, { outputs: outputTo(world, 0, 1, 2, 3) }));
      await commit.commit(unitOf(commit, { outputs: outputTo(world, 3, 4, 5, 6) }));
      expect(await world.entries()).toBe(1);
    },
  ],
  [
    "what is torn is seen",
    { source: (right) => right.replace("if num(m[5]) ~= done then return {-5} end", "") },
    async (world) => {
      const commit = await world.task();
      await lab.server.command("HINCRBY", `sage:{${world.job}}:t:task#0`, "b", "1");
      await expect(commit.commit(unitOf(commit))).rejects.toMatchObject({ code: "STORE_TORN" });
    },
  ],
];

describe("the commit script", () => {
  test.each(guards)("sees to it that %s; a mutant that does not is caught", async (_, mutation, holds) => {
    await holds(await world({}));

    await expect(world(mutation).then(holds)).rejects.toThrow();
  });
});
