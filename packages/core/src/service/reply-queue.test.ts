import { expect, test } from "vitest";
import { createHost } from "../../test-support/fake-host.ts";
import { FakeQueue } from "../../test-support/fake-queue.ts";
import type { Queue } from "../queue/queue.port.ts";
import { DirectWays } from "./direct-ways.ts";
import { RequestSender } from "./request-sender.ts";

const endpoint = (kind: string) => ({
  requests: { kind, id: `${kind}/requests`, capacity: 10 },
  control: { kind, id: `${kind}/control`, capacity: 10 },
});

/** A sender of requests, and the queues that it opens, as `kind id`; `fails` says whether opening does. */
function opened(fails: () => boolean = () => false) {
  const queues: string[] = [];
  const open = ({ kind, id, capacity }: { kind: string; id: string; capacity: number }): Queue => {
    if (fails()) throw new Error("the hub is away");
    queues.push(`${kind} ${id.replace(/-\d+$/, "")}`);
    return new FakeQueue(capacity, id) as unknown as Queue;
  };
  return { queues, sender: new RequestSender({ host: createHost(), ways: new DirectWays(), open }) };
}

test("answers go the way of their requests: there is one queue of replies for each kind", async () => {
  const { queues, sender } = opened();
  for (const kind of ["redis", "ws", "redis"]) await sender.connect(endpoint(kind));

  expect(queues.filter((queue) => queue.includes("replies"))).toEqual(["redis replies", "ws replies"]);
});

test("a queue of replies that could not be opened is opened with the next service", async () => {
  let away = true;
  const { sender } = opened(() => away);
  await expect(sender.connect(endpoint("ws"))).rejects.toThrow("the hub is away");
  away = false;

  expect((await sender.connect(endpoint("ws"))).replies.descriptor.kind).toBe("ws");
});
