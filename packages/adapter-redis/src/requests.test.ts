import { FakeClock, settle } from "@sage-kernel/testkit";
import { describe, expect, test } from "vitest";
import { FakeWire } from "../test-support/fake-wire.ts";
import { answerLost, Requests } from "./requests.ts";

const limits = { answerMs: 1000, outageMs: 10_000 };

function create() {
  const clock = new FakeClock();
  const wire = new FakeWire();
  const requests = new Requests(wire, clock, limits, "Redis");
  const asked = (command: string): Promise<unknown> => {
    const answer = requests.ask(command, ["x"]).catch((error: unknown) => error);
    return answer;
  };
  const pass = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 50) clock.advance(50);
  };
  return { clock, wire, requests, asked, pass };
}

describe("a request", () => {
  test("is sent when there is a connection, and answered once", async () => {
    const { wire, asked, requests, clock, pass } = create();
    const answer = asked("A");
    expect(wire.sent).toEqual([]);
    wire.connect();
    expect(wire.sent).toEqual(["A"]);
    wire.answer({ kind: "reply", reply: 7 });

    expect(await answer).toBe(7);
    expect(requests.size).toBe(0);
    pass(5000);
    expect(clock.pending).toBe(0);
  });

  test("is sent again, in its order and as it was, over each new connection; late answers of old ones do nothing", async () => {
    const { wire, asked } = create();
    wire.connect();
    const [one, two] = [asked("A"), asked("B")];
    wire.cut();
    wire.connect();
    expect(wire.sent).toEqual(["A", "B", "A", "B"]);
    wire.answerOf(0, { kind: "reply", reply: "of the first connection" });
    wire.answerOf(2, { kind: "reply", reply: "of the second" });
    wire.answerOf(3, { kind: "reply", reply: 2 });

    expect(await Promise.all([one, two])).toEqual(["of the second", 2]);
  });

  test("is not sent again where it is asked for once: a lost answer is said to be lost", async () => {
    const { wire, requests } = create();
    const early = requests.ask("A", [], { once: true }).catch((error: unknown) => error);
    wire.connect();
    wire.cut();
    wire.connect();

    expect(await early).toBe(answerLost);
    expect(wire.sent).toEqual(["A"]);
  });

  test.each(["LOADING Redis is loading", "READONLY You can't write", "BUSY Redis is busy", "TRYAGAIN later"])(
    "is sent again after a refusal that passes: %s",
    async (message) => {
      const { wire, asked, clock } = create();
      wire.connect();
      const answer = asked("A");
      wire.answer({ kind: "refused", message });
      await settle();
      expect(wire.sent).toEqual(["A"]);
      clock.advance(50);
      expect(wire.sent).toEqual(["A", "A"]);
      wire.answer({ kind: "reply", reply: "done" });

      expect(await answer).toBe("done");
    },
  );

  test("rejects with what the server says where that does not pass", async () => {
    const { wire, asked } = create();
    wire.connect();
    const answer = asked("A");
    wire.answer({ kind: "refused", message: "OOM command not allowed" });

    expect(await answer).toMatchObject({ code: "STORE_REFUSED", details: { command: "A" } });
  });

  test("drops a connection over which nothing comes back, and is sent over the next one", async () => {
    const { wire, asked, pass } = create();
    wire.connect();
    const answer = asked("A");
    pass(1000);
    expect(wire.resets).toBe(1);
    wire.connect();
    wire.answer({ kind: "reply", reply: 1 });

    expect(await answer).toBe(1);
  });

  test("gives up when there is no answer for too long, however often the connection comes back", async () => {
    const { wire, asked, pass, requests } = create();
    const answer = asked("A");
    for (let second = 0; second < 10; second++) {
      wire.connect();
      wire.cut();
      pass(1000);
    }

    expect(await answer).toMatchObject({ code: "STORE_UNAVAILABLE", details: { waitedMs: 10_000 } });
    expect(requests.size).toBe(0);
  });

  test("rejects when the connection is closed, as do those after it, and no timer is left", async () => {
    const { wire, asked, requests, clock } = create();
    wire.connect();
    const answer = asked("A");
    await requests.close();

    expect(await answer).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(await asked("B")).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect([wire.closed, clock.pending]).toEqual([true, 0]);
  });
});

describe("a greeting", () => {
  test("may take longer than an answer, as long as it is answered; then everything is sent", async () => {
    const clock = new FakeClock();
    const wire = new FakeWire();
    const requests = new Requests(wire, clock, limits, "Redis", async (send) => {
      for (let look = 0; look < 3; look++) await send("INFO", []);
      return true;
    });
    const answer = requests.ask("A", []);
    wire.connect();
    for (let look = 0; look < 3; look++) {
      clock.advance(800);
      wire.answer({ kind: "reply", reply: "busy" });
      await settle();
    }
    expect([wire.resets, wire.sent]).toEqual([0, ["INFO", "INFO", "INFO", "A"]]);
    wire.answer({ kind: "reply", reply: 1 });

    expect(await answer).toBe(1);
    await requests.close();
  });

  test("that is not answered drops its connection", async () => {
    const clock = new FakeClock();
    const wire = new FakeWire();
    const requests = new Requests(
      wire,
      clock,
      limits,
      "Redis",
      async (send) => (await send("INFO", [])).kind === "reply",
    );
    const answer = requests.ask("A", []).catch((error: unknown) => error);
    wire.connect();
    for (let passed = 0; passed < 1250; passed += 250) clock.advance(250);

    expect([wire.resets, wire.sent]).toEqual([1, ["INFO"]]);
    await requests.close();
    expect(await answer).toMatchObject({ code: "STORE_UNAVAILABLE" });
  });
});
