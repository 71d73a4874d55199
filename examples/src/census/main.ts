import { fileURLToPath } from "node:url";
import { count, folder } from "../command-line/flags.ts";
import { pipelineFlags } from "../command-line/pipeline-flags.ts";
import { runProgram } from "../command-line/program.ts";
import { runPipeline } from "../command-line/run-pipeline.ts";
import { censusJob } from "./job.ts";
import { declareCensus } from "./pipeline.ts";
import { printCensus } from "./print.ts";
import { censusResult } from "./result.ts";
import { walk } from "./walk.ts";

/** This repository's own node_modules, wherever the program is started from. */
const ownModules = fileURLToPath(new URL("../../../node_modules", import.meta.url));

await runProgram({
  name: "census",
  summary: "counts the files below a folder by kind and by their package's licence, and finds duplicates",
  flags: {
    dir: folder("the folder to walk; default this repository's node_modules", ownModules),
    "max-files": count("stop after so many files; default all", undefined),
    ...pipelineFlags,
  },
  async run({ dir, "max-files": maxFiles, capacity, redis, workers, json, ...options }) {
    const outcome = await runPipeline({
      name: "census",
      capacity,
      redis,
      workers,
      job: { module: censusJob, params: { dir, maxFiles, ...options } },
      declare: (env) => declareCensus(env, () => walk(dir, maxFiles), options),
      progress: {
        step: "read",
        noun: "files",
        share: (files) => (maxFiles === undefined ? undefined : files / maxFiles),
      },
    });
    if (outcome === undefined) return undefined;
    const result = censusResult(outcome);
    return json ? JSON.stringify(result) : printCensus(dir, result);
  },
});
