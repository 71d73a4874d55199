/** Code and facts of what a call throws; `undefined` when it returns. */
export function failureOf(call: () => unknown): { code: unknown; details: unknown } | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    const { code, details } = error as { code?: unknown; details?: unknown };
    return { code, details };
  }
}
