import { expect, test } from "vitest";
import { SageError } from "../errors/sage-error.ts";
import { encodeError } from "../errors/wire-error.ts";
import { CrashCounts } from "../task/crash-counts.ts";
import type { TaskReport } from "../task/task.port.ts";
import { RemoteTask } from "./remote-task.ts";
import type { WorkerLink } from "./worker-link.ts";

/** A task in a worker, and what its worker is told of it. */
function placed() {
  const told: string[] = [];
  const link = {
    name: "w",
    lost: undefined,
    tell: (op: string) => void told.push(op),
    drop: (run: string) => void told.push(`drop ${run}`),
  } as unknown as WorkerLink;
  const scope = { id: "map#0", run: "1.1", link, crashes: new CrashCounts(), onIdle: undefined };
  return { task: new RemoteTask(scope, { id: "map#0" } as TaskReport), told };
}

const failed = (error: SageError) => ({
  ...{ run: "1.1", n: 1 },
  outcome: { state: "failed" as const, error: encodeError(error), restartable: false },
});

test("one that was fenced by a late incarnation of itself is followed by another one", async () => {
  const { task, told } = placed();
  task.onState(failed(new SageError("FENCED", { node: "map#0", epoch: 4 })));

  expect(await task.done).toMatchObject({
    state: "failed",
    error: { code: "WORKER_LOST" },
    restartable: true,
  });
  expect(told).toEqual(["drop 1.1"]);
});

test("one whose job is somebody else's is not", async () => {
  const { task } = placed();
  task.onState(failed(new SageError("FENCED", { node: "job", epoch: 0 })));

  expect(await task.done).toMatchObject({ state: "failed", error: { code: "FENCED" }, restartable: false });
});

test("one that is lost while it is being cancelled is cancelled", async () => {
  const { task, told } = placed();
  const cancelled = task.cancel();
  task.onLost(new SageError("WORKER_LOST", { worker: "w", why: "it was killed" }));

  expect(await cancelled).toEqual({ state: "cancelled" });
  expect(told).toEqual(["cancel"]);
});
