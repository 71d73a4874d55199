import { createLocalRuntime } from "@sage-kernel/adapter-local";
import { JobClient, LocalJobControl } from "@sage-kernel/core";
import { type ChannelMessage, managerSeat } from "@sage-kernel/core/spi";
import {
  contractJobs,
  createFakes,
  type FakeClock,
  FakeJobChannel,
  FakeJobHub,
  settle,
} from "@sage-kernel/testkit";
import { describe, expect, test } from "vitest";
import { closed, controlOf, heldControl, served } from "./support/served-jobs.ts";

/** A client without a manager, and somebody who answers for it as they like. */
async function answered() {
  const hub = new FakeJobHub();
  const host = createFakes();
  const client = closed(
    await JobClient.connect({ channel: new FakeJobChannel(hub, "client"), host, timeoutMs: 50 }),
  );
  const boss = await new FakeJobChannel(hub, "host").join(managerSeat);
  const answer = async (make: (id: number) => object): Promise<void> => {
    const [{ from, body }] = (await boss.take(1)) as [ChannelMessage];
    await boss.send(from, make((body as { id: number }).id) as never);
  };
  return { hub, host, client, boss, answer };
}

const ok = (id: number): object => ({ v: 1, kind: "reply", id, ok: true, result: { job: "b" } });

describe("a client of a job manager", () => {
  test("gives up when nobody answers, and says how to repeat it", async () => {
    const { host, client } = await answered();
    const silent = client.submit({ name: "count", params: {} }).catch((error: unknown) => error);
    const question = client.status("a").catch((error: unknown) => error);
    await settle();
    host.clock.advance(49);
    await settle();
    expect(await Promise.race([question, "waits"])).toBe("waits");
    host.clock.advance(1);
    expect(await question).toMatchObject({
      code: "JOB_MANAGER_SILENT",
      details: { operation: "status", timeoutMs: 50 },
    });
    host.clock.advance(60_000);

    expect(await silent).toMatchObject({
      code: "JOB_MANAGER_SILENT",
      details: { submissionKey: expect.any(String) },
      message: expect.stringContaining("submissionKey"),
    });
  });

  test("waits on while managers come and go, however late in the wait that is", async () => {
    let state = "running";
    const clocks: FakeClock[] = [];
    const control = controlOf({
      wait: async (...[, options]: readonly unknown[]) => {
        await clocks[0]?.sleep((options as { timeoutMs: number }).timeoutMs);
        return { state };
      },
    });
    const { hub, host, open, client } = await served({ control });
    clocks.push(host.clock);
    const waiting = (await client()).wait("a", { timeoutMs: 100_000 });
    waiting.catch(() => undefined);
    let peer = "host";
    for (let seconds = 0; seconds < 70; seconds += 7) {
      const next = open(`after-${seconds}`);
      await settle();
      hub.killPeer(peer);
      await next;
      peer = `after-${seconds}`;
      if (seconds === 63) state = "completed";
      for (let second = 0; second < 7; second++) {
        for (let turn = 0; turn < 5; turn++) await settle();
        host.clock.advance(1000);
      }
    }

    expect(await waiting).toMatchObject({ state: "completed" });
  });

  test("rejects what waits when it is closed, and leaves no timer", async () => {
    const { control } = heldControl();
    const { host, client } = await served({ control });
    const caller = await client();
    const asked = caller.status("a").catch((error: unknown) => error);
    await settle();
    await caller.close();

    expect(await asked).toMatchObject({ code: "SEAT_LOST" });
    await expect(caller.status("b")).rejects.toMatchObject({ code: "SEAT_LOST" });
    expect(await caller.ended).toBeUndefined();
    expect(host.clock.pending).toBe(0);
  });

  test("tells when its seat is taken, and refuses everything from then on", async () => {
    const { hub, client, host } = await answered();
    const asked = client.status("a").catch((error: unknown) => error);
    await settle();
    await new FakeJobChannel(hub, "other").join("client-1");

    expect(await client.ended).toMatchObject({ code: "SEAT_LOST" });
    expect(await asked).toMatchObject({ code: "SEAT_LOST" });
    await expect(client.list()).rejects.toMatchObject({ code: "SEAT_LOST" });
    expect(host.logger.lines.filter(({ level }) => level === "error")).toHaveLength(1);
  });

  test("takes an answer that comes too late for none", async () => {
    const { host, client, answer } = await answered();
    const late = client.status("a").catch((error: unknown) => error);
    await settle();
    host.clock.advance(50);
    expect(await late).toMatchObject({ code: "JOB_MANAGER_SILENT" });
    await answer(ok);
    const next = client.status("b");
    await answer(ok);

    expect(await next).toEqual({ job: "b" });
  });

  test.each([
    ["of another version", (id: number) => ({ ...ok(id), v: 2 })],
    [
      "with a cause that is none",
      (id: number) => ({
        v: 1,
        kind: "reply",
        id,
        ok: false,
        error: { name: "E", message: "", cause: null },
      }),
    ],
  ])("says at once that it cannot read an answer %s, and goes on", async (_, wrong) => {
    const { client, answer } = await answered();
    const asked = client.status("a").catch((error: unknown) => error);
    await answer(wrong);
    expect(await asked).toMatchObject({ code: "CONTROL_MESSAGE_INVALID" });
    const next = client.status("b");
    await answer(ok);

    expect(await next).toEqual({ job: "b" });
  });

  test("discards an answer that says nothing, and goes on", async () => {
    const { client, answer, boss, host } = await answered();
    await boss.send({ name: "client-1" }, { nonsense: true });
    const next = client.status("b");
    await answer(ok);

    expect(await next).toEqual({ job: "b" });
    expect(host.logger.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  test.each([
    [{ name: managerSeat }, "name"],
    [{ name: "../a" }, "name"],
    [{ timeoutMs: 0 }, "timeoutMs"],
    [{ timeoutMs: Number.NaN }, "timeoutMs"],
  ])("refuses %j", async (options, path) => {
    const channel = new FakeJobChannel(new FakeJobHub());

    await expect(JobClient.connect({ channel, host: createFakes(), ...options })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      details: { path },
    });
  });
});

describe("control of jobs in this process", () => {
  test("forgets what the runtime has forgotten, with its key", async () => {
    const runtime = closed(await createLocalRuntime({ log: { level: "silent" } }));
    const control = new LocalJobControl(runtime, contractJobs);
    const request = { name: "count", params: { records: 1 }, submissionKey: "again" };
    const { job } = await control.submit(request);
    await control.wait(job);
    runtime.jobs.forget(job);

    expect((await control.list()).entries).toEqual([]);
    await expect(control.status(job)).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
    expect((await control.submit(request)).job).not.toBe(job);
  });
});
