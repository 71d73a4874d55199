import { describe, expect, test } from "vitest";
import { settle } from "../../test-support/fake-host.ts";
import { SageError } from "../errors/sage-error.ts";
import { Batch } from "../packet/batch.ts";
import type { Delivery, Queue } from "../queue/queue.port.ts";
import { MessageReader } from "./message-reader.ts";

/** A queue whose takes come to this, one after the other; the last one is never answered. */
function queueOf(...answers: (Delivery | Error)[]) {
  const calls: string[] = [];
  const queue = {
    take: () => {
      calls.push("take");
      const answer = answers.shift();
      if (answer === undefined) return new Promise<Delivery>(() => undefined);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    rewind: async () => void calls.push("rewind"),
    advance: () => undefined,
  } as unknown as Queue;
  return { queue, calls };
}

const messages = (...payloads: unknown[]): Delivery => ({
  batches: [new Batch(0, 0, payloads)],
  position: 1,
  done: false,
});

async function readFrom(...answers: (Delivery | Error)[]) {
  const { queue, calls } = queueOf(...answers);
  const read: unknown[] = [];
  const ends: unknown[] = [];
  new MessageReader(
    queue,
    (message) => read.push(message),
    (error) => ends.push(error),
  ).start();
  await settle();
  return { calls, read, ends };
}

describe("a reader of messages", () => {
  test("goes on with what is left where its queue has lost some", async () => {
    const { calls, read, ends } = await readFrom(
      messages("a"),
      new SageError("INPUT_VANISHED", { node: "replies" }),
      messages("b"),
    );

    expect([read, ends]).toEqual([["a", "b"], []]);
    expect(calls).toEqual(["take", "take", "rewind", "take", "take"]);
  });

  test("ends with any other error, and with the queue", async () => {
    const broken = new Error("broken");
    expect(await readFrom(messages("a"), broken)).toMatchObject({ read: ["a"], ends: [broken] });
    const closed: Delivery = { batches: [], position: 1, done: true };
    expect(await readFrom(messages("a"), closed)).toMatchObject({ read: ["a"], ends: [undefined] });
  });
});
