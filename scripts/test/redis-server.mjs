/**
 * Finds a Redis server for the tests of adapter-redis, which run against a real one: `REDIS_SERVER_BIN`, then `redis-server`
 * or `valkey-server` on the path or in Homebrew's folders. As root on Debian it is installed where it is missing. Tests
 * start servers of their own, on sockets of their own; none is started here.
 */
import { spawnSync } from "node:child_process";
import { findProgram, installPackage } from "./debian.mjs";

const names = ["redis-server", "valkey-server"];
const homebrew = ["/opt/homebrew/bin", "/usr/local/bin", "/home/linuxbrew/.linuxbrew/bin"];

const missing = `There is no Redis server for the tests of adapter-redis. Install one (Debian and Ubuntu: apt-get install
redis-server; macOS: brew install redis; Fedora: dnf install valkey), or set REDIS_SERVER_BIN to the program.`;

/** A step of the test command: makes sure that there is a server, and tells the tests where. */
export const redisServerStep = {
  title: "a Redis server for the tests",
  async run() {
    const found = find() ?? install();
    if (found === undefined) return { ok: false, output: missing };
    process.env.REDIS_SERVER_BIN = found;
    const version = spawnSync(found, ["--version"], { encoding: "utf8" });
    return { ok: version.status === 0, output: `${found}: ${version.stdout ?? version.error}` };
  },
};

function find() {
  return process.env.REDIS_SERVER_BIN || findProgram(names, homebrew);
}

function install() {
  installPackage("redis-server");
  return find();
}
