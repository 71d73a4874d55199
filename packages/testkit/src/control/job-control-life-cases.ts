import assert from "node:assert/strict";
import type { JobControl, JobState, JobSummary } from "@sage-kernel/core";
import { SeededRandom } from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { numbers, started } from "../contract/probes.ts";
import { hasRead, jobCase, refusal, submit } from "./job-control-probes.ts";
import type { JobControlSubject } from "./job-control-subject.ts";

const terminal: ReadonlySet<JobState> = new Set(["completed", "failed", "cancelled"]);

/** The commands of the state machine, with what they make of a job that has not ended. */
const commands = {
  paused: (control, job) => control.pause(job),
  running: (control, job) => control.resume(job),
  completed: (control, job) => control.stop(job),
  cancelled: (control, job) => control.stop(job, { drain: false }),
} satisfies Readonly<Record<string, (control: JobControl, job: string) => Promise<JobSummary>>>;

/** What becomes of jobs that are there. */
export const lifeCases: readonly ContractCase<JobControlSubject>[] = [
  jobCase(
    "J-03",
    "a job goes from running to paused and back, and once to its end, whatever it is told in whatever order",
    async (control) => {
      const random = new SeededRandom(7);
      const ends = ["completed", "cancelled"];
      for (const _ of numbers(12)) {
        const { job, state: first } = await submit(control, "endless", 2);
        assert.equal(first, "running");
        let expected = first as string;
        for (const step of numbers(6)) {
          const names = Object.keys(commands).filter(
            (name) => step === 5 || step === 4 || !ends.includes(name),
          );
          const name = names[random.integer(names.length)] as keyof typeof commands;
          const { state } = await commands[name](control, job);
          if (!ends.includes(expected)) expected = name;
          assert.equal(state, expected, `after "${name}"`);
          assert.equal((await control.status(job)).state, expected, `a while after "${name}"`);
        }
        await control.stop(job);
      }
      const { job } = await submit(control, "fails");
      const failed = await control.wait(job);
      assert.equal(failed.state, "failed");
      assert.match(
        failed.error?.cause?.message ?? failed.error?.message ?? "",
        /the last record is too much/,
      );
      for (const command of Object.values(commands))
        assert.equal((await command(control, job)).state, "failed");
    },
  ),
  jobCase(
    "J-04",
    "several jobs run at once, and what becomes of one is nothing to the others",
    async (control) => {
      const counts = [2, 3, 5];
      const jobs = await Promise.all(counts.map((count) => submit(control, "endless", count)));
      for (const [i, { job }] of jobs.entries()) await hasRead(control, job, counts[i] as number);
      const [one, two, three] = jobs.map(({ job }) => job) as [string, string, string];
      await control.stop(one, { drain: false });
      const { job: failing } = await submit(control, "fails");
      await control.wait(failing);
      await control.pause(two);

      const states = (await control.list()).entries.map(({ job, state }) => [job, state]);
      assert.deepEqual(states, [
        [one, "cancelled"],
        [two, "paused"],
        [three, "running"],
        [failing, "failed"],
      ]);
      const end = await control.stop(three);
      assert.deepEqual([end.state, end.ledger.read], ["completed", 5]);
      assert.equal((await control.status(two)).ledger.read, 3);
    },
  ),
  jobCase("J-24", "pausing answers in time, whatever a record takes", async (control) => {
    const { job } = await submit(control, "held", 1);
    await hasRead(control, job, 1);

    const wait = started(() => control.wait(job, { timeoutMs: 400 }));
    const first = await Promise.race([control.pause(job, { timeoutMs: 5 }), wait.then(() => undefined)]);
    assert.equal(first?.state, "paused", "pausing takes as long as the record");
    await wait;
    assert.equal((await control.resume(job)).state, "running");
    await control.stop(job, { drain: false });
  }),
  jobCase("J-07", "a job is not completed before its last sink is, and says so for good", async (control) => {
    const { job } = await submit(control, "held", 1);
    await hasRead(control, job, 1);
    for (const _ of numbers(3)) {
      const { state } = await control.wait(job, { timeoutMs: 5 });
      assert.ok(!terminal.has(state), `it is ${state} while a sink holds a record`);
    }
    const timeout = await refusal(() => control.stop(job, { timeoutMs: 5 }), "STOP_TIMEOUT");
    assert.match(timeout.message, /held/, "what blocks is not told");
    assert.equal((await control.status(job)).state, "draining");
    const end = await control.stop(job, { drain: false });

    assert.equal(end.state, "cancelled");
    assert.deepEqual(await control.status(job), end);
  }),
  jobCase(
    "J-08",
    "stopping may be repeated in every state and meet the end: a job has exactly one end, and all are told the same",
    async (control) => {
      for (const name of ["count", "endless", "fails"]) {
        const { job } = await submit(control, name, 40);
        const both = [true, false, true].map((drain) => started(() => control.stop(job, { drain })));
        const ends = await Promise.all(both);
        const again = [await control.stop(job), await control.wait(job), await control.status(job)];

        const states = new Set([...ends, ...again].map(({ state }) => state));
        assert.equal(states.size, 1, `${name} has ended as ${[...states].join(" and ")}`);
        for (const state of states) assert.ok(terminal.has(state), `it is ${state} behind its stop`);
      }
    },
  ),
];
