const simple = String.raw`[\w$]+|\{[^(){}=]*\}|\[[^()[\]=]*\]`;
const single = new RegExp(
  String.raw`^(?:async\s+)?(?:function\s*[\w$]*\s*)?(?:\(\s*(?:${simple})?\s*,?\s*\)\s*(?:=>|\{)|[\w$]+\s*=>)`,
);

/**
 * Whether a step is a plain function that takes the record and nothing else: then it can neither use state nor ask which
 * record it has. It is only said of functions whose text shows it.
 */
export function ignoresContext(step: unknown): boolean {
  if (typeof step !== "function" || step.length > 1) return false;
  const text = Function.prototype.toString.call(step);
  return single.test(text) && !/\barguments\b|\beval\b/.test(text);
}
