/**
 * One vitest project for each workspace with tests. They resolve our packages to their sources, so no test
 * needs a build.
 */
import { existsSync, readdirSync } from "node:fs";
import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";
import { overServers } from "./scripts/test/over-servers.mjs";

const conditions = ["@sage-kernel/source", ...defaultServerConditions];

const workspaces = ["packages", "tests"].flatMap((parent) =>
  readdirSync(new URL(parent, import.meta.url))
    .map((name) => `${parent}/${name}`)
    .filter((folder) => existsSync(new URL(`${folder}/package.json`, import.meta.url))),
);

/** How the tests of a workspace run. */
const project = (folder: string, more: object = {}) => ({
  root: folder,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name: folder,
    include: ["src/**/*.test.ts"],
    testTimeout: process.env.SAGE_DEEP === "1" ? 600_000 : 30_000,
    hookTimeout: 30_000,
    retry: 0,
    ...more,
  },
});

/** Each file of tests has a Redis server of its own. */
const withRedis = { setupFiles: ["../../packages/adapter-redis/test-support/server-of-file.ts"] };

/** The behaviour tests once more, with another adapter as the only change. */
const overAnother = (title: string, adapter: string) =>
  project("tests/behaviour", {
    name: `tests/behaviour over ${title}`,
    include: overServers(process.env.SAGE_DEEP === "1").map((name) => `src/${name}.test.ts`),
    setupFiles: [`../../packages/${adapter}/test-support/outside-world.ts`],
  });

export default defineConfig({
  test: {
    // Two cores: more workers only wait for each other.
    pool: "forks",
    maxWorkers: 2,
    // Settings of the root do not reach the projects, hence each states its own.
    projects: [
      ...workspaces.map((folder) => project(folder, folder === "tests/adapters" ? withRedis : {})),
      overAnother("Redis", "adapter-redis"),
      overAnother("WebSocket", "adapter-ws"),
    ],
  },
});
