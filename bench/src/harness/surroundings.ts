import { readFileSync } from "node:fs";
import os from "node:os";
import type { Row } from "./row.ts";

/** What a reader must know to compare two result files. */
export interface Surroundings {
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  /** Load average over a minute when the run began: above 1 means that something else was running. */
  readonly load: number;
  /** Versions of the packages the contenders named. */
  readonly packages: Readonly<Record<string, string>>;
}

/** Looks at this machine and at the installed packages the rows measure. */
export function surroundingsOf(rows: readonly Row[]): Surroundings {
  const names = rows.flatMap((row) => row.contenders.flatMap((contender) => contender.packages ?? []));
  const cpus = os.cpus();
  return {
    node: process.version,
    v8: process.versions.v8,
    platform: `${os.platform()} ${os.release()} ${os.arch()}`,
    cpu: cpus[0]?.model ?? "unknown",
    cores: cpus.length,
    load: os.loadavg()[0] ?? Number.NaN,
    packages: Object.fromEntries([...new Set(names)].sort().map((name) => [name, installedVersion(name)])),
  };
}

function installedVersion(name: string): string {
  // Read from node_modules rather than resolved: many packages do not export their package.json.
  const manifest = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  try {
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version?: string };
    return version ?? "unknown";
  } catch {
    return "not installed";
  }
}
