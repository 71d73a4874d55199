import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nextDescriptor, openLog, temporaryFolder } from "../test-support/log-files.ts";

describe("log files that cannot be written", () => {
  const blocked = {
    /** A file stands where the folder should be. */
    folder(): string {
      const file = join(temporaryFolder(), "taken");
      writeFileSync(file, "");
      return join(file, "logs");
    },
    /** A folder stands where a file should be. */
    file(): string {
      const folder = temporaryFolder();
      mkdirSync(join(folder, "dispatcher.log"));
      return folder;
    },
  };

  it.each(["folder", "file"] as const)(
    "cost one warning that names the folder, and the console goes on: blocked %s",
    (what) => {
      const folder = blocked[what]();
      const { logger, close, console } = openLog({ folder });

      logger.error("first");
      logger.warn("second");
      close();

      expect(console().map(({ level, msg }) => [level, msg])).toEqual([
        [50, "first"],
        [40, expect.stringContaining(folder)],
        [40, "second"],
      ]);
      expect(console()[1]).toMatchObject({ folder, error: { message: expect.stringMatching(/^E[A-Z]+:/) } });
    },
  );

  it("are warned of on a console for errors alone, but not on a silent one", () => {
    const [errors, silent] = (["error", "silent"] as const).map((level) =>
      openLog({ folder: blocked.folder(), level }),
    );

    errors?.logger.info("line");
    silent?.logger.info("line");

    expect(errors?.console()).toHaveLength(1);
    expect(silent?.console()).toEqual([]);
  });

  it("are given up when somebody removes their folder, which is not made again", () => {
    const folder = join(temporaryFolder(), "logs");
    const { logger, console } = openLog({ folder });
    logger.child({ task: "a#0" }).info("before");
    rmSync(folder, { recursive: true });

    logger.child({ task: "b#0" }).info("after");

    expect(existsSync(folder)).toBe(false);
    expect(console()).toHaveLength(1);
  });

  it("keep what was written before, and no file open", () => {
    const folder = blocked.file();
    const { logger, console, messages } = openLog({ folder, level: "silent" });
    const before = nextDescriptor();
    logger.child({ task: "t#0" }).info("kept");

    logger.info("lost");
    logger.child({ task: "t#0" }).info("too late");

    expect(messages("t#0.log")).toEqual(["kept"]);
    expect(nextDescriptor()).toBe(before);
    expect(console()).toEqual([]);
  });

  it("build no message that the console does not take", () => {
    const { logger } = openLog({ folder: blocked.folder(), level: "error" });
    logger.info("fails");

    logger.info(() => {
      throw new Error("the message was built");
    });
  });
});
