import { expect, test } from "vitest";
import { createHost } from "../../test-support/fake-host.ts";
import { FakeQueue } from "../../test-support/fake-queue.ts";
import { data } from "../../test-support/task-harness.ts";
import { LoopInbox } from "./loop-inbox.ts";

test("an incarnation that follows a failed take reads again", async () => {
  const { clock, scheduler } = createHost();
  const [outside, back] = [new FakeQueue(9, "o"), new FakeQueue(9, "b")];
  const inbox = new LoopInbox({ outside, back, inputs: [0], clock, scheduler });
  const { take } = outside;
  outside.take = () => Promise.reject(new Error("connection lost"));
  await expect(inbox.take(1)).rejects.toThrow("connection lost");
  outside.take = take;
  outside.offer(data(0, 0, "a"));
  await inbox.rewind(undefined);
  expect(await inbox.take(1)).toMatchObject({ batches: [{ payloads: ["a"] }] });
});
