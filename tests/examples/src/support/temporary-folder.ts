import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** Contents by path. */
export type Contents = Readonly<Record<string, string | Buffer>>;

/** Makes a folder with these files; it is gone when the test has finished. */
export function temporaryFolder(contents: Contents = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "sage-example-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}
