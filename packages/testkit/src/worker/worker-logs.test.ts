import assert from "node:assert/strict";
import { test } from "vitest";
import { workersCase } from "./workers-scene.ts";
import { workersBinding } from "./workers-subject.ts";

test("what a worker logs of a job is read at its manager, with the name of the worker", async () => {
  const { run } = workersCase("logs", "are read", ["a"], async ({ client }) => {
    const { job } = await client.submit({ name: "skipping", params: null });
    await client.wait(job);
    const { entries } = await client.logs(job);
    const lines = entries.map(({ worker, level, message }) => `${worker ?? "manager"} ${level} ${message}`);

    assert.ok(
      lines.some((line) => /^a (warn|error) .*it does not want to/.test(line)),
      lines.join("\n"),
    );
    assert.ok(
      lines.some((line) => /^manager info Job completed/.test(line)),
      lines.join("\n"),
    );
  });
  await run(await workersBinding().open({ caseId: "logs", runId: "once" }));
});
