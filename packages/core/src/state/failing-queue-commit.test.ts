import { describe, expect, test } from "vitest";
import { Batch } from "../packet/batch.ts";
import type { Queue } from "../queue/queue.port.ts";
import { TaskLedger } from "./ledger.ts";
import { queueCommitFactory } from "./queue-commit.ts";

describe("a commit that fails while a put waits", () => {
  test("rejects, and the later end of that wait is no unhandled rejection", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    let close = (_reason: Error): void => undefined;
    const full = {
      offer: () => false,
      put: () =>
        new Promise<void>((_, reject) => {
          close = reject;
        }),
    };
    const refusing = {
      offer: () => false,
      put: () => {
        throw new Error("overflow");
      },
    };
    const commit = queueCommitFactory.create({
      node: "map-2#0",
      input: { advance: () => undefined },
      deadLetters: { write: () => undefined },
    });
    const outputs = [full, refusing].map((queue) => ({
      queue: queue as unknown as Queue,
      batch: new Batch(0, 0, ["r"]),
      connection: {} as never,
    }));

    const ledger = new TaskLedger();
    const failing = commit.commit({ sequence: 1, position: undefined, outputs, deadLetters: [], ledger });
    await expect(failing).rejects.toThrow("overflow");
    close(new Error("closed"));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);

    expect(unhandled).toEqual([]);
  });
});
