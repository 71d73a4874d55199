import type { JobClient, JobSummary } from "@sage-kernel/core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { expectedCounts } from "../test-support/expected-counts.ts";
import { ProcessCluster } from "../test-support/process-cluster.ts";
import { RedisServer } from "../test-support/redis-server.ts";

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

const [keys, perSecond] = [16, 5000];

/** Starts a manager, three workers, and a job that counts. */
async function start(leaseMs: number, records: number): Promise<{ client: JobClient; job: string }> {
  cluster = new ProcessCluster(server.path, leaseMs);
  await cluster.start("manager", "manager");
  await Promise.all(["a", "b", "c"].map((name) => cluster.start("worker", name)));
  const client = await cluster.client();
  const { job } = await client.submit({ name: "chaos", params: { records, keys, perSecond } });
  return { client, job };
}

const tasks = [
  ...["numbers#0", "pass#0", "pass#1", "key#0", "key#1"],
  ...Array.from({ length: 8 }, (_, i) => `count#${i}`),
];

/** How many units a task has committed, which Redis counts. */
async function committed(job: string, task: string): Promise<number> {
  const answer = await server.command("HGET", `sage:{${job}}:t:${task}`, "s");
  return Number(answer.split("\r\n")[1] ?? 0);
}

/** Watches the longest time in which one of its tasks commits nothing. */
function watch(job: string): { longest(): number; goOn(): Promise<void> } {
  const seen = new Map(tasks.map((task) => [task, { count: -1, at: performance.now() }]));
  let [longest, over] = [0, false];
  void (async () => {
    while (!over) {
      for (const [task, last] of seen) {
        const count = await committed(job, task);
        const now = performance.now();
        longest = Math.max(longest, now - last.at);
        if (count !== last.count) seen.set(task, { count, at: now });
      }
    }
  })();
  return {
    /** Resolves when each of them has committed several times from now on: one commit could be on its way already. */
    async goOn() {
      const before = new Map([...seen].map(([task, { count }]) => [task, count]));
      const behind = (): string[] =>
        tasks.filter((task) => (seen.get(task)?.count ?? 0) < (before.get(task) ?? 0) + 3);
      await expect.poll(behind, { timeout: 20_000 }).toEqual([]);
    },
    longest() {
      over = true;
      return longest;
    },
  };
}

async function assertExact(client: JobClient, job: string, records: number): Promise<JobSummary> {
  const summary = await client.wait(job, { timeoutMs: 60_000 });
  const { entries } = await client.collected(job, { step: "counts" });
  const counts = entries.map(({ record }) => record as number[]);

  expect(summary).toMatchObject({ state: "completed", ledger: { read: records, balanced: true } });
  expect(counts.sort((a, b) => (a[0] as number) - (b[0] as number))).toEqual(expectedCounts(records, keys));
  return summary;
}

describe("a job in three worker processes", () => {
  test("goes through a rolling deploy: each worker ends in its turn, the stream hardly pauses, nothing is lost", async () => {
    const records = 40_000;
    const { client, job } = await start(3000, records);
    const pauses = watch(job);
    const codes: (number | null)[] = [];
    for (const name of ["a", "b", "c"]) {
      codes.push(await cluster.terminate(name));
      await cluster.start("worker", name);
    }
    const longest = pauses.longest();
    const { ledger } = await assertExact(client, job, records);

    expect(codes).toEqual([0, 0, 0]);
    expect(ledger.deadLettered).toBe(0);
    expect(longest).toBeLessThan(1000);
  }, 120_000);

  test("goes on within the lease and two seconds when a worker is killed, or stands still; what comes back writes nothing", async () => {
    const records = 60_000;
    const leaseMs = 1500;
    const { client, job } = await start(leaseMs, records);
    const pauses = watch(job);
    await cluster.kill("a");
    await pauses.goOn();
    cluster.signal("b", "SIGSTOP");
    await pauses.goOn();
    cluster.signal("b", "SIGCONT");
    const longest = pauses.longest();
    await assertExact(client, job, records);

    expect(longest).toBeLessThan(leaseMs + 2000);
  }, 120_000);
});
