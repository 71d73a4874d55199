import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { BenchCase } from "../../harness/bench-case.ts";
import type { Load } from "../../harness/drive.ts";
import { rateCase } from "../../harness/rate-case.ts";
import type { WireRecord } from "./records.ts";

/** Sends so many records, in the other process. */
export type Send = (count: number) => Promise<void>;

/** What takes each record in this process. */
export type Take = (record: WireRecord) => void;

/** One way to receive records from another process. */
export interface Receiver {
  /** Where the sender connects to. */
  readonly address: string;
  /** Takes so many records; settles when the last one was taken. */
  receive(count: number, take: Take): Promise<void>;
  close(): Promise<void>;
}

const sender = fileURLToPath(new URL("./sender.js", import.meta.url));

/** Measures records per second from another process to this one; `module` is that of the contender. */
export function hopCase(module: string, listen: () => Promise<Receiver>): BenchCase {
  return rateCase(async () => {
    const receiver = await listen();
    const child = fork(sender, [module, receiver.address]);
    await once(child, "message");
    return {
      async run(numbers, take) {
        const received = receiver.receive(numbers.length, take);
        child.send(numbers.length);
        await received;
      },
      close: async () => {
        child.disconnect();
        await once(child, "exit");
        await receiver.close();
      },
    };
  }, prepare);
}

/** The sender makes the records; only their number is known here. */
function prepare(size: number): Load<number, Take> {
  const expected = Array.from({ length: size }, (_, id) => id % 1000).reduce((sum, value) => sum + value, 0);
  return {
    records: new Array<number>(size),
    begin() {
      let count = 0;
      let sum = 0;
      return {
        steps: ({ id, value }) => {
          if (id !== count++) throw new Error(`record ${id} comes as number ${count - 1}`);
          sum += value;
        },
        verify() {
          if (count === size && sum === expected) return;
          throw new Error(`wrong result: ${count} records with the sum ${sum}, not ${size} with ${expected}`);
        },
      };
    },
  };
}
