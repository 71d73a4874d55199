import { LocalJobControl } from "@sage-kernel/core";
import type { Mutant } from "../contract/mutant.ts";
import { FakeJobHub } from "./fake-job-hub.ts";
import { lifeMutants } from "./job-control-life.mutants.ts";
import { questionMutants } from "./job-control-question.mutants.ts";
import { type JobControlSubject, jobControlBinding, overChannel } from "./job-control-subject.ts";

/** A hub that tells nobody who a sender is. */
class AnonymousHub extends FakeJobHub {
  override take(...given: Parameters<FakeJobHub["take"]>) {
    return super.take(...given).then((taken) => taken.map(({ id, from, body }) => ({ id, from, body })));
  }
}

/** A hub for whose members all of them are one. */
class BlindHub extends FakeJobHub {
  override take(...given: Parameters<FakeJobHub["take"]>) {
    const everybody = { id: "everybody", roles: ["observe"] } as const;
    return super
      .take(...given)
      .then((taken) => taken.map((message) => ({ ...message, principal: everybody })));
  }
}

const permissionMutant = (id: string, title: string, Hub: typeof FakeJobHub): Mutant<JobControlSubject> => ({
  ...jobControlBinding((...given) => overChannel(new Hub())(...given), LocalJobControl, ["principals"]),
  id,
  title,
  breaks: ["J-15"],
});

/** Wrong ways of controlling jobs, each caught by the contract. */
export const jobControlMutants: readonly Mutant<JobControlSubject>[] = [
  ...lifeMutants,
  ...questionMutants,
  permissionMutant("JM-27", "does what anybody asks for", AnonymousHub),
  permissionMutant("JM-28", "takes everybody for the same one", BlindHub),
];
