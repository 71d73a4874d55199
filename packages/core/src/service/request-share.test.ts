import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RequestShare, requestHeader, requestIn, serviceOf, shareHeader } from "./request-share.ts";

describe("the share of a record in its request", () => {
  it("adds up to all of it, however it was divided and in whatever order it comes back", () => {
    const divisions = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 7 })), { maxLength: 12 });
    fc.assert(
      fc.property(divisions, fc.nat(), (steps, pick) => {
        const shares = [RequestShare.all];
        for (const [at, parts] of steps) {
          const [share] = shares.splice(at % shares.length, 1) as [RequestShare];
          for (let i = 0; i < parts; i++) shares.push(share.dividedBy(parts));
        }
        const [last] = shares.splice(pick % shares.length, 1) as [RequestShare];
        let sum = RequestShare.none;
        for (const share of shares) {
          sum = sum.plus(RequestShare.parse(share.toString()));
          expect(sum.isAll).toBe(false);
        }
        expect(sum.plus(last).toString()).toBe("1/1");
      }),
    );
  });

  it.each(["", "1", "1/0", "-1/2", "1.5/2", "a/b", "1/2/3", `1/${"9".repeat(1001)}`, "1/2 "])(
    "is none where the header is %j",
    (text) => {
      expect(RequestShare.parse(text).toString()).toBe("0/1");
    },
  );

  it("is all of it where there is no header", () => {
    expect(RequestShare.of(undefined).isAll).toBe(true);
    expect(RequestShare.of({ [shareHeader]: "1/3" }).isAll).toBe(false);
  });
});

describe("the request that a record stems from", () => {
  it("is told by a header", () => {
    expect(requestIn({ [requestHeader]: "quote#12:7" })).toEqual({ front: "quote#12", ticket: 7 });
    expect(serviceOf("quote#12")).toBe("quote");
  });

  it.each([undefined, {}, ...["", "quote", "quote#0:", "quote#0:x", "quote#0:-1", "quote#0:1.5"]])(
    "is none where that is %j",
    (header) => {
      const headers = typeof header === "string" ? { [requestHeader]: header } : header;
      expect(requestIn(headers)).toBeUndefined();
    },
  );
});
