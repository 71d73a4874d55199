import correct from "spdx-correct";

/** What says on purpose that there is no licence of the SPDX list: npm's own words for it. */
const outside = /^(unlicensed$|see licen[cs]e in )/i;

/**
 * Turns what packages write about their licence into SPDX expressions: `Apache 2.0` becomes `Apache-2.0`. What cannot
 * be recognised stays as it is written. Every wording is looked at once.
 */
export class LicenseService {
  readonly #known = new Map<string, string>();

  /** The SPDX expression of what a package says. */
  process(written: string): string {
    let expression = this.#known.get(written);
    if (expression === undefined) {
      expression = normalise(written);
      this.#known.set(written, expression);
    }
    return expression;
  }
}

function normalise(written: string): string {
  if (outside.test(written.trim())) return written.trim();
  return correct(written, { upgrade: false }) ?? written;
}
