import { spawn, type ChildProcess } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { access, mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after } from "node:test";

const secret = "only-for-these-tests-0123456789-abcdef";
const binary = process.env["TASKS_API"] ?? resolve("../../target/debug/tasks-api");

const cleanUps: (() => unknown)[] = [];
after(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

/** A real service with its own SQLite file. After a restart it listens on the same port. */
export class Service {
  #process: ChildProcess | undefined;
  #port = 0;

  private constructor(readonly directory: string) {}

  static async start(): Promise<Service> {
    await access(binary).catch(() => {
      throw new Error(`${binary} is missing: run \`cargo build\`, or set TASKS_API to the path of the binary`);
    });
    const service = new Service(await mkdtemp(join(tmpdir(), "tasks-client-")));
    cleanUps.push(async () => {
      await service.stop();
      await rm(service.directory, { recursive: true });
    });
    await service.start();
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const child = spawn(binary, {
      cwd: this.directory,
      env: {
        BETTER_AUTH_SECRET: secret,
        DATABASE_URL: `sqlite:${this.directory}/tasks.db`,
        PORT: String(this.#port),
        SHUTDOWN_DELAY: "1ms",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    let output = "";
    this.#port = await new Promise((ready, failed) => {
      const read = (chunk: Buffer) => {
        output += chunk.toString();
        const port = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1];
        if (port) ready(Number(port));
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("exit", () => failed(new Error(`the service did not start:\n${output}`)));
    });
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await gone;
  }
}

/** A token that was issued `age` seconds ago, with a lifetime of 15 minutes. */
export function tokenOf(user: string, age = 0): string {
  const iat = Math.floor(Date.now() / 1000) - age;
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: user, iat, exp: iat + 900 })}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** A fault of the proxy. */
export type Fault =
  /** The request does not reach the service. */
  | "request lost"
  /** The service carries out the request, but the response is lost. */
  | "response lost"
  /** The proxy sends this response. The service gets the request only if it is `delivered`. */
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown; readonly delivered?: boolean };

/** A proxy in front of the service. Each request takes the next of `faults`; without a fault it is forwarded. */
export class FaultyProxy {
  /** The request line, such as `PATCH /api/tasks/…`, and the headers of each request. */
  readonly requests: { readonly line: string; readonly headers: IncomingMessage["headers"] }[] = [];
  readonly faults: (Fault | undefined)[] = [];
  #port = 0;

  private constructor(readonly service: Service) {}

  static async before(service: Service): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(service);
    const server = createServer((request, response) => void proxy.#handle(request, response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    proxy.#port = (server.address() as AddressInfo).port;
    cleanUps.push(() => server.close().closeAllConnections());
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.requests.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    const fault = this.faults.shift();
    if (fault === "request lost") return void response.destroy();
    if (typeof fault === "object" && !fault.delivered) return respondWith(fault, response);
    const { host: _, connection: __, "content-length": ___, ...headers } = request.headers;
    const answer = await fetch(this.service.url + request.url, {
      method: request.method!,
      headers: headers as Record<string, string>,
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    }).catch(() => undefined);
    const body = Buffer.from((await answer?.arrayBuffer()) ?? new ArrayBuffer(0));
    if (!answer || fault === "response lost") return void response.destroy();
    if (fault) return respondWith(fault, response);
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(body);
  }
}

function respondWith({ status, headers, body = {} }: Exclude<Fault, string>, response: ServerResponse): void {
  response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
}

/** An error in the service's format. */
export const errorOf = (status: number, code: string, headers: Record<string, string> = {}): Fault => ({
  status,
  headers: { "Content-Type": "application/json", ...headers },
  body: { error: { code, message: "for a test", request_id: "test" } },
});
