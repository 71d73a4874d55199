import { describe, expect, test } from "vitest";
import { settle } from "../../test-support/fake-host.ts";
import { letter as someLetter } from "../../test-support/store-harness.ts";
import { SageError } from "../errors/sage-error.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { DeadLetter } from "../state/dead-letter.ts";
import { DeadLetterStore } from "../state/dead-letter-store.ts";
import { DeadLetters } from "./dead-letters.ts";

const letter = (id: string): DeadLetter => ({ ...someLetter(), id });

/** A view of the letters a, b and c; `send` is called with the id of each that is redriven. */
function setUp(send: (id: string) => MaybePromise<void> = () => undefined, problem?: string) {
  const store = new DeadLetterStore("job-1", 3);
  store.write(["a", "b", "c"].map(letter));
  const letters = new DeadLetters({
    job: "job-1",
    store,
    problem: () => problem,
    send: ({ id }) => send(id),
  });
  return { letters, ids: () => letters.list().map(({ id }) => id) };
}

const refused = new SageError("REDRIVE_REFUSED", { job: "job-1", letter: "b", problem: "it has ended" });
const lost = new Error("connection lost");

describe("the view of a job's dead letters", () => {
  test("tells what is in the store", () => {
    const { letters, ids } = setUp();

    expect(ids()).toEqual(["a", "b", "c"]);
    expect([letters.size, letters.capacity, letters.whenFull]).toEqual([3, 3, "fail"]);
    expect([letters.get("b")?.id, letters.get("x")]).toEqual(["b", undefined]);
    expect([letters.discard("b"), letters.discard("b"), ids()]).toEqual([true, false, ["a", "c"]]);
  });

  test("has lost a letter within the call that its inbox has taken within the call", () => {
    const { letters, ids } = setUp();
    void letters.redrive("b");

    expect(ids()).toEqual(["a", "c"]);
  });

  test("keeps a letter until its inbox has taken it, and sends it to no other one meanwhile", async () => {
    let taken = (): void => undefined;
    const sent: string[] = [];
    const { letters, ids } = setUp((id) => {
      sent.push(id);
      return new Promise((resolve) => {
        taken = resolve;
      });
    });
    const redriven = letters.redrive("b");
    await expect(letters.redrive("b")).rejects.toMatchObject({
      code: "REDRIVE_REFUSED",
      details: { job: "job-1", letter: "b", problem: "it is being redriven already" },
    });
    expect([ids(), letters.discard("b")]).toEqual([["a", "b", "c"], false]);

    taken();
    await redriven;
    expect([ids(), sent]).toEqual([["a", "c"], ["b"]]);
  });

  test.each([
    [
      "within the call",
      () => {
        throw refused;
      },
    ],
    ["later", () => Promise.reject(refused)],
  ])("keeps a letter that is refused %s, for another redrive or to be discarded", async (_, send) => {
    const { letters, ids } = setUp(send);

    for (let i = 0; i < 2; i++) await expect(letters.redrive("b")).rejects.toBe(refused);
    expect(ids()).toEqual(["a", "b", "c"]);
    expect(letters.discard("b")).toBe(true);
  });

  test("sends nothing while there is a reason not to", async () => {
    const sent: string[] = [];
    const { letters } = setUp((id) => void sent.push(id), "the job has ended");

    await expect(letters.redrive("a")).rejects.toMatchObject({ details: { problem: "the job has ended" } });
    expect([await letters.redriveAll(), sent, letters.discard("a")]).toEqual([0, [], true]);
  });

  test("redrives all at once and counts those that went", async () => {
    const sent: string[] = [];
    const { letters, ids } = setUp((id) => {
      sent.push(id);
      return id === "b" ? Promise.reject(refused) : settle();
    });
    const all = letters.redriveAll();
    expect(sent).toEqual(["a", "b", "c"]);

    expect([await all, ids()]).toEqual([2, ["b"]]);
  });

  test("passes on what goes wrong otherwise, once all the others have gone", async () => {
    const { letters, ids } = setUp((id) => (id === "a" ? Promise.reject(lost) : settle()));

    await expect(letters.redriveAll()).rejects.toBe(lost);
    expect(ids()).toEqual(["a"]);
  });
});
