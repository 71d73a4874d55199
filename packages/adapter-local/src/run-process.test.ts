import { defineJob } from "@sage-kernel/core";
import { FakeJobChannel, FakeJobHub } from "@sage-kernel/testkit";
import { expect, test, vi } from "vitest";
import * as z from "zod";
import { type CheckedDeployment, checkDeployment } from "./deployment.ts";
import { local } from "./local.ts";
import { runJobManager, runWorker } from "./run-process.ts";

const job = defineJob({ name: "nothing", params: z.null(), build: () => undefined });

/** The deployment of processes that meet at one hub. */
const deployment = (hub: FakeJobHub, peer: string): CheckedDeployment =>
  checkDeployment({
    runtime: { adapters: [local({ log: { level: "silent" } })] },
    channel: () => new FakeJobChannel(hub, peer),
    jobs: [job],
    worker: { name: peer, beatMs: 10 },
  });

/** A process that is told to end by and by. */
function running(run: typeof runWorker, given: CheckedDeployment) {
  let end = (): void => undefined;
  const told = new Promise<void>((resolve) => {
    end = resolve;
  });
  const said: string[] = [];
  const code = run(given, { told, say: (line) => void said.push(line) });
  return { code, said, end };
}

test("a worker is there until it is told to end, and ends well", async () => {
  const { code, said, end } = running(runWorker, deployment(new FakeJobHub(), "one"));
  await vi.waitFor(() => expect(said).toEqual(["worker one is there"]));
  end();

  expect(await code).toBe(0);
  expect(said).toEqual(["worker one is there", "worker one hands over what it has"]);
});

test("of two managers one leads, and the other one follows when that has ended", async () => {
  const hub = new FakeJobHub();
  const first = running(runJobManager, deployment(hub, "first"));
  await vi.waitFor(() => expect(first.said).toHaveLength(2));
  const second = running(runJobManager, deployment(hub, "second"));
  await vi.waitFor(() => expect(second.said).toEqual(["waits for the manager's seat"]));
  first.end();
  expect(await first.code).toBe(0);
  await vi.waitFor(() => expect(second.said[1]).toMatch(/^manages jobs, as holder \d+ of the seat$/));
  second.end();

  expect(await second.code).toBe(0);
});

test("a manager that waits ends when it is told to", async () => {
  const hub = new FakeJobHub();
  const first = running(runJobManager, deployment(hub, "first"));
  await vi.waitFor(() => expect(first.said).toHaveLength(2));
  const second = running(runJobManager, deployment(hub, "second"));
  second.end();

  expect(await second.code).toBe(0);
  first.end();
  await first.code;
});

test("a manager whose seat is taken away says so, for whoever starts it again", async () => {
  const hub = new FakeJobHub();
  const { code, said } = running(runJobManager, deployment(hub, "first"));
  await vi.waitFor(() => expect(said).toHaveLength(2));
  await new FakeJobChannel(hub, "thief").join("manager");

  expect(await code).toBe(1);
  expect(said.at(-1)).toMatch(/^manages jobs no longer: .*has lost its seat/);
});
