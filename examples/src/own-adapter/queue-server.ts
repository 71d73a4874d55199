/** The process that keeps the queues: `fork` starts it, questions come and answers go over its IPC channel. */
import { type Element, type Reply, ServedQueue } from "./served-queue.ts";

const queues = new Map<string, ServedQueue>();
const gone = (): void => undefined; // whoever has asked may have ended meanwhile
const reply: Reply = (call, value, refusal) =>
  void process.send?.([call, value, refusal], undefined, undefined, gone);

process.on("message", (message) => {
  const [call, id, ask, detail] = message as [number, string, string, unknown];
  if (ask === "open") queues.set(id, new ServedQueue(detail as number, reply));
  const queue = queues.get(id);
  if (queue === undefined) reply(call, undefined, "closed");
  else if (ask === "put") queue.put(call, detail as Element[]);
  else if (ask === "take") queue.take(call, detail as number);
  else if (ask === "abort") queue.abort(detail as number);
  else {
    if (ask === "advance") queue.advance(detail as number);
    else if (ask === "rewind") queue.rewind();
    else if (ask === "close") queue.close();
    reply(call, queue.size);
  }
});
process.on("disconnect", () => process.exit());
