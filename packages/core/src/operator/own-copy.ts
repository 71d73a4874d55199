/**
 * A copy of a self-contained function, with type feedback of its own.
 *
 * V8 gathers what it learns about the callees and record shapes of a loop per function literal. Were the loops of all
 * steps one literal, the second step would make its calls megamorphic: no inlining, half the speed (see
 * `docs/decisions/0002-own-copies-of-hot-loops.md`). So each step gets its own copy. The text is that of a function
 * of this package, never of anything a user or a peer sent. Where code generation is forbidden
 * (`--disallow-code-generation-from-strings`) the function itself is returned.
 *
 * The function must use nothing but its parameters and standard globals, and contain no other function. `without` is a
 * statement that the copy can do without: its first place in the text is left out.
 */
export function ownCopy<F extends (...args: never[]) => unknown>(loop: F, without = ""): F {
  try {
    const text = loop.toString().replace(without, "");
    return new Function(
      `"use strict"; return (${text});\n//# sourceURL=@sage-kernel/core/${loop.name}`,
    )() as F;
  } catch {
    return loop;
  }
}
