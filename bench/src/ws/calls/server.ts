/** The other process: `node server.js <module of the contender> [address]`; it serves calls, and ends with its parent. */
const [module, address] = process.argv.slice(2) as [string, string];
const { serve } = (await import(module)) as { serve: (address: string) => Promise<string | undefined> };
const at = await serve(address);
process.on("disconnect", () => process.exit());
process.send?.(at ?? "ready");
