/**
 * One vitest project for each workspace with tests. They resolve our packages to their sources, so no test
 * needs a build.
 */
import { existsSync, readdirSync } from "node:fs";
import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

const conditions = ["@sage-kernel/source", ...defaultServerConditions];

const workspaces = ["packages", "tests"].flatMap((parent) =>
  readdirSync(new URL(parent, import.meta.url))
    .map((name) => `${parent}/${name}`)
    .filter((folder) => existsSync(new URL(`${folder}/package.json`, import.meta.url))),
);

export default defineConfig({
  test: {
    // Two cores: more workers only wait for each other.
    pool: "forks",
    maxWorkers: 2,
    // Settings of the root do not reach the projects, hence each states its own.
    projects: workspaces.map((folder) => ({
      root: folder,
      resolve: { conditions },
      ssr: { resolve: { conditions } },
      test: {
        name: folder,
        include: ["src/**/*.test.ts"],
        testTimeout: 30_000,
        hookTimeout: 30_000,
        retry: 0,
      },
    })),
  },
});
