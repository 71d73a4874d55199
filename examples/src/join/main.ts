/** Joins orders with their customers, and adds up what each of them spent. */
import { createLocalRuntime } from "@sage-kernel/adapter-local";

const customers = [
  { id: 1, name: "first" },
  { id: 2, name: "second" },
  { id: 3, name: "third" },
];
const orders = [
  { id: "a", customer: 2, amount: 30 },
  { id: "b", customer: 1, amount: 12 },
  { id: "c", customer: 2, amount: 5 },
  { id: "d", customer: 4, amount: 99 },
];

await using runtime = await createLocalRuntime();
const env = runtime.environment("join");

// Both sides are keyed by the same thing, so that equal keys meet on the same one of the instances.
const customersById = env.fromBatch(customers).keyBy(({ id }) => id);
const ordersByCustomer = env.fromBatch(orders).keyBy(({ customer }) => customer);

// An inner join: customer 3 has no order, order d no customer, and neither comes out. Which side comes first does not
// matter: a record waits for its partners until the other side has ended.
const sales = ordersByCustomer.join(
  customersById,
  ({ id, amount }, { name }) => ({ order: id, name, amount }),
  { parallelism: 2 },
);

// What a join emits still has its key.
const totals = sales
  .reduce(({ amount: sum }, { name, amount }) => ({ name, amount: sum + amount }), {
    initial: () => ({ name: "", amount: 0 }),
    emit: "end",
  })
  .collect();
const joined = sales.collect();

const job = await env.submit();
await job.done;

// Parallel instances take turns as they like: whoever wants an order sorts.
const lines = [
  ...job.collected(joined).map(({ order, name, amount }) => `order ${order} of ${name}: ${amount}`),
  ...job.collected(totals).map(({ name, amount }) => `total of ${name}: ${amount}`),
];
console.log(lines.sort().join("\n"));
