import { oursAlone } from "../../harness/row.ts";

/** How punctual a timer is while a pipeline does all it can. */
export const eventLoopRow = oursAlone({
  id: "event-loop",
  title: "99th percentile between two ticks of a 10 ms timer, under full load",
  unit: "ms",
  module: new URL("./ours.js", import.meta.url).href,
  case: "timerUnderLoad",
  size: 200,
  target: { atMost: 25 },
});
