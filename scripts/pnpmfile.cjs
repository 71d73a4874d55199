/**
 * Keeps standard output for the scripts: pnpm prints a banner before every script it runs, and an error line
 * after one that failed. `pnpm example access-log --json | jq` and "the last line is the summary" need neither.
 *
 * Only the commands below are quiet. What pnpm says while it installs goes to standard error (`useStderr` in
 * pnpm-workspace.yaml), so a failing install is still explained. pnpm reads this file because of `pnpmfile`
 * there; after a change run `pnpm install`, which notes its checksum in the lockfile.
 */
const QUIET = new Set(["start", "example", "bench", "test", "test:deep", "fences"]);

module.exports = {
  hooks: {
    updateConfig(config) {
      const [command, script] = process.argv.slice(2).filter((word) => !word.startsWith("-"));
      if (QUIET.has(command === "run" || command === "run-script" ? script : command))
        config.reporter = "silent";
      return config;
    },
  },
};
