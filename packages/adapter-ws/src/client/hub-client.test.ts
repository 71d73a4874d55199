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

  test("says how its last connection has ended where it says what is lost", async () => {
    const hub = new DialledHub();
    const ended = (text: string) => expect.stringContaining(text);
    hub.end(1006, "ECONNREFUSED");
    hub.clock.advance(60_000);
    expect(hub.lost).toEqual([ended('code 1006, "ECONNREFUSED"')]);

    hub.welcome("one");
    const first = outcomeOf(hub.client.request("size", {}));
    hub.end(4429, "too many messages");
    hub.clock.advance(1000);
    hub.welcome("two"); // it has forgotten the session
    await hub.turn();
    expect(first.now).toMatchObject({ code: "HUB_UNAVAILABLE", message: ended("forgotten the session") });
    expect(first.now).toMatchObject({ message: ended('code 4429, "too many messages"') });

    const second = outcomeOf(hub.client.request("size", {}));
    hub.babble();
    await hub.turn();
    expect(second.now).toMatchObject({ message: expect.not.stringContaining("4429") });
  });

  test.each([4401, 4403, 4412])(
    "tells whoever listens that all is lost when it is refused for good (%i)",
    (code) => {
      const hub = new DialledHub();
      hub.welcome("one");
      hub.end(code, "not you");
      hub.clock.advance(100_000);
      expect(hub.lost).toEqual([expect.stringContaining("not you")]);
      expect([hub.dialled.length, hub.client.session.lost?.code]).toEqual([1, "HUB_REFUSED"]);
    },
  );
});
