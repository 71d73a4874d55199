import { createLocalRuntime } from "@sage-kernel/adapter-local";
import { JobClient, type JobControl, JobServer, LocalJobControl } from "@sage-kernel/core";
import { type ChannelMessage, type JobSeat, managerSeat } from "@sage-kernel/core/spi";
import { contractJobs, createFakes, FakeJobChannel, FakeJobHub, settle } from "@sage-kernel/testkit";
import { afterEach, describe, expect, test } from "vitest";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function localControl(): Promise<LocalJobControl> {
  const runtime = await createLocalRuntime({ log: { level: "silent" } });
  closing.push(() => runtime.close());
  return new LocalJobControl(runtime, contractJobs);
}

/** A manager, and a seat from which anything can be sent to it. */
async function served(options: { control?: JobControl; maxCommands?: number } = {}) {
  const hub = new FakeJobHub();
  const host = createFakes();
  const { control = await localControl(), ...limits } = options;
  const server = await JobServer.open({ channel: new FakeJobChannel(hub, "host"), control, host, ...limits });
  closing.push(() => server.close());
  const seat = await new FakeJobChannel(hub, "anybody").join("anybody");
  const client = async (timeoutMs?: number): Promise<JobClient> => {
    const opened = await JobClient.connect({
      channel: new FakeJobChannel(hub, "client"),
      host,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    closing.push(() => opened.close());
    return opened;
  };
  return { hub, host, server, seat, client, control };
}

async function answerTo(seat: JobSeat, body: object): Promise<unknown> {
  await seat.send({ name: managerSeat }, body as never);
  const [message] = await seat.take(1);
  await seat.settle([message as never]);
  return message?.body;
}

/** A control that does nothing until it is told to. */
function heldControl() {
  const held: ((summary: never) => void)[] = [];
  const control = { status: () => new Promise((resolve) => held.push(resolve)) } as unknown as JobControl;
  return { control, held };
}

describe("a job manager behind a channel", () => {
  test("answers what it cannot read, where that says whom to answer, and serves on", async () => {
    const { seat, host } = await served();
    const command = { v: 1, kind: "command", id: 7, op: "list", args: [{}] };

    expect(await answerTo(seat, { ...command, v: 2 })).toMatchObject({
      id: 7,
      ok: false,
      error: { code: "CONTROL_MESSAGE_INVALID" },
    });
    await seat.send({ name: managerSeat }, "nonsense");
    expect(await answerTo(seat, command)).toMatchObject({ id: 7, ok: true, result: { entries: [] } });
    expect(host.logger.lines.filter(({ level }) => level === "warn")).toMatchObject([
      { message: expect.stringContaining("A message of anybody was discarded") },
    ]);
  });

  test("refuses commands beyond its limit at once, and has room again when others are done", async () => {
    const { control, held } = heldControl();
    const { client } = await served({ control, maxCommands: 2 });
    const caller = await client();
    const two = [caller.status("a"), caller.status("b")];
    await expect(caller.status("c")).rejects.toMatchObject({
      code: "JOB_MANAGER_BUSY",
      details: { limit: 2 },
    });
    for (const answer of held) answer({ job: "done" } as never);

    expect(await Promise.all(two)).toEqual([{ job: "done" }, { job: "done" }]);
    const again = caller.status("d");
    await settle();
    held.at(-1)?.({ job: "again" } as never);
    expect(await again).toEqual({ job: "again" });
  });

  test("tells no stacks, and no more of an error than fits a message", async () => {
    const huge = "x".repeat(100_000);
    const control = { status: () => Promise.reject(new Error(huge)) } as unknown as JobControl;
    const { client } = await served({ control });

    const error = (await (await client()).status("a").catch((e: unknown) => e)) as Error;
    expect(error.message).toHaveLength(8192);
    const { seat } = await served({ control });
    const reply = await answerTo(seat, { v: 1, kind: "command", id: 1, op: "status", args: ["a"] });
    expect(JSON.stringify(reply)).not.toContain("stack");
  });

  test("stops serving when another manager takes its place, and says why; the jobs go on under the other", async () => {
    const { hub, host, server, client, control } = await served();
    const caller = await client();
    const { job } = await caller.submit({ name: "endless", params: { records: 1 } });
    const waiting = caller.wait(job);
    await settle();
    const other = await JobServer.open({
      channel: new FakeJobChannel(hub, "other"),
      control,
      host,
      takeover: "fence",
    });
    closing.push(() => other.close());

    expect(await server.ended).toMatchObject({ code: "SEAT_LOST" });
    expect(other.epoch).toBeGreaterThan(server.epoch);
    await caller.stop(job);
    expect(await waiting).toMatchObject({ job, state: "completed" });
  });
});

describe("a client of a job manager", () => {
  test("gives up when nobody answers, and says what to do", async () => {
    const hub = new FakeJobHub();
    const host = createFakes();
    const client = await JobClient.connect({ channel: new FakeJobChannel(hub), host, timeoutMs: 50 });
    closing.push(() => client.close());
    const silent = client.wait("a", { timeoutMs: 100 }).catch((error: unknown) => error);
    await settle();
    host.clock.advance(149);
    await settle();
    expect(await Promise.race([silent, "waits"])).toBe("waits");
    host.clock.advance(1);

    expect(await silent).toMatchObject({
      code: "JOB_MANAGER_SILENT",
      details: { operation: "wait", timeoutMs: 150 },
    });
  });

  test("rejects what waits when it is closed or its seat is lost, and leaves no timer", async () => {
    const { control } = heldControl();
    const { hub, host, client } = await served({ control });
    const caller = await client();
    const asked = caller.status("a").catch((error: unknown) => error);
    await settle();
    await caller.close();

    expect(await asked).toMatchObject({ code: "SEAT_LOST" });
    await expect(caller.status("b")).rejects.toMatchObject({ code: "SEAT_LOST" });
    expect(host.clock.pending).toBe(0);
    expect(await new FakeJobChannel(hub).join("anybody else")).toBeDefined();
  });

  test("gets an answer that comes too late as little as one that is none", async () => {
    const { control, held } = heldControl();
    const { host, hub, client, server } = await served({ control });
    const caller = await client(50);
    const late = caller.status("a").catch((error: unknown) => error);
    await settle();
    host.clock.advance(50);
    expect(await late).toMatchObject({ code: "JOB_MANAGER_SILENT" });
    held[0]?.({ job: "late" } as never);
    await settle();
    await server.close();
    const boss = await new FakeJobChannel(hub, "host").join(managerSeat);
    const next = caller.status("b");
    const [{ from, body }] = (await boss.take(1)) as [ChannelMessage];
    await boss.send(from, { nonsense: true });
    const { id } = body as { id: number };
    await boss.send(from, { v: 1, kind: "reply", id, ok: true, result: { job: "b" } });

    expect(await next).toEqual({ job: "b" });
    expect(host.logger.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  });
});
