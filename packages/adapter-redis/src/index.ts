export { type RedisAdapterOptions, redis } from "./redis.ts";
export { type RedisJobChannelOptions, redisJobChannel } from "./redis-job-channel.ts";
export { openStreamProducer, type StreamProducer, type StreamProducerOptions } from "./stream-producer.ts";
export type { StreamFields } from "./stream-server.ts";
export { type RedisStreamSinkOptions, redisStreamSink } from "./stream-sink.ts";
export {
  type RedisStreamEntry,
  type RedisStreamPosition,
  type RedisStreamRecord,
  type RedisStreamSourceOptions,
  redisStreamSource,
} from "./stream-source.ts";
