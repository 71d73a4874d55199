import assert from "node:assert/strict";
import type { JobClient, JobManagerHost, JobSummary } from "@sage-kernel/core";
import type { ContractCase } from "../contract/contract.ts";
import { numbers } from "../contract/probes.ts";
import { WorkerCluster } from "./worker-cluster.ts";
import { type WorkerJobs, workerJobs } from "./worker-jobs.ts";
import type { WorkersSubject } from "./workers-subject.ts";

/** What a case works with. */
export interface Scene extends WorkerJobs {
  readonly cluster: WorkerCluster;
  readonly client: JobClient;
  readonly subject: WorkersSubject;
  /** Waits until so many records have come out. */
  until(count: number): Promise<void>;
  /** Waits until something is true. */
  when(condition: () => boolean): Promise<void>;
  readonly manager: JobManagerHost;
}

const placementTimeoutMs = 4000;
/** Looks before a case gives up waiting. */
const mostLooks = 3000;

/** A case with a manager, these workers, and a client. */
export function workersCase(
  id: string,
  title: string,
  workers: readonly string[],
  run: (scene: Scene) => Promise<void>,
): ContractCase<WorkersSubject> {
  return {
    id,
    title,
    run: (subject) =>
      subject.run(async () => {
        const { jobs, seen, held } = workerJobs();
        const { leaseMs } = subject;
        const process = (name: string) => subject.process(name);
        const cluster = new WorkerCluster({ process, jobs, leaseMs, placementTimeoutMs });
        const when = async (condition: () => boolean): Promise<void> => {
          for (let looks = 0; !condition(); looks++) {
            assert.ok(looks < mostLooks, `${seen.length} records have come out, and nothing more happens`);
            await subject.sleep(10);
          }
        };
        const until = (count: number): Promise<void> => when(() => seen.length >= count);
        try {
          const manager = await cluster.manager();
          for (const name of workers) await cluster.worker(name);
          const client = await cluster.client();
          await when(() => manager.workers.length === workers.length);
          await run({ jobs, seen, held, cluster, client, subject, until, when, manager });
        } finally {
          await cluster.close();
        }
      }),
  };
}

/**
 * Stops a job behind everything that was read, and fails unless all of it has come out once. What the sink of a process that was
 * killed was given in its last moments, and has not committed, another one is given again: then what was committed counts.
 */
export async function assertExact(
  { client, cluster, seen }: Scene,
  job: string,
  of = (n: number): number => n,
): Promise<void> {
  const summary = await client.stop(job);
  assertCompleted(summary);
  const came = ([...new Set(seen)] as number[]).sort((a, b) => a - b);
  assert.deepEqual(came, numbers(came.length).map(of), "not every record has come out");
  const { entries } = await client.tasks(job);
  const sinks = entries.filter(({ step }) => step === "out");
  const committed = sinks.reduce((sum, { ledger }) => sum + ledger.processed, 0);
  assert.equal(committed, came.length, "not every record was committed once");
  if (!cluster.killed) assert.equal(seen.length, came.length, "a record has come out twice");
  await client.forget(job);
}

/** Fails unless a job stands still, and goes on without gap or repetition when it is told to; stops it. */
export async function assertPaused(scene: Scene, job: string): Promise<void> {
  const { client, seen, subject } = scene;
  const still = seen.length;
  await subject.sleep(200);
  assert.equal(seen.length, still, "records come out of a paused job");
  assert.equal((await client.status(job)).state, "paused");
  await client.resume(job);
  await scene.until(still + 50);
  await assertExact(scene, job);
}

/** Fails unless a job has been completed, with a ledger that balances. */
export function assertCompleted({ state, error, ledger }: JobSummary): void {
  assert.deepEqual(
    { state, error, problems: ledger.problems },
    { state: "completed", error: undefined, problems: [] },
  );
}
