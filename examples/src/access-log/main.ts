import { statSync } from "node:fs";
import { count, file } from "../command-line/flags.ts";
import { pipelineFlags } from "../command-line/pipeline-flags.ts";
import { runProgram } from "../command-line/program.ts";
import { runPipeline } from "../command-line/run-pipeline.ts";
import { accessLogJob } from "./job.ts";
import { LineReader } from "./lines.ts";
import { declareAccessLog } from "./pipeline.ts";
import { printAccessLog } from "./print.ts";
import { accessLogResult } from "./result.ts";

await runProgram({
  name: "access-log",
  summary: "counts the requests of a web server's log in the combined format",
  flags: {
    input: file("the log to read"),
    top: count("length of the lists of addresses and paths", 10),
    "max-lines": count("stop after so many lines; default all", undefined),
    "crash-at": count("crash the step that finds sessions once, at its N-th request", undefined),
    ...pipelineFlags,
  },
  async run({
    input,
    top,
    "max-lines": maxLines,
    "crash-at": crashAt,
    capacity,
    redis,
    workers,
    json,
    ...options
  }) {
    const lines = new LineReader(input, maxLines);
    const { size } = statSync(input);
    const outcome = await runPipeline({
      name: "access-log",
      capacity,
      redis,
      workers,
      job: { module: accessLogJob, params: { input, maxLines, crashAt, ...options } },
      declare: (env) => declareAccessLog(env, () => lines.read(), { ...options, crashAt }),
      progress: {
        step: "parse",
        noun: "lines",
        share: () => (size === 0 ? undefined : lines.position / size),
      },
    });
    if (outcome === undefined) return undefined;
    const result = accessLogResult(outcome, top);
    if (json) return JSON.stringify(result);
    const failures = outcome.job.deadLetters.list().map(({ record, error }) => ({
      what: (record as { readonly text: string }).text,
      reason: error.message,
    }));
    return printAccessLog(input, result, failures);
  },
});
