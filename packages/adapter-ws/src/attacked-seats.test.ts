import { expect, test } from "vitest";
import { AttackedHub, clientToken } from "../test-support/attacked-hub.ts";

const attacked = new AttackedHub();

test("a seat is its holder's: nobody else reads, sends, or notes there, whatever epoch they say", async () => {
  const channel = attacked.hub.channel();
  const boss = await channel.join("manager");
  await boss.notes?.set("secret", 1);
  const one = attacked.raw({ token: clientToken });
  await one.hello();
  const seat = { name: "manager", epoch: boss.epoch };
  const attempts: [string, object][] = [
    ["notes", seat],
    ["note", { ...seat, key: "secret", value: 2 }],
    ["take", { ...seat, max: 1 }],
    ["send", { ...seat, to: "worker", body: "forged" }],
    ["hold", { name: "manager", fence: true }],
  ];
  for (const [number, [operation, args]] of attempts.entries()) {
    one.request(number + 1, `seat.${operation}`, args);
    expect(Buffer.from(await one.next()).toString("latin1")).toMatch(/SEAT_LOST|FORBIDDEN/);
  }
  expect(await boss.notes?.all()).toEqual(new Map([["secret", 1]]));
  one.socket.terminate();
  await channel.close();
});
