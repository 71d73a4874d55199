import { OURS, type Row } from "../../harness/row.ts";

/** How long a cold process takes until a record has arrived. */
export const startupRow: Row = {
  id: "startup",
  title: "import, create, submit, first record, in one fresh process",
  unit: "ms",
  contenders: [
    {
      name: OURS,
      module: new URL("./ours.js", import.meta.url).href,
      case: "firstRecord",
      size: 1,
      packages: ["@sage-kernel/core", "@sage-kernel/adapter-local"],
    },
  ],
  targets: [{ atMost: 150 }],
};
