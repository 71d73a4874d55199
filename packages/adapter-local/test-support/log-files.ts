import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import type { EnvironmentLogOptions } from "@sage-kernel/core";
import { onTestFinished } from "vitest";
import { PinoLogFiles } from "../src/pino-log-files.ts";
import { createPinoLines } from "../src/pino-logger.ts";

/** An empty folder; it is gone when the test has finished. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sage-log-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The descriptor that the next file would get: the least that is free. */
export function nextDescriptor(): number {
  const descriptor = openSync(devNull, "r");
  closeSync(descriptor);
  return descriptor;
}

const parsed = (lines: string[]): Record<string, unknown>[] => lines.map((line) => JSON.parse(line));

/** A log whose console is a list. The runtime's level is `warn`. */
export function openLog(options: EnvironmentLogOptions = {}) {
  const console: string[] = [];
  let loads = 0;
  const files = new PinoLogFiles("warn", () => {
    loads++;
    return { format: createPinoLines().format, writeToConsole: (line) => void console.push(line) };
  });
  const log = files.open(options);
  const file = (name: string) =>
    parsed(
      readFileSync(join(options.folder ?? "", name), "utf8")
        .split("\n")
        .slice(0, -1),
    );
  return {
    ...log,
    console: () => parsed(console),
    loads: () => loads,
    file,
    messages: (name: string) => file(name).map(({ msg }) => msg),
  };
}
