import { defineJob } from "@sage-kernel/core";
import * as z from "zod";
import { declareCensus } from "./pipeline.ts";
import { walk } from "./walk.ts";

/** The census as a job that leaves its process; its workers must see the same folder. */
export const censusJob = defineJob({
  name: "census",
  params: z.strictObject({
    dir: z.string(),
    maxFiles: z.int().optional(),
    concurrency: z.int(),
    parallelism: z.int(),
  }),
  build: (env, { dir, maxFiles, ...options }) => declareCensus(env, () => walk(dir, maxFiles), options),
});
