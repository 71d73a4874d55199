import { contendersIn } from "../../harness/contenders-in.ts";
import { OURS, type Row } from "../../harness/row.ts";

const contender = contendersIn(import.meta.url, "hop");

/** Records one way, from another process to this one. */
export const hopRow: Row = {
  id: "ws-hop",
  title: "records of about 63 bytes one way over a WebSocket, from another process",
  unit: "records/s",
  contenders: [
    contender(OURS, 2_000_000, ["@sage-kernel/core", "@sage-kernel/adapter-ws"]),
    contender("raw-msgpackr", 2_000_000, ["ws", "msgpackr"]),
    contender("raw-arrays", 1_000_000, ["ws"]),
    contender("raw-json", 200_000, ["ws"]),
    contender("socket-io", 100_000, ["socket.io"]),
  ],
  targets: [{ vs: "raw-msgpackr", atLeast: 0.8 }],
};
