import { describe, expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import { failureOf } from "../../test-support/failure.ts";
import type { Environment } from "../api/environment.ts";
import { defineJob } from "./define-job.ts";
import { checkedParams, JobRegistry } from "./job-registry.ts";

const params = z.strictObject({ at: z.coerce.date(), lines: z.array(z.string()).default([]) });
const job = defineJob({ name: "count", params, build: () => undefined });

describe("defineJob", () => {
  test("gives build the name as a type, and what the schema makes of the parameters", () => {
    defineJob({
      name: "typed",
      params,
      build: (env, given) => {
        expectTypeOf(env).toEqualTypeOf<Environment<"typed">>();
        expectTypeOf(given).toEqualTypeOf<{ at: Date; lines: string[] }>();
      },
    });
  });

  test.each([
    [{ name: "../count" }, "name"],
    [{ name: 5 }, "name"],
    [{ params: { parse: () => 1 } }, "params"],
    [{ build: undefined }, "build"],
  ])("refuses %j", (wrong, path) => {
    const error = failureOf(() => defineJob({ ...job, ...wrong } as never));

    expect(error).toMatchObject({ code: "INVALID_OPTION", details: { path } });
  });
});

describe("JobRegistry", () => {
  test("refuses two of one name, and names those it has", () => {
    expect(failureOf(() => new JobRegistry([job, job]))).toMatchObject({ code: "INVALID_OPTION" });
    expect(failureOf(() => new JobRegistry([job]).get("toString"))).toMatchObject({
      code: "JOB_UNKNOWN",
      details: { known: ["count"] },
    });
  });
});

describe("checkedParams", () => {
  test("answers what the schema makes of them", async () => {
    expect(await checkedParams(job, { at: "2020-01-01" })).toEqual({ at: new Date("2020-01-01"), lines: [] });
  });

  test("tells everything that is wrong, with its path", async () => {
    await expect(checkedParams(job, { at: "2020-01-01", lines: ["a", 2], more: 1 })).rejects.toMatchObject({
      code: "JOB_PARAMS_INVALID",
      details: {
        problems: [expect.stringMatching(/^params\.lines\[1\]: /), expect.stringMatching(/^params: .*more/)],
      },
    });
  });

  test("tells when the schema itself fails", async () => {
    const refuse = (): never => {
      throw new Error("out of order");
    };
    const broken = defineJob({ name: "broken", params: z.string().refine(refuse), build: () => undefined });

    await expect(checkedParams(broken, "x")).rejects.toMatchObject({
      code: "JOB_PARAMS_INVALID",
      cause: expect.objectContaining({ message: "out of order" }),
    });
  });
});
