import { type Environment, endOfSource, type Job } from "@sage-kernel/core";
import { range, type World } from "./simulate.ts";

/** How a pipeline of numbers is paused: what it is made of, and what it waits for then. */
export type Phase = (env: Environment, world: World, sink: (n: number) => void) => void;

/** The phases that a pause can meet, by what the job is doing. */
export const phases: readonly (readonly [string, Phase])[] = [
  [
    "its source waits",
    (env, { clock }, sink) =>
      void env
        .fromBatch(async function* ({ signal }) {
          for (const n of range(50)) {
            await clock.sleep(10, signal);
            yield n;
          }
        })
        .map((n) => n)
        .sink(sink),
  ],
  [
    "a record is in flight",
    (env, { clock }, sink) =>
      void env
        .fromBatch(range(50))
        .map(async (n) => {
          await clock.sleep(10);
          return n;
        })
        .sink(sink),
  ],
  [
    "a task waits for room",
    (env, { clock }, sink) =>
      void env
        .fromBatch(range(50))
        .flatMap((n) => [n])
        .sink(
          async (n) => {
            await clock.sleep(10);
            sink(n);
          },
          { queueCapacity: 1 },
        ),
  ],
  [
    "a record waits for its next attempt",
    (env, _, sink) => {
      const attempts = new Map<number, number>();
      env
        .fromBatch(range(50))
        .map(
          (n) => {
            attempts.set(n, (attempts.get(n) ?? 0) + 1);
            if (attempts.get(n) === 1) throw new Error("first");
            return n;
          },
          { onError: { retry: { attempts: 2, initialMs: 10 } } },
        )
        .sink(sink);
    },
  ],
  [
    "several records are in flight",
    (env, { clock }, sink) =>
      void env
        .fromBatch(range(50))
        .map(
          async (n) => {
            await clock.sleep(10 + ((n * 7) % 5));
            return n;
          },
          { concurrency: 4 },
        )
        .sink(sink),
  ],
  [
    "its source function has nothing for now",
    (env, _, sink) => {
      let asked = 0;
      env
        .fromSource<number>(() => {
          const n = asked++;
          if (n === 150) return endOfSource;
          return n % 3 === 0 ? n / 3 : undefined;
        })
        .sink(sink);
    },
  ],
];

/** A job in its phase that has come to rest, and what its sink has received. */
export async function paused(
  build: Phase,
  world: World,
): Promise<{ readonly job: Job; readonly received: number[] }> {
  const received: number[] = [];
  const pipeline = world.env();
  build(pipeline, world, (n) => void received.push(n));
  const job = await pipeline.submit();
  await world.clock.sleep(35);
  await job.pause();
  return { job, received };
}
