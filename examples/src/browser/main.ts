/** A page that submits a job and watches it: serves the page, and the jobs at a hub. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream, existsSync, realpathSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { createLocalRuntime } from "@sage-kernel/adapter-local";
import { WsHub } from "@sage-kernel/adapter-ws";
import { JobServer, LocalJobControl } from "@sage-kernel/core";
import { slowCount } from "./job.ts";

const built = (specifier: string): string => dirname(fileURLToPath(import.meta.resolve(specifier)));
const folders: Readonly<Record<string, string>> = {
  core: built("@sage-kernel/core"),
  "adapter-ws": built("@sage-kernel/adapter-ws"),
  zod: dirname(createRequire(import.meta.url).resolve("zod/package.json")),
};
const page = fileURLToPath(new URL("../../src/browser/page.html", import.meta.url));
const program = fileURLToPath(new URL("./page.js", import.meta.url));
const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".html": "text/html" };

/** The file behind a path: the page, its program, and modules that it imports, and nothing else. */
function fileOf(path: string): string | undefined {
  if (path === "/") return page;
  if (path === "/page.js") return program;
  const [, folder, rest] = /^\/modules\/([\w-]+)\/([\w./-]+\.js)$/.exec(path) ?? [];
  const root = folder === undefined ? undefined : folders[folder];
  if (root === undefined || rest === undefined) return undefined;
  const file = join(root, rest);
  return existsSync(file) &&
    realpathSync(file).startsWith(realpathSync(root) + sep) &&
    statSync(file).isFile()
    ? file
    : undefined;
}

const http = createServer(({ url = "" }, response) => {
  const file = fileOf(url);
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    "content-type": types[extname(file)] ?? "text/plain",
    "cache-control": "no-store",
  });
  createReadStream(file).pipe(response);
});
http.listen(0, "127.0.0.1");
await once(http, "listening");
const origin = `http://127.0.0.1:${(http.address() as { port: number }).port}`;

const token = randomBytes(24).toString("base64url");
const hub = await WsHub.listen({
  tokens: { [token]: { id: "the page", roles: ["submit", "observe"] } },
  origins: [origin],
});
const runtime = await createLocalRuntime({ log: { level: "warn" } });
const control = new LocalJobControl(runtime, [slowCount]);
const server = await JobServer.open({ channel: hub.channel(), control, host: runtime.host });
console.log(`${origin}/#hub=${encodeURIComponent(hub.url)}&token=${token}`);

const end = async (): Promise<void> => {
  await server.close();
  await runtime.close();
  await hub.close();
  http.close();
};
process.once("SIGINT", () => void end());
process.once("SIGTERM", () => void end());
