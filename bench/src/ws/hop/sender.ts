/** The other process: `node sender.js <module of the contender> <address>`; it sends as many records as it is told to. */
import type { Send } from "./hop-case.ts";

const [module, address] = process.argv.slice(2) as [string, string];
const { open } = (await import(module)) as { open: (address: string) => Promise<Send> };
const send = await open(address);
process.on("message", async (count: number) => {
  await send(count);
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
