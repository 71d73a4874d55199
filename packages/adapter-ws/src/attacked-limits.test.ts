import { describe, test } from "vitest";
import { AttackedHub, clientToken } from "../test-support/attacked-hub.ts";
import { frameTypes } from "./wire/frame-type.ts";
import { encodeNumbers } from "./wire/numbers.ts";

const attacked = new AttackedHub();

const open = (link: number): object => ({
  link,
  descriptor: { kind: "ws", id: `q${link}`, capacity: 4, options: {} },
});

describe("a connection on which", () => {
  test("more is asked for at once than may be is closed", async () => {
    await attacked.listen({ maxRequests: 10, maxLinks: 5 });
    const one = attacked.raw();
    await one.hello();
    for (let n = 1; n <= 11; n++) one.request(n, "seat.hold", { name: `s${n}`, fence: true });
    await attacked.expectEnd(one.end, 4429, "limit");
    const two = attacked.raw();
    await two.hello();
    for (let n = 1; n <= 6; n++) two.request(n, "open", open(n));
    await attacked.expectEnd(two.end, 4429, "limit");
  });

  test("somebody who takes no part in the work sends hundreds of messages is closed", async () => {
    const one = attacked.raw({ token: clientToken });
    await one.hello();
    for (let n = 1; n <= 500; n++) one.request(n, "seat.hold", { name: `c${n}`, fence: true });
    await attacked.expectEnd(one.end, 4429, "limit");
  });

  test("somebody who takes no part in the work sends thousands of frames in one message is closed", async () => {
    const one = attacked.raw({ token: clientToken });
    await one.hello();
    const cancel = { type: frameTypes.cancel, body: encodeNumbers([1]) };
    one.frames(
      Array.from({ length: 4001 }, () => cancel),
      1,
    );
    await attacked.expectEnd(one.end, 4429, "limit");
  });

  test("a session begins again and again is closed when there are too many", async () => {
    await attacked.listen({ maxSessionsPerPrincipal: 3 });
    for (let n = 0; n < 3; n++) {
      const one = attacked.raw();
      await one.hello();
      one.socket.terminate();
    }
    const fourth = attacked.raw();
    void fourth.hello().catch(() => undefined);
    await attacked.expectEnd(fourth.end, 4429, "limit");
    await attacked.listen();
  });
});
