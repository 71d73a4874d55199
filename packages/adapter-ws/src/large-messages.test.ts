import type { ServiceRef } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import { realMachine } from "@sage-kernel/testkit";
import { expect, onTestFinished, test } from "vitest";
import { WsLab } from "../test-support/ws-lab.ts";

const mib = 1024 * 1024;
type Text = ServiceRef<{ process(asked: string | number): string | number }>;

/** A service at a hub: it answers a text by its length, and a number by a text of this length. */
async function served() {
  const lab = await WsLab.start();
  const runtime = await createRuntime({ adapters: [realMachine(), lab.adapter()], queueKind: "ws" });
  const env = runtime.environment("texts");
  const ran: unknown[] = [];
  const text: Text = env.registerService("text", () => ({
    process: (asked: string | number) => {
      ran.push(typeof asked === "number" ? asked : asked.length);
      return typeof asked === "number" ? "y".repeat(asked) : asked.length;
    },
  }));
  let end = (): void => undefined;
  env
    .fromBatch(async function* () {
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      yield* [];
    })
    .run();
  const job = await env.submit();
  onTestFinished(async () => {
    end();
    await job.done;
    await runtime.close();
    await lab.stop();
  });
  const call = (asked: string | number): Promise<unknown> =>
    runtime.callService(text, asked).then(
      (answer) => (typeof answer === "string" ? answer.length : answer),
      (error: { readonly code: string }) => error.code,
    );
  return { call, ran };
}

test("a request that is too large fails alone, and those beside it run once", async () => {
  const { call, ran } = await served();
  expect(await call("a")).toBe(1);

  const answers = await Promise.all([call("ab"), call("x".repeat(2 * mib)), call("abc")]);
  expect(answers).toEqual([2, "INVALID_OPTION", 3]);
  expect(ran).toEqual([1, 2, 3]);
});

test("an answer that is too large fails its call alone, which hears why", async () => {
  const { call } = await served();
  expect(await call(1)).toBe(1);

  expect(await Promise.all([call(2), call(2 * mib), call(3)])).toEqual([2, "INVALID_OPTION", 3]);
});
