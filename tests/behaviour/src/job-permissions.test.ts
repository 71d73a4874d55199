import { JobServer } from "@sage-kernel/core";
import { managerSeat } from "@sage-kernel/core/spi";
import { createFakes, FakeJobChannel, FakeJobHub, settle } from "@sage-kernel/testkit";
import { expect, test } from "vitest";
import { closed, controlOf } from "./support/served-jobs.ts";

test("takes what is no command from workers only, and what else others send is discarded with a trace", async () => {
  const [hub, host] = [new FakeJobHub(), createFakes()];
  const taken: unknown[] = [];
  const others = ({ body }: { readonly body: unknown }): boolean => taken.push(body) > 0;
  const channel = new FakeJobChannel(hub, "host");
  closed(await JobServer.open({ channel, control: controlOf({}), host, others }));
  for (const [id, roles] of [
    ["a-worker", ["worker"]],
    ["a-client", ["submit", "operate", "observe"]],
  ] as const) {
    hub.principals.set(id, { id, roles });
    const seat = await new FakeJobChannel(hub, id).join(id);
    await seat.send({ name: managerSeat }, { kind: "beat", of: id });
  }
  await settle();

  expect(taken).toEqual([{ kind: "beat", of: "a-worker" }]);
  expect(host.logger.lines.filter(({ level }) => level === "warn")).toMatchObject([
    { message: "Refused: a-client takes part as a worker without being allowed to" },
  ]);
});
