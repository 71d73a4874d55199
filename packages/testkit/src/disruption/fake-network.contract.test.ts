import { defaultTurns } from "../contract/run-case.ts";
import { queueContract } from "../queue/queue-contract.ts";
import { describeContract } from "../vitest.ts";
import { FakeNetwork } from "./fake-network.ts";
import { fakeNetworkBinding } from "./queue-disruption.mutants.ts";
import { queueDisruptionContract } from "./queue-disruption-contract.ts";

describeContract(queueDisruptionContract, { ...fakeNetworkBinding, turns: defaultTurns });

describeContract(queueContract, {
  lacks: { offer: "the server knows whether there is room", bytes: "records are counted, not weighed" },
  open: ({ caseId, runId }) => {
    const network = new FakeNetwork();
    return { open: (name, capacity) => network.open(`${caseId}/${runId}/${name}`, capacity) };
  },
});
