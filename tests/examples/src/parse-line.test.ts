import { parseLine } from "@sage-kernel/examples/access-log/parse-line";
import { expect, test } from "vitest";

const good = '1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET /a?b=c HTTP/1.1" 200 12 "http://r/" "agent"';

test("a line in the combined format is read field by field", () => {
  expect(parseLine({ number: 1, text: good })).toEqual({
    address: "1.2.3.4",
    time: Date.UTC(2015, 4, 17, 10, 5, 3),
    hour: "2015-05-17T10",
    status: "200",
    bytes: 12,
    path: "/a",
  });
});

test.each([
  { what: "an escaped quote in the agent", text: good.replace("agent", 'a \\"b\\" c'), path: "/a" },
  { what: "a request that is no request", text: good.replace("GET /a?b=c HTTP/1.1", "-"), path: "-" },
  { what: "an empty request", text: good.replace("GET /a?b=c HTTP/1.1", ""), path: "" },
])("a line with $what is well-formed", ({ text, path }) => {
  expect(parseLine({ number: 1, text }).path).toBe(path);
});

test.each([
  { what: "its last quote missing", text: good.slice(0, -1) },
  { what: "something after its last quote", text: `${good} x` },
  { what: "something before it", text: ` ${good}` },
  { what: "no agent", text: good.replace(' "agent"', "") },
  { what: "an unknown month", text: good.replace("May", "Mai") },
  { what: "no offset", text: good.replace(" +0000", "") },
  { what: "a status of two digits", text: good.replace(" 200 ", " 20 ") },
  { what: "bytes that are no number", text: good.replace(" 12 ", " 1x ") },
  { what: "a bare quote in its agent", text: good.replace("agent", 'a"b') },
  { what: "nothing in it", text: "" },
])("a line with $what is malformed, and the error names it", ({ text }) => {
  expect(() => parseLine({ number: 7, text })).toThrow("line 7 is not in the combined log format");
});
