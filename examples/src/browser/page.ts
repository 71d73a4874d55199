/** The page's program: submits a job, and shows its metrics as they come. */
import { connectJobs } from "@sage-kernel/adapter-ws/browser";
import { watchJob } from "@sage-kernel/core";

interface Part {
  textContent: string | null;
  value: number;
  disabled: boolean;
  onclick: (() => void) | null;
  innerHTML: string;
}

declare const document: { getElementById(id: string): unknown };
declare const location: { readonly hash: string };

const part = (id: string): Part => document.getElementById(id) as Part;
const records = 300;
// Where the hub is and who one is stand behind the #, which no server is told.
const { hub: url, token } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)).entries()) as {
  hub: string;
  token: string;
};
const { jobs } = await connectJobs({ url, token });
part("state").textContent = "connected";
part("submit").onclick = () => {
  part("submit").disabled = true;
  void watch();
};

async function watch(): Promise<void> {
  const { job } = await jobs.submit({ name: "slow-count", params: { records, perSecond: 200 } });
  for await (const { summary, metrics } of watchJob(jobs, job, { everyMs: 100 })) {
    part("state").textContent = summary.state;
    part("read").value = summary.ledger.read;
    part("tasks").innerHTML = metrics
      .map(({ id, processed }) => `<tr><td>${id}</td><td>${processed}</td></tr>`)
      .join("");
  }
}
