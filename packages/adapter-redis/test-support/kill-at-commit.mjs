/**
 * Loaded before a job, kills its process at one commit: `KILL_AT=<n>:before` when it would be sent, `:sent` when it is on its
 * way, `:answered` when its answer is there and nobody has seen it. With `close.<n>` or `release.<n>` in place of `<n>` at one of
 * the last things that it does. Says `commits <n>` when the process ends otherwise.
 */
import { IoredisWire } from "../dist/ioredis-wire.js";
import { releaseScript } from "../dist/owner-scripts.js";
import { closeScript } from "../dist/scripts.js";
import { commitScript } from "../dist/task-scripts.js";

const [place, step] = (process.env.KILL_AT || "-1").split(":");
const [name, at] = place.includes(".") ? place.split(".") : ["commit", place];
const scripts = { commit: commitScript, close: closeScript, release: releaseScript };
const { send } = IoredisWire.prototype;
const sent = { commit: 0, close: 0, release: 0 };
const die = () => process.kill(process.pid, "SIGKILL");

IoredisWire.prototype.send = function (command, args) {
  const [found] =
    Object.entries(scripts).find(([, { sha, source }]) => args[0] === sha || args[0] === source) ?? [];
  const mine = found !== undefined && sent[found]++ === Number(at) && found === name;
  if (mine && step === "before") die();
  const answer = send.call(this, command, args);
  if (mine && step === "sent") die();
  return mine ? answer.finally(die) : answer;
};
process.on("exit", () => console.log(`commits ${sent.commit}`));
