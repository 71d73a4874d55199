import { OURS, type Row } from "../../harness/row.ts";

const contender = (name: string, file: string, exported: string) => ({
  name,
  module: new URL(`./${file}.js`, import.meta.url).href,
  case: exported,
  size: 3_000_000,
  packages: [],
  execArgv: ["--expose-gc"],
});

/** What state costs that a crash leaves alone, next to a `Map` that it does not. */
export const keyedStateRow: Row = {
  id: "keyed-state",
  title: "a count per key in keyed state over 1 M string keys; extras: bytes per key",
  unit: "records/s",
  contenders: [
    contender(OURS, "ours", "reduce"),
    contender("ours-counter", "ours", "counter"),
    contender("plain-map", "plain-map", "rate"),
  ],
  targets: [],
};
