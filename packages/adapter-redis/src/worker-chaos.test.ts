import { SeededRandom } from "@sage-kernel/core/spi";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { expectedCounts } from "../test-support/expected-counts.ts";
import { ProcessCluster } from "../test-support/process-cluster.ts";
import { RedisServer } from "../test-support/redis-server.ts";

const deep = process.env.SAGE_DEEP === "1";
const seeds = deep ? 20 : 2;

let server: RedisServer;
let cluster: ProcessCluster;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterEach(async () => {
  await cluster.close();
  await server.command("FLUSHALL");
});

afterAll(() => server.stop());

const keys = 64;

/** Not a wait for anything: when the next kill falls, by the seed, also into the midst of what the last one has left. */
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** How much is counted, and what happens meanwhile. */
interface Plan {
  readonly records: number;
  readonly perSecond: number;
  readonly leaseMs: number;
  /** What is killed in turn, each after so many ms: a worker, the manager that leads, or the server, which loses its tail. */
  readonly kills: readonly (readonly [ms: number, what: "worker" | "manager" | "server"])[];
}

/** Counts, while things are killed and replaced; answers what became of the job, and what was counted. */
async function count({ records, perSecond, leaseMs, kills }: Plan, random: SeededRandom) {
  cluster = new ProcessCluster(server.path, leaseMs);
  await cluster.start("manager", "manager-0");
  let standby = cluster.start("manager", "manager-1");
  await Promise.all(["a", "b", "c"].map((name) => cluster.start("worker", name)));
  const client = await cluster.client();
  const { job } = await client.submit({ name: "chaos", params: { records, keys, perSecond } });
  let [done, managers] = [false, 0];
  const ended = (async () => {
    for (;;) {
      const summary = await client.wait(job, { timeoutMs: 60_000 });
      if (summary.state === "completed" || summary.error !== undefined) return summary;
    }
  })().finally(() => {
    done = true;
  });
  let killed = 0;
  for (const [ms, what] of kills) {
    await pause(ms);
    if (done) break;
    killed++;
    if (what === "server") await server.restartWithout(random.integer(3000));
    else if (what === "worker") {
      const name = ["a", "b", "c"][random.integer(3)] as string;
      await cluster.kill(name);
      await cluster.start("worker", name);
    } else {
      await cluster.kill(`manager-${managers++}`);
      await standby;
      standby = cluster.start("manager", `manager-${managers + 1}`);
    }
  }
  const summary = await ended;
  const { entries } = await client.collected(job, { step: "counts" });
  const counts = entries.map(({ record }) => record as number[]);
  await client.forget(job);
  return { summary, killed, counts: counts.sort((a, b) => (a[0] as number) - (b[0] as number)) };
}

describe("a job in three worker processes", () => {
  test.each(Array.from({ length: seeds }, (_, seed) => seed))(
    "counts each record once, whichever worker, manager or server is killed (seed %i)",
    async (seed) => {
      const random = new SeededRandom(seed);
      const records = 50_000;
      const turns = ["worker", "worker", "server", "manager", "server", "worker", "server"] as const;
      const all = [...turns, "worker", "manager", "server", "worker", "server"] as const;
      const kills = all.map((what) => [150 + random.integer(600), what] as const);
      const { summary, counts } = await count({ records, perSecond: 10_000, leaseMs: 800, kills }, random);

      expect(summary.error).toBeUndefined();
      expect(summary).toMatchObject({ state: "completed", ledger: { read: records, balanced: true } });
      expect(counts).toEqual(expectedCounts(records, keys));
    },
    120_000,
  );

  test.skipIf(!deep)(
    "counts a million records while a worker is killed every ten seconds (in the deep run only: it takes two minutes)",
    async () => {
      const records = 1_000_000;
      const turns = ["worker", "server", "manager", "worker", "server", "server"] as const;
      const all = [...turns, "worker", "manager", "server", "worker", "server", "worker"] as const;
      const kills = all.map((what) => [what === "worker" ? 5000 : 4000, what] as const);
      const plan = { records, perSecond: 15_000, leaseMs: 3000, kills };
      const { summary, killed, counts } = await count(plan, new SeededRandom(1));

      expect(summary.error).toBeUndefined();
      expect(summary).toMatchObject({ state: "completed", ledger: { read: records, balanced: true } });
      expect(counts).toEqual(expectedCounts(records, keys));
      expect(killed).toBe(all.length);
    },
    600_000,
  );
});
