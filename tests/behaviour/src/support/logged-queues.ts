import { LocalQueueDriver } from "@sage-kernel/adapter-local";
import { type Adapter, tokens } from "@sage-kernel/core/di";
import type { QueueDriver, Scheduler } from "@sage-kernel/core/spi";
import type { ChannelLog } from "@sage-kernel/testkit";

/** The local queues, watched by a log; registered under the kind `logged`. */
export function loggedQueues(log: ChannelLog): Adapter {
  return {
    name: "logged",
    register: (container) => {
      container.register<QueueDriver>(tokens.queueDriver, {
        useFactory: (scope) =>
          log.watch(new LocalQueueDriver(scope.resolve<Scheduler>(tokens.scheduler)), "logged"),
      });
    },
  };
}
