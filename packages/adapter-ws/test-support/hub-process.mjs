/**
 * A hub in a process of its own, whose clock for calls stands still. It tells its parent where it listens, and, when it is asked, what
 * it keeps and how many frames it has, once nothing more happens in it. It ends with its parent.
 */
import { WsHub } from "../dist/index.js";

const hub = await WsHub.listen({ maxConnectionsPerAddress: 1000 }, { clock: { monotonic: () => 0 } });

/** Waits until nothing has come or gone for a few turns of the event loop. */
async function rest() {
  for (let still = 0, before = ""; still < 4; ) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = JSON.stringify(hub.frames);
    still = now === before ? still + 1 : 0;
    before = now;
  }
}

process.on("message", async (id) => {
  await rest();
  process.send({ id, frames: hub.frames, kept: hub.kept });
});
process.on("disconnect", () => process.exit(0));
process.send({ url: hub.url });
