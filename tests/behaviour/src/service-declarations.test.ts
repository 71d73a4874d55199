import type { SageError } from "@sage-kernel/core";
import { describe, expect, it } from "vitest";
import { rejection, simulate } from "./support/simulate.ts";

class Service {
  process(): void {}
}

describe("a job's services", () => {
  it("are refused with everything that is wrong with them, at once", () =>
    simulate({}, async (world) => {
      const env = world.env();
      env.registerService("", Service);
      env.registerService("twice", Service);
      env.registerService("twice", Service);
      env.registerService("nothing", 5 as never);
      env.registerService("lost", Service, { dependsOn: ["nobody"] });
      env.registerService("a", Service, { dependsOn: ["b"] });
      env.registerService("b", Service, { dependsOn: ["a"] });
      const wrong = {
        instances: 0,
        concurrency: 1.5,
        timeoutMs: 0,
        queueCapacity: -1,
        overflow: "drop",
        other: 1,
      };
      env.registerService("options", Service, wrong as never);

      const error = (await rejection(env.submit())) as SageError<"GRAPH_INVALID">;

      const problems = error.details.problems as readonly {
        readonly node: string;
        readonly reason: string;
      }[];
      expect(problems.map(({ node, reason }) => `${node}: ${reason}`)).toEqual([
        ": INVALID_NAME",
        "twice: DUPLICATE_NAME",
        "nothing: INVALID_SERVICE",
        "lost: UNKNOWN_SERVICE",
        "a: SERVICE_CYCLE",
        "b: SERVICE_CYCLE",
        ...Object.keys(wrong).map(() => "options: INVALID_OPTION"),
      ]);
    }));

  it("are part of the graph, each behind those that it depends on, with queues of the job's own", () =>
    simulate({}, async (world) => {
      const env = world.env();
      env.registerService("a", Service, { dependsOn: ["b"], instances: 2, queueCapacity: 7 });
      env.registerService("b", Service);

      const { graph } = env.compile();

      expect(JSON.parse(JSON.stringify(graph))).toEqual(graph);
      expect(graph.services.map(({ name }) => name)).toEqual(["b", "a"]);
      expect(graph.services[1]?.endpoints.map(({ requests }) => [requests.id, requests.capacity])).toEqual([
        ["a#0/requests", 7],
        ["a#1/requests", 7],
      ]);
    }));

  it("of two jobs are told apart by their callers' jobs, and scripts are told to say which they mean", () =>
    simulate({}, async (world) => {
      const declare = (name: string) => {
        const env = world.runtime.environment("pipeline");
        const ref = env.registerService("who", () => ({ process: () => name }));
        return {
          ref,
          env,
          collected: env
            .fromBatch([1])
            .map((_, ctx) => ctx.callService(ref))
            .collect(),
        };
      };
      const first = declare("first");
      const second = declare("second");
      const keep = world.env();
      keep.registerService("who", Service);
      const [stay, more] = [await keep.submit(), await keep.submit()];

      const jobs = await Promise.all([first, second].map(({ env }) => world.finish(env)));
      const error = await rejection(world.runtime.callService("who"));
      await Promise.all([stay.stop(), more.stop()]);

      expect(jobs.map(({ job }, i) => job.collected((i === 0 ? first : second).collected))).toEqual([
        ["first"],
        ["second"],
      ]);
      expect(error).toMatchObject({ code: "SERVICE_AMBIGUOUS", details: { jobs: [stay.id, more.id] } });
    }));
});
