import { extname } from "node:path";

/** The kind of files without an extension. */
export const noKind = "(none)";

/** A file's kind: its extension in lower case, such as `.ts`. Dot-files such as `.npmrc` have none. */
export function kindOf(path: string): string {
  const extension = extname(path).toLowerCase();
  return extension.length > 1 ? extension : noKind;
}
