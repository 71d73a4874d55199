import type { BenchCase } from "../../harness/bench-case.ts";

/**
 * Milliseconds from the first line of the process's entry until the sink has the first record. Everything of ours is
 * imported within that time; Node's own start is not part of it, and is shown by `sinceProcessStartMs`.
 */
export const firstRecord: BenchCase = async ({ enteredAt }) => {
  const { createLocalRuntime } = await import("@sage-kernel/adapter-local");
  const importedAt = performance.now();
  const runtime = await createLocalRuntime({ log: { level: "silent" } });
  const createdAt = performance.now();

  const arrivals: { at: number; value: number }[] = [];
  const env = runtime.environment("bench");
  env
    .fromBatch([{ id: 1, value: 1 }])
    .map(({ id, value }) => ({ id, value: value + 1 }))
    .filter(({ value }) => value % 2 === 0)
    .map(({ id, value }) => ({ id, value: value * 2 }))
    .sink(({ value }) => {
      arrivals.push({ at: performance.now(), value });
    });
  const job = await env.submit();
  await job.done;
  await runtime.close();

  const [arrival, surplus] = arrivals;
  if (arrival?.value !== 4 || surplus !== undefined)
    throw new Error("wrong result: not the one record expected");
  return {
    value: arrival.at - enteredAt,
    extras: {
      importMs: importedAt - enteredAt,
      createMs: createdAt - importedAt,
      submitToFirstRecordMs: arrival.at - createdAt,
      sinceProcessStartMs: arrival.at, // performance.now() counts from timeOrigin, which is the start of the process
    },
  };
};
