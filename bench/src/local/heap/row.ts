import { oursAlone } from "../../harness/row.ts";

/** Whether anything grows with the number of records that went through. */
export const heapRow = oursAlone({
  id: "heap",
  title: "heap after 10 M records minus heap after 1 M, both collected, in one job",
  unit: "MB",
  module: new URL("./ours.js", import.meta.url).href,
  case: "growth",
  size: 10_000_000,
  execArgv: ["--expose-gc"],
  target: { atMost: 10 },
});
