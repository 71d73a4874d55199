import type { DataStream, DeadLetter, KeyedStream, ServiceRef } from "@sage-kernel/core";
import { noLicense } from "./license.ts";
import type { LicenseService } from "./license-service.ts";
import { isManifest, type Package, parseManifest } from "./manifest.ts";
import type { FileFacts } from "./read-file.ts";

/** Packages of one licence, added up. */
export interface LicenseTotals {
  readonly license: string;
  /** Number of packages. */
  readonly packages: number;
  /** Number of files that belong to them; under `(none)` also of those that belong to no package. */
  readonly files: number;
  readonly bytes: number;
}

/** Files that have the same `package.json` files above them, added up. */
interface FileGroup {
  /** Paths of these, nearest first. */
  readonly manifests: readonly string[];
  readonly files: number;
  readonly bytes: number;
}

/** A group, and a package that it may belong to. */
interface Claim {
  readonly group: FileGroup;
  /** The package; absent where the group belongs to none. */
  readonly owner?: Package;
  /** How many `package.json` files of the group are nearer than this one. */
  readonly distance: number;
}

/** What the packages come to. */
export interface PackageStreams {
  readonly licenses: DataStream<LicenseTotals>;
  /** The `package.json` files that cannot be parsed. */
  readonly malformed: DataStream<DeadLetter<FileFacts>>;
}

/**
 * Joins files with their packages, and adds them up by licence.
 *
 * A file belongs to the nearest `package.json` above it that has a name, and whether one has is known only when it is
 * parsed, which may be before the file comes or after. Hence nothing asks for what has come so far, as a `coMap` that
 * remembers packages would: the walk gives every file all of its candidates, a join meets each of them with its
 * package in whatever order the two come, and once all have met, the nearest one that is a package is taken. So the
 * answer depends on the folders alone, and not on timing or on the number of instances.
 *
 * Files are grouped by their nearest candidate first, since all files of a group have the same candidates: what is
 * kept and joined then grows with the number of `package.json` files and not with that of all files.
 */
export function declarePackages(
  files: DataStream<FileFacts>,
  licenseService: ServiceRef<LicenseService>,
  parallelism: number,
): PackageStreams {
  const parsed = files
    .filter(isManifest, { name: "manifests", parallelism })
    .map(parseManifest, { name: "parse", parallelism, onError: "deadLetter" });
  const named = parsed.map(
    async (described, ctx): Promise<Package> => {
      if (described.license === noLicense) return described;
      return { ...described, license: await ctx.callService(licenseService, described.license) };
    },
    { name: "license", parallelism, concurrency: 4 },
  );
  const packages = named.keyBy(({ path }) => path, { name: "by-path", parallelism });
  const groups = files
    .keyBy(({ manifests }) => nearestOf(manifests), { name: "by-manifest", parallelism })
    .reduce(addToGroup, { name: "groups", parallelism, initial: () => noFiles, emit: "end" });
  const licenses = claimsOf(groups, packages, parallelism)
    .keyBy(({ group }) => nearestOf(group.manifests), { name: "by-group", parallelism })
    .reduce((a, b) => (b.distance < a.distance ? b : a), { name: "owners", parallelism, emit: "end" })
    .keyBy(({ owner }) => owner?.license ?? noLicense, { name: "by-license", parallelism })
    .reduce(addToLicense, { name: "licenses", parallelism, initial: () => noPackages, emit: "end" });
  return { licenses, malformed: parsed.deadLetters() };
}

/** Each group with each of its packages, and with none, which is farther than all of them. */
function claimsOf(
  groups: DataStream<FileGroup>,
  packages: KeyedStream<string, Package>,
  parallelism: number,
): DataStream<Claim> {
  const none = groups.map((group): Claim => ({ group, distance: group.manifests.length }), {
    name: "unclaimed",
    parallelism,
  });
  return groups
    .flatMap((group) => group.manifests.map((path, distance) => ({ group, path, distance })), {
      name: "candidates",
      parallelism,
    })
    .keyBy(({ path }) => path, { name: "by-candidate", parallelism })
    .join(packages, ({ group, distance }, owner): Claim => ({ group, distance, owner }), {
      name: "claims",
      parallelism,
    })
    .union(none);
}

/** The nearest `package.json`; an empty path where there is none. */
function nearestOf(manifests: readonly string[]): string {
  return manifests[0] ?? "";
}

const noFiles: FileGroup = { manifests: [], files: 0, bytes: 0 };
const noPackages: LicenseTotals = { license: noLicense, packages: 0, files: 0, bytes: 0 };

function addToGroup({ files, bytes }: FileGroup, file: FileFacts): FileGroup {
  return { manifests: file.manifests, files: files + 1, bytes: bytes + file.bytes };
}

function addToLicense(totals: LicenseTotals, { group, owner }: Claim): LicenseTotals {
  // A package may own several groups; one of them is that of its own package.json.
  const isNewPackage = owner !== undefined && owner.path === nearestOf(group.manifests);
  return {
    license: owner?.license ?? noLicense,
    packages: totals.packages + (isNewPackage ? 1 : 0),
    files: totals.files + group.files,
    bytes: totals.bytes + group.bytes,
  };
}
