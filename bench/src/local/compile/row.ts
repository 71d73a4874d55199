import { oursAlone } from "../../harness/row.ts";

/** How long a large graph takes, and whether that grows with its channels alone. */
export const compileRow = oursAlone({
  id: "compile",
  title: "first compile of 1,000 steps, 10,000 task nodes and 99,900 channels in a process",
  unit: "ms",
  module: new URL("./ours.js", import.meta.url).href,
  case: "compile",
  size: 1_000,
  execArgv: ["--expose-gc"],
  target: { atMost: 1_000 },
});
