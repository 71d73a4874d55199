import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { gate } from "./support/gate.ts";
import { simulate } from "./support/simulate.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const bytesPerMb = 1_000_000;
const records = 50_000;

/** A record of 2 KB: all of them together are 100 MB. */
const record = (n: number): number[] => Array.from({ length: 256 }, (_, i) => n + i + 0.5);

function heapMb(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / bytesPerMb;
}

describe("the heap", () => {
  it("stays flat while a sink is blocked, and while 100 MB of records go through", () =>
    simulate({ capacity: 100 }, async ({ env, finish, clock }) => {
      const blocked = gate();
      const looks: number[] = [];
      let received = 0;
      const pipeline = env();
      pipeline
        .fromBatch(
          (function* () {
            for (let n = 0; n < records; n++) yield record(n);
          })(),
        )
        .map((numbers) => numbers.map((n) => n + 1))
        .keyBy((numbers) => numbers[0] as number)
        .filter((numbers) => numbers.length > 0, { parallelism: 2 })
        .sink(async () => {
          if (received === 0) await blocked.opened;
          if (received++ % 10_000 === 5000) looks.push(heapMb());
        });
      const before = heapMb();
      const ended = finish(pipeline);
      await clock.sleep(1000);
      const whileBlocked = heapMb();
      blocked.open();
      await ended;

      expect(received).toBe(records);
      expect(looks).toHaveLength(5);
      for (const look of [whileBlocked, ...looks]) expect(look - before).toBeLessThan(20);
    }));
});
