import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../test-support/log-files.ts";
import { LogFolder } from "./log-folder.ts";

describe("a log folder", () => {
  it("closes its files once, since their descriptors may be another's by then", () => {
    const folder = new LogFolder(temporaryFolder());
    folder.append("a.log", "line\n");
    folder.close();
    const another = openSync(devNull, "r");

    folder.close();

    expect(() => fstatSync(another)).not.toThrow();
    closeSync(another);
  });

  it("means a relative path from where the process was when it was made", () => {
    const absolute = temporaryFolder();
    const home = process.cwd();
    const folder = new LogFolder(relative(home, absolute));
    process.chdir(tmpdir());
    onTestFinished(() => process.chdir(home));

    folder.append("a.log", "line\n");
    folder.close();

    expect(folder.path).toBe(absolute);
    expect(readFileSync(join(absolute, "a.log"), "utf8")).toBe("line\n");
  });
});
