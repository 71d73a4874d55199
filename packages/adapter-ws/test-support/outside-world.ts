/** Sets the behaviour tests up to run over a hub, in virtual time: each file has a hub of its own, and real sockets to it. */
import { afterAll, beforeAll, beforeEach } from "vitest";
import { notOverWebSockets } from "./not-over-web-sockets.ts";
import { WsLab } from "./ws-lab.ts";

let lab: WsLab;

beforeAll(async () => {
  lab = await WsLab.start({}, { clock: { monotonic: () => 0 } }); // the hub's time is not the pipeline's
  const world = { adapter: lab.adapter(), quiet: () => lab.quiet(), check: async () => lab.checkEmpty() };
  Object.assign(globalThis, { sageOutsideWorld: world });
});

beforeEach(({ task, skip }) => {
  const found = notOverWebSockets.find(([title]) => task.name.endsWith(title));
  if (found !== undefined) skip(found[1]);
});

afterAll(() => lab.stop());
