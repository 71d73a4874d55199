import { describe, expect, test } from "vitest";
import { DialledHub } from "../../test-support/dialled-hub.ts";
import { frameTypes } from "../wire/frame-type.ts";
import { encodeJson } from "../wire/json-body.ts";

/** What a request has come to so far. */
function outcomeOf(request: Promise<unknown>): { readonly now: unknown } {
  const outcome = { now: "waits" as unknown };
  request.then(
    (value) => {
      outcome.now = value;
    },
    (error: Error) => {
      outcome.now = error;
    },
  );
  return outcome;
}

const reply = (id: number, value: unknown) => ({
  type: frameTypes.reply,
  body: encodeJson([id, true, value]),
});

describe("a client of a hub", () => {
  test("takes nothing in for its next session that comes behind a broken message of the former one", async () => {
    const hub = new DialledHub();
    const { client, dialled, closed, lost } = hub;
    hub.welcome("one");
    hub.babble();
    expect([closed, lost.length]).toEqual([[4400], 1]);
    const asked = outcomeOf(client.request("size", {}));

    hub.say(reply(1, "of the former session"));
    hub.babble();
    await Promise.resolve();
    expect([asked.now, lost.length]).toEqual(["waits", 1]);

    hub.end(4400);
    hub.clock.advance(100);
    expect(dialled).toHaveLength(2);
    hub.welcome("two");
    hub.say(reply(1, "of this one"));
    await Promise.resolve();
    expect(asked.now).toBe("of this one");
  });
});
