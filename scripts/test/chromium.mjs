/**
 * Finds a Chromium for the test of the page: `CHROMIUM_BIN`, then one on the path. As root on Debian it is installed where it is
 * missing; without one the test is skipped, and says so.
 */
import { findProgram, installPackage } from "./debian.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const find = () => process.env.CHROMIUM_BIN || findProgram(names, []);

/** A step of the test command: looks for a browser, and tells the test where it is. */
export const chromiumStep = {
  title: "a Chromium for the test of the page",
  async run() {
    if (find() === undefined) installPackage("chromium");
    const found = find();
    process.env.CHROMIUM_BIN = found ?? "";
    return {
      ok: true,
      output: found ?? "none: the test of the page is skipped. Install one, or set CHROMIUM_BIN",
    };
  },
};
