export { type RedisAdapterOptions, redis } from "./redis.ts";
