/** No file is longer than 300 lines: past that it is two files. */

export const LONGEST = 300;

/** @see ../fences.mjs for the shape of a fence. */
export const fileSize = {
  rule: "file-size",
  unit: "files",
  check({ sources }, report) {
    for (const { path, text } of sources) {
      const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
      if (lines > LONGEST)
        report(path, `${lines} lines, the most is ${LONGEST}`, "split it by responsibility");
    }
    return sources.length;
  },
};
