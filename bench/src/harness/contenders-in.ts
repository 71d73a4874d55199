import { type Contender, OURS } from "./row.ts";

/** Makes a contender of the folder's module of that name. */
export type MakeContender = (name: string, size: number, packages?: readonly string[]) => Contender;

/**
 * For the folder of the module with this URL, what makes a contender: each is a module that bears its name and
 * exports the case.
 */
export function contendersIn(moduleUrl: string, caseName: string): MakeContender {
  return (
    name,
    size,
    packages = name === OURS ? ["@sage-kernel/core", "@sage-kernel/adapter-local"] : [],
  ) => ({
    name,
    module: new URL(`./${name}.js`, moduleUrl).href,
    case: caseName,
    size,
    packages,
    execArgv: ["--expose-gc"],
  });
}
