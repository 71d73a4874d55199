import { expect, test } from "vitest";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { Router } from "./router.ts";

test("a batch has a place among its headers for each record, also behind the last that has some", () => {
  const records = new RecordBuffer();
  records.append("with", undefined, { h: "1" });
  const at = records.reserve(2, false);
  records.payloads[at] = "without";
  records.payloads[at + 1] = "without";
  const seen: unknown[] = [];
  const group = {
    connections: [],
    route: ({ payloads, headers }: RecordBuffer) => void seen.push(payloads.length, headers),
  };

  new Router([group as never], undefined).route(records, []);

  expect(seen).toEqual([3, [{ h: "1" }, undefined, undefined]]);
});
