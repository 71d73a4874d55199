import { basename } from "node:path";
import { licenseOf } from "./license.ts";

/** What npm calls the file that describes a package. */
export const manifestName = "package.json";

/** Most bytes of a `package.json` that are kept to be parsed. */
export const manifestLimitBytes = 1024 * 1024;

/** Whether a file may describe a package. */
export function isManifest({ path }: { readonly path: string }): boolean {
  return basename(path) === manifestName;
}

/** A file that may describe a package. */
export interface Manifest {
  /** Its path. */
  readonly path: string;
  /** Its text; absent when it is longer than {@link manifestLimitBytes}. */
  readonly content?: string;
}

/** A package, as its `package.json` describes it. */
export interface Package {
  /** Path of its `package.json`. */
  readonly path: string;
  readonly name: string;
  /** An SPDX expression as a rule, see {@link licenseOf}. */
  readonly license: string;
}

/**
 * The package that a `package.json` describes; `undefined` when it has no name and so is none, such as
 * `{ "type": "module" }`.
 *
 * @throws Error when it is no JSON object, when its name or version is no string, and when it is too long.
 */
export function parseManifest({ path, content }: Manifest): Package | undefined {
  if (content === undefined) throw new Error(`is longer than ${manifestLimitBytes} bytes`);
  // Some editors write a byte order mark, which npm takes as well.
  const manifest: unknown = JSON.parse(content.replace(/^\uFEFF/, ""));
  if (!isObject(manifest)) throw new Error("is no JSON object");
  const name = stringOf(manifest, "name");
  stringOf(manifest, "version");
  return name === undefined || name === "" ? undefined : { path, name, license: licenseOf(manifest) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function stringOf(manifest: Readonly<Record<string, unknown>>, field: string): string | undefined {
  const value = manifest[field];
  if (value === undefined || typeof value === "string") return value;
  throw new Error(`has a ${field} that is no string`);
}
