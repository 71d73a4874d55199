import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LoggerSubject, loggerContract, messagesOf, type WrittenLine } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { describe } from "vitest";
import { PinoLogFiles } from "./pino-log-files.ts";
import { openPino, PinoLogger } from "./pino-logger.ts";

const levels: Record<number, WrittenLine["level"]> = { 20: "debug", 30: "info", 40: "warn", 50: "error" };

/** What a JSON line says. */
function parsed(line: string): WrittenLine {
  const { level, time: _, msg, error, ...fields } = JSON.parse(line) as Record<string, unknown>;
  return {
    level: levels[level as number] ?? (level as WrittenLine["level"]),
    message: msg as string,
    fields,
    errors: messagesOf(error),
  };
}

function onPino(): LoggerSubject {
  const written: string[] = [];
  const write = (line: string): void => void written.push(line);
  return {
    logger: new PinoLogger("debug", () => openPino("debug", { write })),
    errorsOnly: new PinoLogger("error", () => openPino("error", { write })),
    lines: () => written.map(parsed),
  };
}

/** Both loggers write into one folder; lines that name no task go into the dispatcher's file. */
function inFolders(): LoggerSubject & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "sage-logger-"));
  const files = new PinoLogFiles("silent");
  const open = (fileLevel: "debug" | "error") => files.open({ folder, level: "silent", fileLevel }).logger;
  const read = (): WrittenLine[] =>
    existsSync(join(folder, "dispatcher.log"))
      ? readFileSync(join(folder, "dispatcher.log"), "utf8").trimEnd().split("\n").map(parsed)
      : [];
  return { folder, logger: open("debug"), errorsOnly: open("error"), lines: read };
}

describe("in files", () => {
  describeContract(loggerContract, {
    capabilities: ["levels"],
    open: inFolders,
    close: (subject) => rmSync((subject as ReturnType<typeof inFolders>).folder, { recursive: true }),
  });
});

describe("on the console", () => {
  describeContract(loggerContract, { capabilities: ["levels"], open: onPino });
});
