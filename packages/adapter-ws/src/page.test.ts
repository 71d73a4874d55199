import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("../../../scripts/example.mjs", import.meta.url));
const executablePath = process.env.CHROMIUM_BIN || "/usr/bin/chromium";
const reason = existsSync(executablePath) ? "" : ` [there is no Chromium at ${executablePath}]`;

test.skipIf(reason !== "")(
  `a page submits a job and sees it count, over the standard WebSocket${reason}`,
  async () => {
    const server = spawn(process.execPath, [program, "browser"], { stdio: ["ignore", "pipe", "inherit"] });
    const [url] = (await once(createInterface(server.stdout), "line")) as [string];
    const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
    const browser = await chromium.launch({ executablePath, args });
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      await page.goto(url);
      await page.waitForFunction('document.getElementById("state").textContent === "connected"');
      await page.click("#submit");
      const counts = new Set<number>();
      for (let state = ""; state !== "completed"; ) {
        state = (await page.textContent("#state")) ?? "";
        counts.add(
          await page.$eval("#read", (meter) => (meter as unknown as { readonly value: number }).value),
        );
        expect(["connected", "running", "completed"]).toContain(state);
      }
      expect(counts.size).toBeGreaterThan(3); // it has seen it on its way
      expect(Math.max(...counts)).toBe(300);
      expect(await page.textContent("#tasks")).toContain("square");
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
      server.kill("SIGTERM");
      await once(server, "exit");
    }
  },
  60_000,
);
