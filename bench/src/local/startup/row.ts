import { oursAlone } from "../../harness/row.ts";

/** How long a cold process takes until a record has arrived. */
export const startupRow = oursAlone({
  id: "startup",
  title: "import, create, submit, first record, in one fresh process",
  unit: "ms",
  module: new URL("./ours.js", import.meta.url).href,
  case: "firstRecord",
  size: 1,
  target: { atMost: 150 },
});
