/** The licence of a package that names none. */
export const noLicense = "(none)";

/**
 * The licence that a `package.json` names, as it is written there. Old forms become what npm tells authors to write
 * instead: `{ "type": "MIT" }` is `MIT`, and a list of several is `(MIT OR Apache-2.0)`.
 */
export function licenseOf({ license, licenses }: Readonly<Record<string, unknown>>): string {
  return expressionOf(license) ?? expressionOf(licenses) ?? noLicense;
}

function expressionOf(license: unknown): string | undefined {
  if (Array.isArray(license)) {
    const choices = license.flatMap((choice) => nameOf(choice) ?? []);
    return choices.length > 1 ? `(${choices.join(" OR ")})` : choices[0];
  }
  return nameOf(license);
}

function nameOf(license: unknown): string | undefined {
  const name = typeof license === "object" && license !== null && "type" in license ? license.type : license;
  return typeof name === "string" && name.trim() !== "" ? name : undefined;
}
