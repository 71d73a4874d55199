import { expect, test } from "vitest";
import { IteratorReader } from "../operator/source-reader.ts";
import type { Delivery } from "../queue/queue.port.ts";
import { SourceInbox } from "./source-inbox.ts";

test("a take brings at most max records, also after a rewind", () => {
  const inbox = new SourceInbox("s#0", new IteratorReader(["a", "b", "c"].values()), {
    now: () => 0,
  } as never);
  inbox.take(3);
  inbox.rewind(undefined);
  expect((inbox.take(1) as Delivery).batches[0]?.payloads).toHaveLength(1);
});
