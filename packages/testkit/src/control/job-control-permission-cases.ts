import assert from "node:assert/strict";
import type { JobControl, JobRole } from "@sage-kernel/core";
import type { ContractCase } from "../contract/contract.ts";
import { assertJobs, hasRead, refusal, submit } from "./job-control-probes.ts";
import type { JobControlSubject } from "./job-control-subject.ts";

/** What each role is for, as commands about a job that runs. */
const commands: Readonly<Record<string, readonly [JobRole, (control: JobControl, job: string) => unknown]>> =
  {
    submit: ["submit", (control) => submit(control, "endless", 1)],
    pause: ["operate", (control, job) => control.pause(job)],
    resume: ["operate", (control, job) => control.resume(job)],
    stop: ["operate", (control, job) => control.stop(job)],
    forget: ["operate", (control, job) => control.forget(job)],
    status: ["observe", (control, job) => control.status(job)],
    list: ["observe", (control) => control.list()],
    tasks: ["observe", (control, job) => control.tasks(job)],
    metrics: ["observe", (control, job) => control.metrics(job)],
    logs: ["observe", (control, job) => control.logs(job)],
    wait: ["observe", (control, job) => control.wait(job, { timeoutMs: 1 })],
  };

/** Who may do what. */
export const permissionCases: readonly ContractCase<JobControlSubject>[] = [
  {
    id: "J-15",
    title: "commands of those who may not give them change nothing, are refused, and leave a trace",
    needs: ["principals"],
    run: ({ control, as, logged, run }) =>
      run(async () => {
        assert.ok(as, "there is nobody else");
        const { job } = await submit(control, "endless", 2);
        await hasRead(control, job, 2);
        for (const roles of [["submit"], ["operate"], ["observe"], ["worker"], []] as JobRole[][]) {
          const other = await as(roles);
          for (const [name, [role, command]] of Object.entries(commands)) {
            if (roles.includes(role)) continue;
            const error = await refusal(async () => command(other, job), "FORBIDDEN");
            assert.match(error.message, new RegExp(role), `what "${name}" takes is not told`);
          }
          assert.equal((await control.status(job)).state, "running");
        }
        await assertJobs(control, 1);
        assert.match(JSON.stringify(logged()), /without being allowed/, "nobody is told of it");

        for (const role of ["submit", "observe", "operate"] as const) {
          const other = await as([role]);
          for (const [allowed, command] of Object.values(commands))
            if (allowed === role) await command(other, job);
        }
        assert.equal((await control.list()).entries.length, 1, "who may submit, operate and forget cannot");
      }),
  },
];
