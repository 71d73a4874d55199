import type { BenchCase } from "../../harness/bench-case.ts";
import type { Load } from "../../harness/drive.ts";
import { rateCase } from "../../harness/rate-case.ts";
import { startServer } from "../bench-server.ts";

/** A record of about 63 bytes of JSON. */
export interface HopRecord {
  readonly id: number;
  readonly value: number;
  readonly name: string;
}

/** What takes each record at the other end. */
export type Take = (record: HopRecord) => void;

/** One way to bring records through a queue in Redis. */
export interface Hop {
  /** Brings all there and back; settles when the last one was taken. */
  run(records: readonly HopRecord[], take: Take): Promise<void>;
  close(): Promise<void>;
}

/** Measures records per second through a server of its own, at this Unix socket. */
export function hopCase(open: (path: string) => Hop | Promise<Hop>): BenchCase {
  return rateCase(async () => {
    const server = await startServer();
    const hop = await open(server.path);
    return {
      run: (records, take) => hop.run(records, take),
      close: async () => {
        await hop.close();
        await server.stop();
      },
    };
  }, prepareHop);
}

function prepareHop(size: number): Load<HopRecord, Take> {
  const records = Array.from({ length: size }, (_, id) => ({
    id,
    value: id % 1000,
    name: `record number ${id}`,
  }));
  const expected = records.reduce((sum, { value }) => sum + value, 0);
  return {
    records,
    begin() {
      let count = 0;
      let sum = 0;
      return {
        steps: ({ value }) => {
          count++;
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
