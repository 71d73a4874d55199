import { beforeEach, expect, test } from "vitest";
import { PlainClock } from "../../test-support/plain-clock.ts";
import { WsJobChannel } from "../client/ws-job-channel.ts";
import { LocalPort } from "./local-port.ts";
import { HubSeats } from "./seat-operations.ts";

const ttlMs = 1000;
let clock: PlainClock;
let channel: WsJobChannel;

beforeEach(() => {
  clock = new PlainClock();
  const bounds = { mailboxCapacity: 2, mailboxBytes: 10_000, channelBytes: 5000 };
  const seats = new HubSeats({ ...bounds, mailboxTtlMs: ttlMs, leaseMs: 1000 }, clock);
  channel = new WsJobChannel(new LocalPort(seats.operations), async () => undefined);
});

const long = "x".repeat(3000);
const refused = (path: string) => ({ code: "INVALID_OPTION", details: { path } });

test("what is left for a name that nobody holds is kept for a while, and then gives its bytes back", async () => {
  const seat = await channel.join("a");
  await seat.send({ name: "b" }, long);
  clock.advance(ttlMs - 1);
  await expect(seat.send({ name: "c" }, long)).rejects.toMatchObject(refused("body"));
  clock.advance(1);
  expect(await seat.send({ name: "c" }, long)).toBe(true);
  const late = await channel.join("c");
  expect((await late.take(2)).length).toBe(1);
  clock.advance(10 * ttlMs);
  await late.settle([]);
  expect(await seat.send({ name: "c" }, "more")).toBe(true); // somebody holds it
  expect((await late.take(2)).map(({ body }) => body)).toEqual(["more"]);
});

test("messages and notes of a name are there for a holder that comes in time, and not for a later one", async () => {
  const first = await channel.join("b");
  await first.notes?.set("key", 1);
  await first.leave();
  clock.advance(ttlMs - 1);
  const second = await channel.join("b");
  expect(await second.notes?.all()).toEqual(new Map([["key", 1]]));
  clock.advance(ttlMs);
  await second.leave();
  clock.advance(ttlMs);
  const third = await channel.join("b");
  expect(await third.notes?.all()).toEqual(new Map());
  expect(third.epoch).toBeGreaterThan(second.epoch);
});

test("what is for the manager is kept until it comes, however long that takes", async () => {
  const seat = await channel.join("a");
  await seat.send({ name: "manager" }, "submit");
  clock.advance(100 * ttlMs);
  await seat.send({ name: "b" }, 1);
  clock.advance(100 * ttlMs);
  const manager = await channel.join("manager");
  expect((await manager.take(1)).map(({ body }) => body)).toEqual(["submit"]);
});

test("a name at which a sender waits for room is kept", async () => {
  const seat = await channel.join("a");
  await seat.send({ name: "b" }, 1);
  await seat.send({ name: "b" }, 2);
  const third = seat.send({ name: "b" }, 3);
  clock.advance(2 * ttlMs);
  const late = await channel.join("b");
  await late.settle(await late.take(2));
  expect(await third).toBe(true);
});
