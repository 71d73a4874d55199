import { createLocalRuntime } from "@sage-kernel/adapter-local";
import { defineJob, type JobUpdate, LocalJobControl, watchJob } from "@sage-kernel/core";
import { expect, test } from "vitest";
import * as z from "zod";
import { closed, served } from "./support/served-jobs.ts";

/** Control of a job of 40 records; each is let through by a call. */
async function gated() {
  const waiting: (() => void)[] = [];
  const job = defineJob({
    name: "gated",
    params: z.null(),
    build: (env) => {
      env
        .fromBatch(Array.from({ length: 40 }, (_, i) => i))
        .map(
          (n, ctx) =>
            new Promise<number>((resolve) => {
              waiting.push(() => {
                if (n % 10 === 0) ctx.log.info(`past ${n}`);
                resolve(n);
              });
            }),
          { name: "gate" },
        )
        .sink(() => undefined, { name: "out" });
    },
  });
  const runtime = closed(await createLocalRuntime({ log: { level: "silent" } }));
  const pass = async (count: number): Promise<void> => {
    for (let passed = 0; passed < count; passed += waiting.splice(0).map((go) => go()).length)
      await new Promise((resolve) => setImmediate(resolve));
  };
  return { control: new LocalJobControl(runtime, [job]), pass };
}

test("a watched job tells how it stands, what its tasks have done and what is new in its log, until it has ended", async () => {
  const { control, pass } = await gated();
  const { job } = await control.submit({ name: "gated", params: null });
  const updates: JobUpdate[] = [];
  const watched = (async () => {
    for await (const update of watchJob(control, job, { everyMs: 10 })) updates.push(update);
  })();
  while (updates.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await pass(15);
  const before = updates.length;
  while (updates.length < before + 2) await new Promise((resolve) => setImmediate(resolve));
  await pass(25);
  await watched;

  const last = updates.at(-1);
  expect(last?.summary).toMatchObject({ state: "completed", ledger: { read: 40 } });
  expect(last?.metrics.find(({ id }) => id === "out#0")?.processed).toBe(40);
  expect(updates.some(({ summary }) => summary.state === "running")).toBe(true);
  const lines = updates.flatMap((update) => update.lines.map(({ message }) => message));
  expect(lines.filter((line) => line.startsWith("past"))).toEqual([
    "past 0",
    "past 10",
    "past 20",
    "past 30",
  ]);
});

test("a job is watched from elsewhere as it is here", async () => {
  const { control, pass } = await gated();
  const client = await (await served({ control })).client();
  const { job } = await client.submit({ name: "gated", params: null });
  const states: string[] = [];
  const watched = (async () => {
    for await (const { summary } of watchJob(client, job)) states.push(summary.state);
  })();
  while (states.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await pass(40);
  await watched;

  expect([states[0], states.at(-1)]).toEqual(["running", "completed"]);
});

test("watching ends where its signal says, with the reason, and not for the job", async () => {
  const { control, pass } = await gated();
  const { job } = await control.submit({ name: "gated", params: null });
  const stop = new AbortController();
  const watched = (async () => {
    for await (const _ of watchJob(control, job, { everyMs: 60_000, signal: stop.signal }))
      setImmediate(() => stop.abort(new Error("enough"))); // while it waits for the next look
  })();

  await expect(watched).rejects.toThrow("enough");
  await pass(40);
  expect(await control.wait(job)).toMatchObject({ state: "completed" });
});

test("watching is refused an interval that is none", async () => {
  const { control } = await gated();

  await expect(watchJob(control, "job", { everyMs: 0 }).next()).rejects.toMatchObject({
    code: "INVALID_OPTION",
    details: { path: "everyMs" },
  });
});
