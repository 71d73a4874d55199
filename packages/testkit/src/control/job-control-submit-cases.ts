import assert from "node:assert/strict";
import { inspect } from "node:util";
import type { JsonValue } from "@sage-kernel/core";
import type { ContractCase } from "../contract/contract.ts";
import { numbers } from "../contract/probes.ts";
import { assertJobs, jobCase, refusal, submit } from "./job-control-probes.ts";
import type { JobControlSubject } from "./job-control-subject.ts";

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
      const order = { submissionKey: "order" };
      const secret = "of no importance";
      const { job } = await control.submit({ name: "count", params: { records: 1, secret }, ...order });
      const turned = await control.submit({ name: "count", params: { secret, records: 1 }, ...order });
      assert.equal(turned.job, job, "parameters in another order are other parameters");
      for (const other of [{ params: { records: 4 } }, { name: "endless" }])
        await refusal(() => control.submit({ ...request, ...other }), "SUBMISSION_CONFLICT");
      const another = await control.submit({ ...request, submissionKey: "twice" });
      const [unnamed, unnamedToo] = [await submit(control, "count"), await submit(control, "count")];

      assert.equal(new Set([first, another, unnamed, unnamedToo].map(({ job }) => job)).size, 4);
      await assertJobs(control, 5);
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
      const wrong = [
        [{ name: "count", params }, "JOB_PARAMS_INVALID"],
        [{ name: "badly-built", params: { records: 1 } }, "GRAPH_INVALID"],
        [{ name: "never-starts", params: { records: 1 } }, "SERVICE_START_FAILED"],
      ] as const;
      for (const [request, code] of wrong) {
        const both = numbers(2).map(() => refusal(() => control.submit({ ...request, ...key }), code));
        await Promise.all(both);
      }

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
  {
    id: "J-19",
    title: "what a job is given is told to nobody, and stands in no log",
    run: ({ control, run, logged }) =>
      run(async () => {
        const secret = "swordfish";
        const number = 90_210_471_108_154_711n; // in no time stamp by chance
        const { job } = await control.submit({ name: "fails", params: { records: 1, secret } });
        const refusals = [{ secret }, { records: 1, more: secret }, { secret: [secret, number] }].map(
          (params) => refusal(() => control.submit({ name: "count", params }), "JOB_PARAMS_INVALID"),
        );
        const errors = (await Promise.all(refusals)).map((error) => [error.message, String(error.cause)]);
        const told = [
          await control.wait(job),
          await control.list(),
          await control.tasks(job),
          errors,
          logged(),
        ];
        for (const word of [secret, String(number)])
          assert.ok(
            !inspect(told, { depth: 20 }).includes(word),
            `it is told: ${inspect(told, { depth: 20 })}`,
          );
      }),
  },
];
