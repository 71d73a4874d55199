import { BatchCodec, CallCodec } from "@sage-kernel/codec";
import { Batch } from "@sage-kernel/core/spi";
import { describe, expect, test } from "vitest";
import { AttackedHub, answered, clientToken } from "../test-support/attacked-hub.ts";
import { until } from "../test-support/until.ts";
import { nodeClock } from "./node/node-host.ts";
import { frameTypes } from "./wire/frame-type.ts";
import { encodeJson } from "./wire/json-body.ts";
import { encodeNumbers } from "./wire/numbers.ts";

const attacked = new AttackedHub();

const open = (link: number): object => ({
  link,
  descriptor: { kind: "ws", id: `q${link}`, capacity: 4, options: {} },
});

describe("a connection on which", () => {
  test("more is asked for at once than may be is closed", async () => {
    await attacked.listen({ maxRequests: 10, maxLinks: 5 });
    const one = attacked.raw();
    await one.hello();
    for (let n = 1; n <= 11; n++) one.request(n, "seat.hold", { name: `s${n}`, fence: true });
    await attacked.expectEnd(one.end, 4429, "limit");
  });

  test("more links are asked for than may be, or one is used that is not there, goes on, and says why", async () => {
    await attacked.listen({ maxLinks: 5 });
    const one = attacked.raw();
    await one.hello();
    for (let n = 1; n <= 6; n++) one.request(n, "open", open(n));
    for (const [n, operation] of ["size", "close", "stopReading"].entries())
      one.request(7 + n, operation, { link: 6 });
    one.request(10, "wantNow", { link: 6, records: 1, bytes: 1 });
    const all = await answered(one, "[10,");
    for (const n of [6, 7, 8, 9, 10]) expect(all).toMatch(new RegExp(`\\[${n},false,[^[]*QUEUE_UNAVAILABLE`));
    one.request(11, "size", { link: 5 });
    expect(await answered(one, "[11,")).toContain("[11,true,0]");
    expect([...attacked.hub.faults]).toEqual([]);
    one.socket.terminate();
  });

  test("somebody who takes no part in the work sends hundreds of messages is closed", async () => {
    const one = attacked.raw({ token: clientToken });
    await one.hello();
    for (let n = 1; n <= 500; n++) one.request(n, "seat.hold", { name: `c${n}`, fence: true });
    await attacked.expectEnd(one.end, 4429, "limit");
  });

  test("somebody who takes no part in the work sends thousands of frames in one message is closed", async () => {
    const one = attacked.raw({ token: clientToken });
    await one.hello();
    const cancel = { type: frameTypes.cancel, body: encodeNumbers([1]) };
    one.frames(
      Array.from({ length: 4001 }, () => cancel),
      1,
    );
    await attacked.expectEnd(one.end, 4429, "limit");
  });

  test("somebody who takes no part in the work sends thousands of records is closed, whatever they are for", async () => {
    const one = attacked.raw({ token: clientToken });
    await one.hello();
    const data = { type: frameTypes.data, body: encodeNumbers([1, 1]) };
    for (let n = 1; n <= 5000; n += 1000) one.frames(Array(1000).fill(data), n);
    await attacked.expectEnd(one.end, 4429, "limit");
  });

  test("somebody who takes no part in the work leaves bodies unfinished is closed, and a worker is not", async () => {
    await attacked.listen({ maxGuestBodyBytes: 100_000 });
    const [guest, worker] = [attacked.raw({ token: clientToken }), attacked.raw()];
    const part = { type: frameTypes.part, body: new Uint8Array(40_000) };
    await guest.hello();
    guest.frames([part, part], 1);
    guest.frames([part], 3);
    await attacked.expectEnd(guest.end, 4429, "limit");
    await worker.hello();
    worker.frames([part, part, part], 1);
    worker.frames([{ type: frameTypes.request, body: encodeJson([1, "size", { link: 1 }]) }], 4);
    await attacked.expectEnd(worker.end, 4400, "protocol"); // the body has come, and is none
  });

  test("requests are given up as fast as they come goes on, and keeps none of them", async () => {
    const one = attacked.raw();
    await one.hello();
    for (let n = 1; n <= 4000; n += 2) {
      const hold = encodeJson([n, "seat.hold", { name: `n${n}`, fence: true }]);
      const frames = [
        { type: frameTypes.request, body: hold },
        { type: frameTypes.cancel, body: encodeNumbers([n]) },
      ];
      one.frames(frames, n);
      if (n % 100 === 99) await answered(one, `[${n},true`); // of 1,024 that may be under way
    }
    one.request(4001, "seat.hold", { name: "n1", fence: false });
    await answered(one, '[4001,{"epoch');
    one.socket.terminate();
  });

  test("a session begins again and again is closed when there are too many", async () => {
    await attacked.listen({ maxSessionsPerPrincipal: 3 });
    for (let n = 0; n < 3; n++) {
      const one = attacked.raw();
      await one.hello();
      one.socket.terminate();
    }
    const fourth = attacked.raw();
    void fourth.hello().catch(() => undefined);
    await attacked.expectEnd(fourth.end, 4429, "limit");
    await attacked.listen();
  });
});

test("queues that nobody uses are forgotten, and there are no more than there may be", async () => {
  await attacked.listen({ maxQueues: 3 });
  const [one, two] = [attacked.raw(), attacked.raw()];
  await one.hello();
  await two.hello();
  for (let n = 1; n <= 4; n++) one.request(n, "open", open(n));
  expect(await answered(one, "[4,")).toMatch(/\[4,false,.*QUEUE_UNAVAILABLE/);
  one.request(5, "leave", { link: 1 });
  one.request(6, "open", open(4)); // there is room for it now
  expect(await answered(one, "[6,")).toContain("[6,true,");

  two.request(1, "open", open(2)); // which the other one has, too
  two.frames([{ type: frameTypes.want, body: encodeNumbers([2, 4, 1000]) }], 2);
  await two.next();
  one.request(7, "bye", {});
  await answered(one, "[7,");
  while (attacked.hub.sessions > 1) await new Promise((resolve) => setImmediate(resolve));
  expect(attacked.hub.kept.queues).toEqual(["q2"]);
  two.request(3, "leave", { link: 2 });
  await answered(two, "[3,");
  expect(attacked.hub.kept.queues).toEqual([]);

  two.request(4, "open", open(5));
  two.frames([{ type: frameTypes.want, body: encodeNumbers([5, 4, 1000]) }], 5);
  two.request(6, "size", { link: 5 });
  await answered(two, "[6,");
  const batch = new BatchCodec().encode(new Batch(0, 0, ["r"]));
  two.frames([{ type: frameTypes.data, body: encodeNumbers([5, 1], batch) }], 7);
  two.request(8, "leave", { link: 5 });
  await answered(two, "[8,");
  expect(attacked.hub.kept.queues).toEqual(["q5"]); // something is in it

  two.request(9, "store.begin", { job: "job", pass: "pass", shape: {} });
  const ofJob = { kind: "ws", id: "job/in", capacity: 4, options: {} };
  two.request(10, "open", { link: 10, descriptor: ofJob });
  two.request(11, "leave", { link: 10 });
  await answered(two, "[11,");
  expect(attacked.hub.kept.queues).toEqual(["q5", "job/in"]); // what is committed goes there
  two.request(12, "store.release", { job: "job", pass: "pass" });
  await answered(two, "[12,");
  expect(attacked.hub.kept.queues).toEqual(["q5"]);
  two.socket.terminate();
});

test("messages of calls for a process that has died go with it, read or not", async () => {
  await attacked.listen({ sessionTtlMs: 50 });
  const [reader, sender] = [attacked.raw(), attacked.raw()];
  await reader.hello();
  await sender.hello();
  const descriptor = { kind: "ws", id: "replies", capacity: 4, options: { mode: "call" } };
  reader.request(1, "open", { link: 1, descriptor });
  await answered(reader, "[1,");
  sender.request(1, "open", { link: 1, descriptor });
  sender.frames([{ type: frameTypes.want, body: encodeNumbers([1, 4, 1000]) }], 2);
  sender.request(3, "size", { link: 1 });
  await answered(sender, "[3,");
  const answer = { kind: "response", id: "a", ok: true, value: 1, executionMs: 1 };
  const calls = new CallCodec(nodeClock, new BatchCodec()).encode(new Batch(0, 0, [answer]));
  sender.frames([{ type: frameTypes.data, body: encodeNumbers([1, 1], calls) }], 4);
  sender.request(5, "size", { link: 1 });
  expect(await answered(sender, "[5,")).toContain("[5,true,1]");
  reader.socket.terminate();
  await until("its session is over", () => attacked.hub.sessions === 1);
  expect(attacked.hub.kept.queues).toEqual(["replies"]); // somebody may still send there
  sender.request(6, "leave", { link: 1 });
  await answered(sender, "[6,");
  expect(attacked.hub.kept.queues).toEqual([]);
  sender.socket.terminate();
});
