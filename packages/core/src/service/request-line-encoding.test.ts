import * as fc from "fast-check";
import { expect, test } from "vitest";
import { tick } from "../../test-support/fake-host.ts";
import { FakeQueue } from "../../test-support/fake-queue.ts";
import { SageError } from "../errors/sage-error.ts";
import type { Runnable } from "../host/scheduler.port.ts";
import type { Batch } from "../packet/batch.ts";
import { RequestLine, type Waiting } from "./request-line.ts";

/** A queue that encodes, and refuses a batch in which anything is no data. */
class Encoder extends FakeQueue {
  readonly #how: "offer" | "put" | "later";

  constructor(how: "offer" | "put" | "later") {
    super(4);
    this.#how = how;
  }

  override offer(batch: Batch): boolean {
    if (this.#how === "offer") this.#encode(batch);
    return this.#how === "offer" && super.offer(batch);
  }

  override put(batch: Batch) {
    try {
      this.#encode(batch);
    } catch (error) {
      if (this.#how !== "later") throw error;
      return Promise.reject(error);
    }
    return super.put(batch);
  }

  #encode({ payloads }: Batch): void {
    const at = payloads.findIndex((payload) => typeof payload === "function");
    if (at >= 0) throw new SageError("NOT_SERIALIZABLE", { path: `[${at}]`, got: "a function" });
  }
}

test("what is no data fails alone, and everything else arrives in its order", async () => {
  const messages = fc.array(fc.boolean(), { maxLength: 12 });
  const how = fc.constantFrom("offer", "put", "later");
  await fc.assert(
    fc.asyncProperty(messages, how, async (bad, way) => {
      const queue = new Encoder(way as "offer" | "put" | "later");
      const steps: Runnable[] = [];
      const failed: unknown[] = [];
      const line = new RequestLine<Waiting>({
        queue,
        host: { scheduler: { post: (step) => void steps.push(step), yield: tick } },
        onFailed: ({ message }, error) => {
          expect(error).toMatchObject({ code: "NOT_SERIALIZABLE" });
          failed.push(message);
        },
      });
      const all = bad.map((isBad, n) => (isBad ? () => n : n));
      for (const message of all) line.push({ message, settled: false, sent: false });
      const taken: unknown[] = [];
      for (let idle = 0; idle < 3; idle++) {
        for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
          step.run();
          idle = 0;
        }
        await tick();
        if (queue.size() === 0) continue;
        const { batches, position } = await queue.take(2);
        taken.push(...batches.flatMap(({ payloads }) => payloads));
        queue.advance(position);
        idle = 0;
      }

      expect(taken).toEqual(all.filter((message) => typeof message === "number"));
      expect(failed).toEqual(all.filter((message) => typeof message === "function"));
      expect(line.length).toBe(0);
    }),
  );
});
