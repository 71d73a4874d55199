import assert from "node:assert/strict";
import type { ErrorCode, JobControl, JobState, JobSummary, JsonValue } from "@sage-kernel/core";
import { hasCode } from "@sage-kernel/core";
import { SeededRandom } from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { numbers, rejectionOf, started } from "../contract/probes.ts";
import type { JobControlSubject } from "./job-control-subject.ts";

const terminal: ReadonlySet<JobState> = new Set(["completed", "failed", "cancelled"]);

/** Submits a job of so many records. */
const submit = (control: JobControl, name: string, records = 3): Promise<JobSummary> =>
  control.submit({ name, params: { records } });

/** A case whose body runs while time passes. */
function jobCase(
  id: string,
  title: string,
  body: (control: JobControl) => Promise<void>,
): ContractCase<JobControlSubject> {
  return { id, title, run: ({ control, run }) => run(() => body(control)) };
}

async function refusal(operation: () => Promise<unknown>, code: ErrorCode): Promise<Error> {
  const error = await rejectionOf(operation);
  assert.ok(hasCode(error, code), `it must be refused with ${code}, not with ${String(error)}`);
  return error;
}

/** Fails unless there are so many jobs. */
async function assertJobs(control: JobControl, count: number): Promise<void> {
  const { entries } = await control.list();
  assert.equal(entries.length, count, `there are ${entries.length} jobs: ${JSON.stringify(entries)}`);
}

/** Looks at a job until it has read all of its records. */
async function hasRead(control: JobControl, job: string, records: number): Promise<void> {
  for (let looks = 0; looks < 200; looks++) {
    if ((await control.status(job)).ledger.read === records) return;
    await control.wait(job, { timeoutMs: 1 });
  }
  assert.fail(`${job} does not come to read ${records} records`);
}

/** What becomes of jobs when they are submitted. */
export const submitCases: readonly ContractCase<JobControlSubject>[] = [
  jobCase(
    "J-01",
    "a submission answers a job; with its key again it answers the same job, with other content it is refused",
    async (control) => {
      const request = { name: "count", params: { records: 3 }, submissionKey: "once" };
      const [first, same] = await Promise.all([control.submit(request), control.submit(request)]);
      const again = await control.submit({ ...request, params: JSON.parse('{"records":3}') as JsonValue });
      for (const { job, submissionKey } of [same, again])
        assert.deepEqual([job, submissionKey], [first.job, "once"]);
      for (const other of [{ params: { records: 4 } }, { name: "endless" }])
        await refusal(() => control.submit({ ...request, ...other }), "SUBMISSION_CONFLICT");
      const another = await control.submit({ ...request, submissionKey: "twice" });
      const [unnamed, unnamedToo] = [await submit(control, "count"), await submit(control, "count")];

      assert.equal(new Set([first, another, unnamed, unnamedToo].map(({ job }) => job)).size, 4);
      await assertJobs(control, 4);
      await refusal(() => control.submit({ ...request, submissionKey: "" }), "INVALID_OPTION");
    },
  ),
  jobCase(
    "J-02",
    "what cannot be built is refused with everything that is wrong with it, and nothing is created",
    async (control) => {
      const params = { records: -1, extra: 1 };
      const unknown = await refusal(() => submit(control, "../count"), "JOB_UNKNOWN");
      assert.match(unknown.message, /count/, "the refusal does not tell which jobs there are");
      const refused = await refusal(() => control.submit({ name: "count", params }), "JOB_PARAMS_INVALID");
      for (const part of ["params.records", "params.extra"])
        assert.ok(refused.message.includes(part), `${part} is not told of: ${refused.message}`);
      const built = await refusal(() => submit(control, "badly-built"), "GRAPH_INVALID");
      for (const reason of ["INVALID_PARALLELISM", "DANGLING", "DUPLICATE_NAME"])
        assert.ok(built.message.includes(reason), `${reason} is not told of: ${built.message}`);
      const key = { submissionKey: "free again" };
      await refusal(() => control.submit({ name: "count", params, ...key }), "JOB_PARAMS_INVALID");

      await assertJobs(control, 0);
      const { job } = await control.submit({ name: "count", params: { records: 1 }, ...key });
      assert.equal((await control.wait(job)).state, "completed");
    },
  ),
  jobCase("J-05", "a guarantee that cannot be had is refused with the reasons", async (control) => {
    const error = await refusal(() => submit(control, "exactly-once"), "DELIVERY_UNAVAILABLE");
    assert.match(error.message, /source/, "the reasons are not told");
    await assertJobs(control, 0);
  }),
  jobCase(
    "J-06",
    "services are there before the first record; where one does not start, nothing is left of the job",
    async (control) => {
      const error = await refusal(() => submit(control, "never-starts"), "SERVICE_START_FAILED");
      assert.match(error.message, /it does not start/, "the reason is not told");
      await assertJobs(control, 0);
      const { job } = await submit(control, "calls", 20);
      const { state, ledger } = await control.wait(job);

      assert.deepEqual(
        { state, read: ledger.read, balanced: ledger.balanced },
        {
          state: "completed",
          read: 20,
          balanced: true,
        },
      );
    },
  ),
  jobCase("J-19", "what a job is given is told to nobody", async (control) => {
    const params = { records: 1, secret: "swordfish" };
    const { job } = await control.submit({ name: "fails", params });
    const refused = await refusal(
      () => control.submit({ name: "count", params: { secret: "swordfish" } }),
      "JOB_PARAMS_INVALID",
    );
    const told = [await control.wait(job), await control.list(), await control.tasks(job), refused.message];
    assert.ok(!JSON.stringify(told).includes("swordfish"), `it is told: ${JSON.stringify(told)}`);
  }),
];

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

/** What questions are answered. */
export const questionCases: readonly ContractCase<JobControlSubject>[] = [
  jobCase("J-18", "questions wait behind no command, and their answers have a bound", async (control) => {
    const jobs = await Promise.all(numbers(7).map(() => submit(control, "held", 1)));
    const [{ job }] = jobs as [JobSummary, ...JobSummary[]];
    const waiting = numbers(40).map(() => started(() => control.wait(job)));
    const stopping = started(() => control.stop(job));
    for (const question of [control.status(job), control.list(), control.tasks(job), control.metrics(job)])
      assert.ok(await question);
    const ids: string[] = [];
    let after: { after?: string } = {};
    for (let pages = 0; pages < 10; pages++) {
      const page = await control.list({ limit: 3, ...after });
      assert.ok(page.entries.length <= 3, `a page of 3 has ${page.entries.length} entries`);
      ids.push(...page.entries.map((entry) => entry.job));
      if (page.next === undefined) break;
      after = { after: page.next };
    }
    assert.deepEqual(ids.toSorted(), jobs.map((summary) => summary.job).toSorted());
    const tasks = [await control.tasks(job, { limit: 1 }), await control.metrics(job, { limit: 1 })];
    for (const { entries, next } of tasks) assert.deepEqual([entries.length, typeof next], [1, "string"]);
    for (const limit of [0, 1001, 1.5]) await refusal(() => control.list({ limit }), "INVALID_OPTION");

    await control.stop(job, { drain: false });
    for (const { state } of await Promise.all([...waiting, stopping])) assert.equal(state, "cancelled");
    const running = await control.list({ state: "running" });
    assert.equal(running.entries.length, 6);
  }),
  jobCase("J-20", "a job that is not there is told of as such, whatever is asked", async (control) => {
    const job = "count-4711";
    const questions = [
      () => control.status(job),
      () => control.tasks(job),
      () => control.metrics(job),
      () => control.pause(job),
      () => control.resume(job),
      () => control.stop(job),
      () => control.wait(job),
    ];
    for (const question of questions) await refusal(question, "JOB_NOT_FOUND");
  }),
  jobCase("J-21", "waiting for a job ends with it, and otherwise when its time is over", async (control) => {
    const { job } = await submit(control, "endless");
    assert.equal((await control.wait(job, { timeoutMs: 0 })).state, "running");
    assert.equal((await control.wait(job, { timeoutMs: 50 })).state, "running");
    const waits = started(() => control.wait(job));
    await control.stop(job);

    assert.equal((await waits).state, "completed");
    assert.equal((await control.wait(job)).state, "completed");
    for (const timeoutMs of [-1, "1"]) {
      const wrong = { timeoutMs: timeoutMs as number };
      await refusal(() => control.wait(job, wrong), "INVALID_OPTION");
    }
  }),
];
