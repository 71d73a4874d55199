const program = `
  process.on("newListener", (event) => {
    if (event === "SIGINT") setImmediate(() => process.kill(process.pid, "SIGINT"));
  });
`;

/**
 * A module that makes its process send itself SIGINT as soon as it listens for that: before it can have done much,
 * however slow the machine.
 */
export const interruptItself = `data:text/javascript,${encodeURIComponent(program)}`;
