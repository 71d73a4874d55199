/**
 * Loaded before a job, kills its process at one commit: `KILL_AT=<n>:before` when it would be sent, `:sent` when it is on its
 * way, `:answered` when its answer is there and nobody has seen it. Says `commits <n>` when the process ends otherwise.
 */
import { IoredisWire } from "../dist/ioredis-wire.js";
import { commitScript } from "../dist/task-scripts.js";

const [at, step] = (process.env.KILL_AT || "-1").split(":");
const { send } = IoredisWire.prototype;
let commits = 0;
const die = () => process.kill(process.pid, "SIGKILL");

IoredisWire.prototype.send = function (command, args) {
  const isCommit = args[0] === commitScript.sha || args[0] === commitScript.source;
  const mine = isCommit && commits++ === Number(at);
  if (mine && step === "before") die();
  const answer = send.call(this, command, args);
  if (mine && step === "sent") die();
  return mine ? answer.finally(die) : answer;
};
process.on("exit", () => console.log(`commits ${commits}`));
