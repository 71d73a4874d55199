import type { JobRole } from "@sage-kernel/core";
import { expect, test } from "vitest";
import { AttackedHub, answered, workerToken } from "../test-support/attacked-hub.ts";
import { RawClient } from "../test-support/raw-client.ts";
import { WsHub } from "./node/ws-hub.ts";

const attacked = new AttackedHub();

test("who may less by now may less in a session of before", async () => {
  let roles: readonly JobRole[] = ["worker", "manage"];
  const hub = await WsHub.listen({ authenticate: () => ({ id: "one", roles }) });
  const first = new RawClient(hub.url);
  const { session, token } = await first.hello();
  const descriptor = { kind: "ws", id: "q", capacity: 4, options: {} };
  first.request(1, "open", { link: 1, descriptor });
  first.request(2, "seat.hold", { name: "manager", fence: true });
  const held = await answered(first, '"epoch"');
  const epoch = Number(/"epoch":(\d+)/.exec(held)?.[1]);
  first.socket.terminate();

  roles = [];
  const again = new RawClient(hub.url);
  expect(await again.hello({ session, token })).toMatchObject({ resumed: true });
  again.request(3, "store.reportOf", { job: "x" });
  again.request(4, "size", { link: 1 });
  again.request(5, "seat.notes", { name: "manager", epoch });
  const all = await answered(again, "[5,");
  for (const refused of [/\[3,false,.*?FORBIDDEN/, /\[4,false,.*?FORBIDDEN/, /\[5,false,.*?FORBIDDEN/])
    expect(all).toMatch(refused);
  expect(hub.kept.queues).toEqual([]); // its links are gone
  again.socket.terminate();

  roles = ["worker"];
  const other = new RawClient(hub.url);
  await other.hello();
  other.request(1, "store.reportOf", { job: "x" });
  expect(await answered(other, "[1,")).toContain("[1,true");
  other.socket.terminate();
  await hub.close();
});

const open = async (): Promise<RawClient> => attacked.raw({ token: workerToken }).open();

test("who shows a token of before on a connection that was given up does not lock the newer one out", async () => {
  const first = await open();
  const { session, token } = await first.hello();
  first.socket.terminate();
  const [late, present] = [await open(), await open()];
  const { token: newer } = await present.hello({ session, token });
  await late.hello({ session, token }); // sent before, and on its way for so long
  expect((await present.end).code).toBe(4409);
  late.socket.terminate();

  const next = await open();
  expect(await next.hello({ session, token: newer })).toMatchObject({ resumed: true });
  next.socket.terminate();
  const old = await open();
  await expect(old.hello({ session, token })).rejects.toThrow("4403"); // a newer one was shown
});

test("a client goes on however many welcomes do not reach it", async () => {
  const first = await open();
  const { session, token } = await first.hello();
  first.socket.terminate();
  for (let n = 0; n < 20; n++) {
    const one = await open();
    await one.hello({ session, token });
    one.socket.terminate();
  }
  const last = await open();
  expect(await last.hello({ session, token })).toMatchObject({ resumed: true });
  last.socket.terminate();
});
