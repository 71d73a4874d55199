/** A lock between processes: a file that names its owner. */
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 50;
const ABANDONED_MS = 300_000;

/** Runs `work` while no other process on this machine holds the lock. An owner that died holds nothing. */
export async function withLock(file, work) {
  while (!acquired(file)) await sleep(POLL_MS);
  const release = () => rmSync(file, { force: true });
  process.on("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

function acquired(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (isAbandoned(file)) rmSync(file, { force: true });
    return false;
  }
}

function isAbandoned(file) {
  try {
    if (Date.now() - statSync(file).mtimeMs > ABANDONED_MS) return true;
    const owner = Number(readFileSync(file, "utf8"));
    return owner !== 0 && !isAlive(owner); // 0: made just now, the name is not yet written.
  } catch {
    return false; // Released just now.
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
