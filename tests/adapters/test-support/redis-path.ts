/** The Unix socket of the Redis server that this file of tests has: vitest.config.ts gives each one its own. */
export function redisPath(): string {
  const { sageRedisPath } = globalThis as { readonly sageRedisPath?: string };
  if (sageRedisPath === undefined) throw new Error("there is no Redis server for this file of tests");
  return sageRedisPath;
}
