import { createLocalRuntime } from "@sage-kernel/adapter-local";
import type { BenchCase } from "../../harness/bench-case.ts";

/** Milliseconds that the 99th percentile of `size` ticks of a 10 ms timer took, with an endless source behind it. */
export const timerUnderLoad: BenchCase = async ({ size }) => {
  const runtime = await createLocalRuntime({ log: { level: "silent" } });
  const env = runtime.environment("bench");
  let received = 0;
  env
    .fromBatch(endless)
    .map(({ id, value }) => ({ id, value: value + 1 }))
    .filter(({ value }) => value % 2 === 0)
    .map(({ id, value }) => ({ id, value: value * 2 }))
    .sink(() => {
      received++;
    });
  const job = await env.submit();
  const gaps = await ticks(size);
  const report = await job.stop();
  await runtime.close();

  if (!report.ledger.balanced || received === 0) throw new Error("wrong result: the pipeline did not run");
  gaps.sort((a, b) => a - b);
  return {
    value: gaps[Math.floor(gaps.length * 0.99)] as number,
    extras: {
      medianMs: gaps[gaps.length >> 1] as number,
      maxMs: gaps.at(-1) as number,
      recordsPerMs: received / gaps.reduce((sum, gap) => sum + gap, 0),
    },
  };
};

function* endless(): Generator<{ id: number; value: number }> {
  for (let id = 0; ; id++) yield { id, value: id };
}

/** The milliseconds between `count` ticks of a 10 ms timer. */
function ticks(count: number): Promise<number[]> {
  return new Promise((resolve) => {
    const gaps: number[] = [];
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      gaps.push(now - last);
      last = now;
      if (gaps.length < count) return;
      clearInterval(timer);
      resolve(gaps);
    }, 10);
  });
}
