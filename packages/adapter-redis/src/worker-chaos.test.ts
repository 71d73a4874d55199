import { SeededRandom } from "@sage-kernel/core/spi";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
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

const [records, keys, perSecond] = [50_000, 64, 10_000];

const expected = Array.from({ length: keys }, (_, key) => {
  const all = Array.from({ length: Math.ceil((records - key) / keys) }, (_, i) => key + i * keys);
  return [key, all.length, all.reduce((sum, n) => sum + n, 0)];
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("a job in three worker processes", () => {
  test.each(Array.from({ length: seeds }, (_, seed) => seed))(
    "counts each record once, whichever worker, manager or server is killed (seed %i)",
    async (seed) => {
      const random = new SeededRandom(seed);
      cluster = new ProcessCluster(server.path, 800);
      await cluster.start("manager", "manager-0");
      const standby = cluster.start("manager", "manager-1");
      await Promise.all(["a", "b", "c"].map((name) => cluster.start("worker", name)));
      const client = await cluster.client();
      const { job } = await client.submit({ name: "chaos", params: { records, keys, perSecond } });

      let done = false;
      const ended = (async () => {
        for (;;) {
          const summary = await client.wait(job, { timeoutMs: 60_000 });
          if (summary.state !== "running") return summary;
        }
      })().finally(() => {
        done = true;
      });
      let managers = 0;
      for (let turn = 0; !done && turn < 12; turn++) {
        await pause(200 + random.integer(700));
        if (done) break;
        if (turn === 3 || turn === 8) {
          await cluster.kill(`manager-${managers++}`);
          if (managers === 1) await standby;
          void cluster.start("manager", `manager-${managers + 1}`);
        } else if (turn % 3 === 2) await server.restartWithout(random.integer(3000));
        else {
          const name = ["a", "b", "c"][random.integer(3)] as string;
          await cluster.kill(name);
          await cluster.start("worker", name);
        }
      }
      const summary = await ended;
      const counted = await client.collected(job, { step: "counts" });
      const counts = counted.entries.map(({ record }) => record as number[]);

      expect(summary.error).toBeUndefined();
      expect(summary).toMatchObject({ state: "completed", ledger: { read: records, balanced: true } });
      expect(counts.sort((a, b) => (a[0] as number) - (b[0] as number))).toEqual(expected);
      await client.forget(job);
    },
    120_000,
  );
});
