/** Programs that tests need and npm does not have: found where they are, and installed where that can be done. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The first of these programs that is on the path or in one of these folders. */
export function findProgram(names, folders) {
  return [...(process.env.PATH ?? "").split(delimiter), ...folders]
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
}

/** Installs a package, as root on Debian; does nothing anywhere else. */
export function installPackage(name) {
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) return;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", name]]) {
    spawnSync("apt-get", args, { env, stdio: "ignore" });
  }
}
