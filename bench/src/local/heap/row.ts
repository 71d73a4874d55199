import { OURS, type Row } from "../../harness/row.ts";

/** Whether anything grows with the number of records that went through. */
export const heapRow: Row = {
  id: "heap",
  title: "heap after 10 M records minus heap after 1 M, both collected, in one job",
  unit: "MB",
  contenders: [
    {
      name: OURS,
      module: new URL("./ours.js", import.meta.url).href,
      case: "growth",
      size: 10_000_000,
      packages: ["@sage-kernel/core", "@sage-kernel/adapter-local"],
      execArgv: ["--expose-gc"],
    },
  ],
  targets: [{ atMost: 10 }],
};
