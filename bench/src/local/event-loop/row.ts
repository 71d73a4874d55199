import { OURS, type Row } from "../../harness/row.ts";

/** How punctual a timer is while a pipeline does all it can. */
export const eventLoopRow: Row = {
  id: "event-loop",
  title: "99th percentile between two ticks of a 10 ms timer, under full load",
  unit: "ms",
  contenders: [
    {
      name: OURS,
      module: new URL("./ours.js", import.meta.url).href,
      case: "timerUnderLoad",
      size: 200,
      packages: ["@sage-kernel/core", "@sage-kernel/adapter-local"],
    },
  ],
  targets: [{ atMost: 25 }],
};
