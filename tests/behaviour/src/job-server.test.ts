import { JobServer } from "@sage-kernel/core";
import { managerSeat } from "@sage-kernel/core/spi";
import { createFakes, FakeJobChannel, FakeJobHub, settle } from "@sage-kernel/testkit";
import { describe, expect, test } from "vitest";
import { answerTo, closed, controlOf, heldControl, localControl, served } from "./support/served-jobs.ts";

const list = { v: 1, kind: "command", id: 7, op: "list", args: {} };

describe("a job manager behind a channel", () => {
  test("answers what it cannot read, where that says whom to answer, and serves on", async () => {
    const { seat, host } = await served();

    expect(await answerTo(seat, { ...list, v: 2 })).toMatchObject({
      id: 7,
      ok: false,
      error: { code: "CONTROL_MESSAGE_INVALID" },
    });
    await seat.send({ name: managerSeat }, "nonsense");
    expect(await answerTo(seat, list)).toMatchObject({ id: 7, ok: true, result: { entries: [] } });
    expect(host.logger.lines.filter(({ level }) => level === "warn")).toMatchObject([
      { message: expect.stringContaining("A message of anybody was discarded") },
    ]);
  });

  test("refuses waits beyond its limit at once, but no question, and has room again when others are done", async () => {
    const { control, held } = heldControl();
    const { client } = await served({ control, maxCommands: 2 });
    const caller = await client();
    const two = [caller.wait("a"), caller.wait("b")];
    await expect(caller.wait("c")).rejects.toMatchObject({ code: "JOB_MANAGER_BUSY", details: { limit: 2 } });
    const question = caller.status("d");
    await settle();
    for (const answer of held) answer({ state: "completed" });

    expect(await Promise.all([...two, question])).toEqual(Array(3).fill({ state: "completed" }));
    const again = caller.wait("e");
    await settle();
    held.at(-1)?.({ state: "failed" });
    expect(await again).toEqual({ state: "failed" });
  });

  test("tells no stacks, and no more of an error than fits a message", async () => {
    const problems = Array.from({ length: 1000 }, (_, i) => ({ node: `step-${i}`, reason: "DANGLING" }));
    const error = Object.assign(new Error("x".repeat(100_000)), {
      name: "N".repeat(1000),
      details: { problems },
    });
    const { client, seat } = await served({ control: controlOf({ status: () => Promise.reject(error) }) });

    const told = (await (await client()).status("a").catch((e: unknown) => e)) as Error;
    expect([told.message.length, told.name.length]).toEqual([8192, 256]);
    const reply = await answerTo(seat, { ...list, op: "status", args: { job: "a" } });
    expect(JSON.stringify(reply)).not.toContain("stack");
  });

  test.each([
    ["no JSON", { bad: () => 1 }, "NOT_JSON"],
    ["too large", { text: "x".repeat(2_000_000) }, "CONTROL_MESSAGE_INVALID"],
  ])("says so where an answer is %s, and settles the command", async (_, result, code) => {
    const { client, hub, open, server } = await served({
      control: controlOf({ status: async () => result }),
    });
    const caller = await client();

    await expect(caller.status("a")).rejects.toMatchObject({ code });
    await server.close();
    const next = await open("next");
    const seat = await new FakeJobChannel(hub).join("asks");
    await answerTo(seat, { ...list, op: "status", args: { job: 5 } });
    expect(next.epoch).toBeGreaterThan(server.epoch);
  });

  test("drops the answer to a client that takes none, after a while, and serves the others all along", async () => {
    const hub = new FakeJobHub({ capacity: 4 });
    const { seat, client, host } = await served({ hub });
    for (let i = 0; i < 8; i++) await seat.send({ name: managerSeat }, { ...list, id: i });
    await settle();
    host.clock.advance(10_000);
    await settle();

    expect((await (await client()).list()).entries).toEqual([]);
  });

  test("stops serving when another manager takes its place, and says why; the jobs go on under the other", async () => {
    const { server, open, client } = await served({ control: await localControl() });
    const caller = await client();
    const { job } = await caller.submit({ name: "endless", params: { records: 1 } });
    const waiting = caller.wait(job);
    await settle();
    const other = await open("other", "fence");

    expect(await server.ended).toMatchObject({ code: "SEAT_LOST" });
    expect(other.epoch).toBeGreaterThan(server.epoch);
    await caller.stop(job);
    expect(await waiting).toMatchObject({ job, state: "completed" });
  });

  test("answers what is under way before it closes, for a while, and leaves the rest to the next one", async () => {
    const { control, held } = heldControl();
    const { server, open, client, host } = await served({ control });
    const caller = await client();
    const [quick, slow] = [caller.status("quick"), caller.status("slow")];
    await settle();
    const closing = server.close();
    held[0]?.({ job: "quick" });
    expect(await quick).toEqual({ job: "quick" });
    host.clock.advance(5000);
    await closing;
    await open("next");
    await settle();
    expect(held).toHaveLength(3);
    held[2]?.({ job: "slow" });

    expect(await slow).toEqual({ job: "slow" });
  });

  test("gives its seat back when something else ends it, so that a standby follows", async () => {
    const hub = new FakeJobHub();
    const host = createFakes();
    const broken = new FakeJobChannel(hub, "broken");
    const join = broken.join.bind(broken);
    const channel = {
      close: () => broken.close(),
      join: async (...given: Parameters<typeof join>) => {
        const seat = await join(...given);
        return Object.assign(seat, { take: () => Promise.reject(new Error("no socket")) });
      },
    };
    const control = controlOf({ list: async () => ({ entries: [] }) });
    const server = await JobServer.open({ channel, control, host });
    const standby = closed(
      await JobServer.open({ channel: new FakeJobChannel(hub, "standby"), control, host }),
    );

    expect(await server.ended).toMatchObject({ message: "no socket" });
    expect(standby.epoch).toBeGreaterThan(server.epoch);
  });

  test.each([[0], [-1], [Number.NaN], [1.5]])("refuses %d as its limit", async (maxCommands) => {
    const options = { channel: new FakeJobChannel(new FakeJobHub()), host: createFakes(), maxCommands };

    await expect(JobServer.open({ ...options, control: controlOf({}) })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      details: { path: "maxCommands" },
    });
  });
});
