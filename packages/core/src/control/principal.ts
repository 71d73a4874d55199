import type { ControlOperation } from "./control-arguments.ts";

/**
 * What somebody may do with jobs: `submit` them; `operate` them, that is pause, resume, stop and forget; `observe` them, that is
 * everything that only asks; take part as a `worker`; and `manage`, that is take the manager's seat.
 */
export type JobRole = "submit" | "operate" | "observe" | "worker" | "manage";

/** Somebody whom a channel has authenticated. */
export interface Principal {
  /** Names them in logs. */
  readonly id: string;
  /** What they may do; nothing else. */
  readonly roles: readonly JobRole[];
}

const roles: Readonly<Partial<Record<ControlOperation, JobRole>>> = {
  submit: "submit",
  pause: "operate",
  resume: "operate",
  stop: "operate",
  forget: "operate",
};

/** What one must be allowed to, to have a command carried out. */
export function roleFor(operation: ControlOperation): JobRole {
  return roles[operation] ?? "observe";
}

/** Whether a sender may do this; the senders of a channel that tells none from another may do all of it. */
export function permits(principal: Principal | undefined, role: JobRole): boolean {
  return principal === undefined || principal.roles.includes(role);
}
