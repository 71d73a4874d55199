import { expect, test } from "vitest";
import { AttackedHub, clientToken, workerToken } from "../test-support/attacked-hub.ts";
import { wsJobChannel } from "./node/ws.ts";

const attacked = new AttackedHub();

test("a seat is its holder's: nobody else reads, sends, or notes there, whatever epoch they say", async () => {
  const channel = attacked.hub.channel();
  const boss = await channel.join("manager");
  await boss.notes?.set("secret", 1);
  const one = attacked.raw({ token: clientToken });
  await one.hello();
  const seat = { name: "manager", epoch: boss.epoch };
  const attempts: [string, object][] = [
    ["notes", seat],
    ["note", { ...seat, key: "secret", value: 2 }],
    ["take", { ...seat, max: 1 }],
    ["send", { ...seat, to: "worker", body: "forged" }],
    ["hold", { name: "manager", fence: true }],
  ];
  for (const [number, [operation, args]] of attempts.entries()) {
    one.request(number + 1, `seat.${operation}`, args);
    expect(Buffer.from(await one.next()).toString("latin1")).toMatch(/SEAT_LOST|FORBIDDEN/);
  }
  expect(await boss.notes?.all()).toEqual(new Map([["secret", 1]]));
  one.socket.terminate();
  await channel.close();
});

test("a name holds so many bytes of messages and notes, and a principal has so many in all", async () => {
  await attacked.listen({ mailboxBytes: 50_000, channelBytes: 100_000 });
  const channel = wsJobChannel({ url: attacked.hub.url, token: clientToken });
  const inside = attacked.hub.channel();
  const [seat, other] = [await channel.join("seat"), await inside.join("other")];
  const refused = (path: string) => ({ code: "INVALID_OPTION", details: { path } });
  const long = "x".repeat(30_000);

  await expect(seat.send({ name: "other" }, "x".repeat(50_001))).rejects.toMatchObject(refused("body"));
  await seat.notes?.set("a", long);
  await expect(seat.notes?.set("b", long)).rejects.toMatchObject(refused("notes"));
  await seat.notes?.set("a", long.slice(1)); // in place of the other one

  expect(await seat.send({ name: "other" }, long)).toBe(true);
  expect(await seat.send({ name: "other" }, long)).toBe(true);
  await expect(seat.send({ name: "other" }, long)).rejects.toMatchObject(refused("body")); // four in all
  await seat.notes?.delete("a");
  const third = seat.send({ name: "other" }, long); // waits until there is room at the other one
  await expect(seat.send({ name: "nobody" }, long)).rejects.toMatchObject(refused("body")); // what waits counts
  await other.settle(await other.take(1));
  expect(await third).toBe(true);
  await other.settle(await other.take(2));
  for (const _ of [1, 2, 3, 4, 5, 6]) {
    await seat.send({ name: "other" }, long);
    await other.settle(await other.take(1));
  }
  await channel.close();
  await inside.close();
});

test("a name that is given to somebody who is away by then is free again after a while", async () => {
  await attacked.listen({ leaseMs: 200 });
  const channel = wsJobChannel({ url: attacked.hub.url, token: clientToken });
  const first = await channel.join("seat", { takeover: "wait" });
  const away = attacked.raw({ token: clientToken });
  await away.hello();
  away.request(1, "seat.hold", { name: "seat", fence: false });
  await away.next(); // it has come
  away.socket.terminate();
  await attacked.raw().hello(); // by now it is known to be away
  const third = channel.join("seat", { takeover: "wait" });
  await first.leave();
  expect((await third).epoch).toBe(first.epoch + 2);
  await channel.close();
});

test("nobody takes the names from others by messages for nobody, or by names that were held once", async () => {
  const channel = wsJobChannel({ url: attacked.hub.url, token: clientToken });
  const seat = await channel.join("seat");
  const refused = (path: string) => ({ code: "INVALID_OPTION", details: { path } });
  const sends = Array.from({ length: 300 }, (_, n) => seat.send({ name: `nobody-${n}` }, 1));
  const settled = await Promise.allSettled(sends);
  expect(settled.filter(({ status }) => status === "fulfilled").length).toBe(256);
  expect(settled.at(-1)).toMatchObject({ reason: refused("to") });
  await expect(channel.join("once-more")).rejects.toMatchObject(refused("name"));

  const other = wsJobChannel({ url: attacked.hub.url, token: workerToken });
  const worker = await other.join("worker");
  expect(await worker.send({ name: "somebody" }, 1)).toBe(true);
  expect([seat.lost.aborted, [...attacked.hub.faults]]).toEqual([false, []]);
  await channel.close();
  await other.close();
});
