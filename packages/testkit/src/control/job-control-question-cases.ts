import assert from "node:assert/strict";
import type { JobState, JobSummary, NumberedLogLine, PageOptions } from "@sage-kernel/core";
import type { ContractCase } from "../contract/contract.ts";
import { numbers, started } from "../contract/probes.ts";
import { jobCase, refusal, submit } from "./job-control-probes.ts";
import type { JobControlSubject } from "./job-control-subject.ts";

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
    const all = (await control.tasks(job)).entries.map(({ id }) => id);
    type Ids = { readonly entries: readonly { readonly id: string }[]; readonly next?: string };
    const questions: ((page: PageOptions) => Promise<Ids>)[] = [
      (page) => control.tasks(job, page),
      (page) => control.metrics(job, page),
    ];
    for (const question of questions) {
      const first = await question({ limit: 1 });
      const second = await question({ limit: 1, after: first.next });
      assert.deepEqual(
        [...first.entries, ...second.entries].map(({ id }) => id),
        all,
      );
      assert.deepEqual([all.length, second.next], [2, undefined]);
    }

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
      () => control.forget(job),
      () => control.status(""),
      () => control.status("x".repeat(300)),
    ];
    for (const question of questions) await refusal(question, "JOB_NOT_FOUND");
  }),
  jobCase("J-21", "waiting for a job ends with it, and otherwise when its time is over", async (control) => {
    const { job } = await submit(control, "endless");
    assert.equal((await control.wait(job, { timeoutMs: 0 })).state, "running");
    const over: string[] = [];
    const wait = async (name: string, timeoutMs: number): Promise<void> => {
      const { state } = await control.wait(job, { timeoutMs });
      over.push(`${name}: ${state}`);
    };
    await Promise.all([wait("long", 400), wait("short", 50)]);
    assert.deepEqual(over, ["short: running", "long: running"]);
    const waits = [{}, { timeoutMs: 60_000 }].map((options) => started(() => control.wait(job, options)));
    await control.stop(job);

    for (const { state } of await Promise.all(waits)) assert.equal(state, "completed");
    assert.equal((await control.wait(job)).state, "completed");
  }),
  jobCase("J-22", "what is no argument is refused as such, wherever the manager is", async (control) => {
    const { job } = await submit(control, "endless");
    const wrong: readonly (() => Promise<unknown>)[] = [
      ...[0, 1001, 1.5, "3"].map((limit) => () => control.list({ limit: limit as number })),
      ...[-1, "1", Number.NaN, Number.POSITIVE_INFINITY, 1n].flatMap((time) => {
        const timeoutMs = time as number;
        return [
          () => control.wait(job, { timeoutMs }),
          () => control.stop(job, { timeoutMs }),
          () => control.pause(job, { timeoutMs }),
        ];
      }),
      () => control.list({ state: "gone" as JobState }),
      () => control.list({ after: "count-4711" }),
      () => control.tasks(job, { after: "count-4711" }),
      () => control.list({ first: 3 } as object),
      () => control.stop(job, { drain: "no" as never }),
      () => control.submit({ name: "count", params: {}, submissionKey: "" }),
      () => control.submit({ name: "count", params: {}, submissionKey: "x".repeat(201) }),
      () => control.submit({ name: 5 as never, params: {} }),
      () => control.status(5 as never),
    ];
    for (const operation of wrong) await refusal(operation, "INVALID_OPTION");
    for (const params of [undefined, 1n, { records: () => 1 }, { at: new Date(0) }])
      await refusal(() => control.submit({ name: "count", params }), "JOB_PARAMS_INVALID");
    assert.equal((await control.list({ state: undefined, limit: undefined })).entries.length, 1);

    assert.equal((await control.status(job)).state, "running");
    assert.equal((await control.stop(job, { drain: undefined, timeoutMs: undefined })).state, "completed");
  }),
  jobCase("J-23", "a job is forgotten when it has ended, with its key, and not before", async (control) => {
    const request = { name: "endless", params: { records: 1 }, submissionKey: "again" };
    const { job } = await control.submit(request);
    const { job: other } = await submit(control, "count");
    assert.equal(await control.forget(job), false);
    await control.stop(job);
    assert.equal(await control.forget(job), true);

    await refusal(() => control.status(job), "JOB_NOT_FOUND");
    const { entries } = await control.list();
    assert.deepEqual(
      entries.map((entry) => entry.job),
      [other],
    );
    const again = await control.submit(request);
    assert.notEqual(again.job, job);
    await control.stop(again.job);
  }),
  jobCase(
    "J-25",
    "what a job has logged is read in pages, and on from where one has come",
    async (control) => {
      const { job } = await submit(control, "fails");
      await control.wait(job);
      const lines: NumberedLogLine[] = [];
      for (let after: string | undefined, more = true; more; ) {
        const { entries, next } = await control.logs(job, {
          limit: 2,
          ...(after === undefined ? {} : { after }),
        });
        lines.push(...entries);
        after = next;
        more = next !== undefined;
      }
      assert.ok(
        lines.some(({ level, message }) => level === "error" && /the last record is too much/.test(message)),
        `of ${lines.length} lines none says why the job has failed`,
      );
      assert.deepEqual(
        lines.map(({ id }) => Number(id)),
        lines.map(({ id }) => Number(id)).sort((a, b) => a - b),
      );
      assert.equal(new Set(lines.map(({ id }) => id)).size, lines.length, "a line comes twice");
      const { id: last } = lines.at(-1) as NumberedLogLine;
      assert.deepEqual(await control.logs(job, { after: last }), { entries: [] });
    },
  ),
];
