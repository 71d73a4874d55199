import { defineJob } from "@sage-kernel/core";
import * as z from "zod";
import { LineReader } from "./lines.ts";
import { declareAccessLog } from "./pipeline.ts";

/** The access log as a job that leaves its process; its workers must see the same file. */
export const accessLogJob = defineJob({
  name: "access-log",
  params: z.strictObject({
    input: z.string(),
    maxLines: z.int().optional(),
    crashAt: z.int().optional(),
    concurrency: z.int(),
    parallelism: z.int(),
  }),
  build: (env, { input, maxLines, crashAt, ...options }) =>
    declareAccessLog(env, () => new LineReader(input, maxLines).read(), { ...options, crashAt }),
});
