import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { EnvironmentLogOptions } from "@sage-kernel/core";
import type { LogMessage } from "@sage-kernel/core/spi";
import { describe, expect, it } from "vitest";
import { nextDescriptor, openLog, temporaryFolder } from "../test-support/log-files.ts";

describe("the files of an environment's log", () => {
  it("divide the lines: each task's, the others', and all errors once more", () => {
    const folder = temporaryFolder();
    const { logger, close, messages } = openLog({ folder });
    const [parse, sink] = [logger.child({ task: "parse#0" }), logger.child({ task: "sink#1" })];

    logger.info("deployed");
    parse.warn("slow");
    sink.error("sink broke");
    logger.error("job failed");
    close();

    expect(readdirSync(folder).sort()).toEqual(["dispatcher.log", "error.log", "parse#0.log", "sink#1.log"]);
    expect(messages("dispatcher.log")).toEqual(["deployed", "job failed"]);
    expect(messages("parse#0.log")).toEqual(["slow"]);
    expect(messages("sink#1.log")).toEqual(["sink broke"]);
    expect(messages("error.log")).toEqual(["sink broke", "job failed"]);
  });

  it("hold the same JSON line as the console, with the fields of its parents and the error's cause", () => {
    const folder = temporaryFolder();
    const { logger, close, file, console } = openLog({ folder });

    const error = new TypeError("no", { cause: new Error("deep") });
    logger
      .child({ job: "j" })
      .child({ task: "t#0" })
      .error(() => "it broke", { error, code: 7 });
    close();

    expect(file("t#0.log")).toEqual(console());
    expect(file("error.log")).toEqual(console());
    expect(console()).toMatchObject([
      {
        level: 50,
        job: "j",
        task: "t#0",
        code: 7,
        msg: "it broke",
        error: { type: "TypeError", cause: { message: "deep" } },
      },
    ]);
  });

  it("go by the task nearest to the line", () => {
    const folder = temporaryFolder();
    const { logger, close } = openLog({ folder });

    logger.child({ task: "a#0" }).child({ task: "b#0" }).info("grandchild");
    logger.child({ task: "a#0" }).info("line", { task: "c#0" });
    logger.info("no name", { task: 7 });
    close();

    expect(readdirSync(folder).sort()).toEqual(["b#0.log", "c#0.log", "dispatcher.log"]);
  });

  it.each([
    ["../../etc/passwd", "___.._etc_passwd.log"],
    ["..", "__.log"],
    [".", "_.log"],
    ["", "_.log"],
    [".hidden#0", "_hidden#0.log"],
    ["a/b\\c d:é\0#0", "a_b_c_d___#0.log"],
    ["A-z_0.9#12", "A-z_0.9#12.log"],
    ["dispatcher", "dispatcher_.log"],
    ["Error", "Error_.log"],
    ["x".repeat(5000), `${"x".repeat(200)}.log`],
  ])("stay in their folder, whatever the task's name: %j", (task, name) => {
    const parent = temporaryFolder();
    const folder = join(parent, "logs");
    const { logger, close, messages } = openLog({ folder });

    logger.child({ task }).info("line");
    close();

    expect(readdirSync(folder)).toEqual([name]);
    expect(readdirSync(parent)).toEqual(["logs"]);
    expect(messages(name)).toEqual(["line"]);
  });

  it("are made with the first line for them, and their folder with all parents", () => {
    const root = join(temporaryFolder(), "a");
    const folder = join(root, "b", "c");
    const { logger, close, loads } = openLog({ folder, level: "silent" });

    logger.debug("below their level");
    expect(existsSync(root)).toBe(false);
    expect(loads()).toBe(0);
    logger.info("first");

    expect(readdirSync(folder)).toEqual(["dispatcher.log"]);
    close();
  });

  it("are not made by a log that is closed before its first line", () => {
    const folder = join(temporaryFolder(), "logs");
    const { logger, close } = openLog({ folder });

    close();
    logger.info("late");

    expect(existsSync(folder)).toBe(false);
  });

  it("go on where they ended when a log is opened again", () => {
    const folder = temporaryFolder();
    for (const message of ["first", "second"]) {
      const { logger, close } = openLog({ folder });
      logger.info(message);
      close();
    }

    expect(openLog({ folder }).messages("dispatcher.log")).toEqual(["first", "second"]);
  });

  it("can be shared by two logs at a time", () => {
    const folder = temporaryFolder();
    const [one, two] = [openLog({ folder }), openLog({ folder })];

    one.logger.info("1");
    two.logger.info("2");
    one.close();
    two.logger.info("3");
    two.close();

    expect(one.messages("dispatcher.log")).toEqual(["1", "2", "3"]);
  });

  it("hold every line that was logged before the log was closed", () => {
    const folder = temporaryFolder();
    const { logger, close, messages } = openLog({ folder });
    const expected = Array.from({ length: 2000 }, (_, i) => `${i} ${"x".repeat(100)}`);

    for (const message of expected) logger.info(message);
    close();

    expect(messages("dispatcher.log")).toEqual(expected);
  });
});

describe("closing an environment's log", () => {
  it("leaves the console to lines that come later", () => {
    const folder = temporaryFolder();
    const { logger, close, console, messages } = openLog({ folder });
    logger.warn("before");

    close();
    logger.warn("after");

    expect(console().map(({ msg }) => msg)).toEqual(["before", "after"]);
    expect(messages("dispatcher.log")).toEqual(["before"]);
  });

  it("has no effect a second time", () => {
    const { logger, close, console } = openLog({ folder: temporaryFolder() });
    logger.info("line");
    close();

    expect(() => close()).not.toThrow();
    expect(console()).toEqual([]);
  });

  it("leaves no file open", () => {
    const { logger, close } = openLog({ folder: temporaryFolder() });
    const before = nextDescriptor();
    for (let i = 0; i < 20; i++) logger.child({ task: `t#${i}` }).info("line");
    expect(nextDescriptor()).toBeGreaterThan(before);

    close();

    expect(nextDescriptor()).toBe(before);
  });
});

describe("the levels of an environment's log", () => {
  it("are the runtime's on the console and info in the files, unless it says otherwise", () => {
    const folder = temporaryFolder();
    const { logger, close, console, messages } = openLog({ folder });

    for (const level of ["debug", "info", "warn", "error"] as const) logger[level](level);
    close();

    expect(console().map(({ msg }) => msg)).toEqual(["warn", "error"]);
    expect(messages("dispatcher.log")).toEqual(["info", "warn", "error"]);
  });

  it("are independent of each other", () => {
    const folder = temporaryFolder();
    const { logger, close, console, messages } = openLog({ folder, level: "debug", fileLevel: "error" });

    for (const level of ["debug", "info", "warn", "error"] as const) logger[level](level);
    close();

    expect(console().map(({ msg }) => msg)).toEqual(["debug", "info", "warn", "error"]);
    expect(messages("dispatcher.log")).toEqual(["error"]);
  });

  it.each<[string, EnvironmentLogOptions, "info" | "error", number]>([
    ["never where nothing takes it", { level: "warn" }, "info", 0],
    ["never where the console is silent and there are no files", { level: "silent" }, "error", 0],
    ["once for the console alone", { level: "info" }, "info", 1],
    ["once for console, task file and error file together", { level: "info", folder: "logs" }, "error", 1],
    ["once for a file alone", { level: "silent", folder: "logs" }, "info", 1],
  ])("let the message be built %s", (_, { folder, ...levels }, level, times) => {
    let built = 0;
    const message: LogMessage = () => `built ${++built}`;
    const { logger, close } = openLog(
      folder === undefined ? levels : { ...levels, folder: temporaryFolder() },
    );

    logger.child({ task: "t#0" })[level](message);
    close();

    expect(built).toBe(times);
  });
});

describe("opening a log", () => {
  it.each([
    ["level", { level: "loud" }],
    ["fileLevel", { fileLevel: "silent" }],
    ["folder", { folder: "" }],
    ["fodler", { fodler: "logs" }],
  ])("refuses a wrong option by its path: %s", (path, options) => {
    expect(() => openLog(options as never)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: expect.objectContaining({ path }) }),
    );
  });
});
