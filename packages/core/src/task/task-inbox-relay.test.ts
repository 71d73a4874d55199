import { expect, test } from "vitest";
import { createHost } from "../../test-support/fake-host.ts";
import { FakeQueue } from "../../test-support/fake-queue.ts";
import { data } from "../../test-support/task-harness.ts";
import { whenSettled } from "../host/maybe-promise.ts";
import type { Delivery } from "../queue/queue.port.ts";
import { TaskInbox } from "./task-inbox.ts";

test("what arrives between the end of the second incarnation and the first take of the third goes to the third", async () => {
  const { scheduler } = createHost();
  const queue = new FakeQueue();
  const inbox = new TaskInbox(queue, scheduler);
  const got: [string, unknown][] = [];
  const take = (who: string) => {
    const taken = inbox.take(1) as PromiseLike<Delivery>;
    const on = (d: Delivery) => void got.push([who, d.batches[0]?.payloads[0]]);
    if ("batches" in taken) on(taken as never);
    else whenSettled(taken, on, () => undefined);
  };
  take("one");
  await inbox.rewind(undefined); // one has failed
  take("two");
  await inbox.rewind(undefined); // two has failed
  queue.offer(data(0, 0, "r0", "r1")); // three is being opened
  await scheduler.settled();
  take("three");
  await scheduler.settled();
  expect(got.filter(([who]) => who === "three")).toEqual([["three", "r0"]]); // is r1: r0 went to two
});
