/** Every source parses: otherwise the other fences would look at half a file. */

/** @see ../fences.mjs for the shape of a fence. */
export const syntax = {
  rule: "syntax",
  unit: "files",
  check({ sources }, report) {
    for (const { path, errors } of sources) for (const error of errors) report(path, error, "make it parse");
    return sources.length;
  },
};
