import { describeValue } from "../errors/sage-error.ts";
import { resilienceProblems } from "../service/resilience.ts";
import { creatorOf, type DeclaredService, type ServiceOptions } from "./service-declaration.ts";
import { isPlacement, namePattern, nameRemedy } from "./validate-options.ts";

type Report = (node: string, reason: string, message: string, remedy: string) => void;

type Check = (value: unknown) => boolean;

const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 1;
const isTime: Check = (value) => typeof value === "number" && value > 0;
const isNames: Check = (value) => Array.isArray(value) && value.every((name) => typeof name === "string");

const checks: Readonly<
  Record<Exclude<keyof ServiceOptions, keyof typeof resilienceProblems>, readonly [Check, string]>
> = {
  instances: [isCount, "an integer of at least 1"],
  concurrency: [isCount, "an integer of at least 1"],
  timeoutMs: [isTime, "a number above 0, in ms"],
  healthIntervalMs: [isTime, "a number above 0, in ms"],
  queueCapacity: [isCount, "an integer of at least 1"],
  overflow: [(value) => value === "wait" || value === "reject", '"wait" or "reject"'],
  idempotent: [isNames, "an array of names of methods"],
  dependsOn: [isNames, "an array of names of services"],
  placement: [isPlacement, "{ label: name }, a label that workers are started with"],
  interceptors: [
    (value) => Array.isArray(value) && value.every((one) => typeof one === "function"),
    "an array of functions",
  ],
};

/** Reports everything that is wrong with the declared services. */
export function checkServices(services: readonly DeclaredService[], report: Report): void {
  const byName = new Map(services.map((service) => [service.name, service]));
  for (const service of byName.values()) {
    const { name, source, options, requests } = service;
    if (!namePattern.test(name))
      report(String(name), "INVALID_NAME", "The service's name is invalid.", nameRemedy);
    if (services.filter((other) => other.name === name).length > 1) {
      report(name, "DUPLICATE_NAME", "Several services have this name.", "Give each its own.");
    }
    if (requests === undefined && creatorOf(source) === undefined) {
      const message = `The service is ${describeValue(source)}.`;
      report(name, "INVALID_SERVICE", message, "Pass a class, or a function that makes the object.");
    }
    checkOptions(name, options, report);
    checkDependencies(service, byName, report);
  }
}

function checkOptions(name: string, options: ServiceOptions, report: Report): void {
  for (const [path, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (Object.hasOwn(resilienceProblems, path)) {
      const problem = resilienceProblems[path as keyof typeof resilienceProblems](value);
      if (problem !== undefined) {
        report(
          name,
          "INVALID_OPTION",
          `Option "${path}" ${problem}.`,
          "See docs/services.md for its fields.",
        );
      }
      continue;
    }
    const known = Object.hasOwn(checks, path);
    const [check, expected] = known
      ? checks[path as keyof typeof checks]
      : [() => false, "only documented options"];
    if (check(value)) continue;
    const problem = known ? `is ${describeValue(value)}` : "is unknown";
    report(name, "INVALID_OPTION", `Option "${path}" ${problem}.`, `Expected ${expected}.`);
  }
}

function checkDependencies(
  { name, options }: DeclaredService,
  byName: ReadonlyMap<string, DeclaredService>,
  report: Report,
): void {
  const { dependsOn = [] } = options;
  if (!isNames(dependsOn)) return;
  for (const other of dependsOn) {
    if (byName.has(other)) continue;
    report(
      name,
      "UNKNOWN_SERVICE",
      `It depends on "${other}", which is not registered.`,
      "Register it, too.",
    );
  }
  const seen = new Set<string>();
  const reach = (from: string): boolean =>
    (byName.get(from)?.options.dependsOn ?? []).some((other) => {
      if (other === name) return true;
      if (seen.has(other)) return false;
      seen.add(other);
      return reach(other);
    });
  if (reach(name))
    report(name, "SERVICE_CYCLE", "It depends on itself.", "Let one of the services start alone.");
}
