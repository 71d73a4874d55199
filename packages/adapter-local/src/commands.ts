import { parseArgs } from "node:util";
import { type CheckedDeployment, loadDeployment } from "./deployment.ts";
import { type ProcessEnds, runJobManager, runWorker } from "./run-process.ts";

const workerUsage = `sage-worker --config FILE [--name NAME] [--slots N] [--label LABEL]…

Runs tasks and services of jobs for the manager in its channel. SIGTERM or SIGINT hands over what it has
and ends it; a second one ends it at once.`;

const managerUsage = `sage-jobmanager --config FILE

Manages jobs that run in workers. Of several one leads, the others wait. SIGTERM or SIGINT ends it; the jobs go on.`;

/** The command `sage-worker`. Answers its exit code. */
export function workerCommand(args: readonly string[]): Promise<number> {
  const flags = {
    name: { type: "string" },
    slots: { type: "string" },
    label: { type: "string", multiple: true },
  } as const;
  return command(args, workerUsage, flags, (deployment, ends, given) => {
    const { name, slots, label } = given as { name?: string; slots?: string; label?: string[] };
    const more = {
      ...(name === undefined ? {} : { name }),
      ...(slots === undefined ? {} : { slots: Number(slots) }),
      ...(label === undefined ? {} : { labels: label }),
    };
    return runWorker({ ...deployment, worker: { ...deployment.worker, ...more } }, ends);
  });
}

/** The command `sage-jobmanager`. Answers its exit code. */
export function jobManagerCommand(args: readonly string[]): Promise<number> {
  return command(args, managerUsage, {}, runJobManager);
}

async function command(
  args: readonly string[],
  usage: string,
  flags: NonNullable<Parameters<typeof parseArgs>[0]>["options"],
  run: (deployment: CheckedDeployment, ends: ProcessEnds, given: object) => Promise<number>,
): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    const options = { ...flags, config: { type: "string" }, help: { type: "boolean" } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const { config, help, ...given } = values as { config?: string; help?: boolean };
    if (help === true || config === undefined) {
      say(usage);
      return help === true ? 0 : 2;
    }
    return await run(await loadDeployment(config), { told: toldBySignal(), say }, given);
  } catch (error) {
    say(String(error instanceof Error ? error.message : error));
    return 1;
  }
}

/** Settles with the first signal that tells the process to end; the second one ends it. */
function toldBySignal(): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    const onSignal = (): void => {
      if (++count > 1) process.exit(1);
      resolve();
    };
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, onSignal);
  });
}
