// The peer on Hono + Drizzle + postgres.js: the same table, tokens and JSON as tasks-api, written as their docs show.
// It serves only the requests that the benchmark measures.

import cluster from "node:cluster";
import { randomFillSync } from "node:crypto";
import { serve } from "@hono/node-server";
import { and, desc, eq, lt, not, sql } from "drizzle-orm";
import { bigint, boolean, pgTable, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { jwt } from "hono/jwt";
import postgres from "postgres";

const PROCESSES = 2;

const tasks = pgTable(
  "tasks",
  {
    id: uuid().notNull(),
    user_id: text().notNull(),
    title: text().notNull(),
    description: text(),
    completed: boolean().notNull(),
    created_at: timestamp({ withTimezone: true }).notNull(),
    updated_at: timestamp({ withTimezone: true }).notNull(),
    version: bigint({ mode: "number" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.user_id, table.id] })],
);

function uuid7() {
  const bytes = randomFillSync(Buffer.allocUnsafe(16));
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const RULES = {
  title: (value) => typeof value === "string" && value.length >= 1 && value.length <= 500,
  description: (value) => value === null || (typeof value === "string" && value.length <= 10_000),
  completed: (value) => typeof value === "boolean",
};

function checked(body) {
  for (const [key, value] of Object.entries(body)) {
    if (!RULES[key]?.(value)) throw new HTTPException(422, { message: key });
  }
  return body;
}

function app() {
  const { DATABASE_URL, BETTER_AUTH_SECRET } = process.env;
  const db = drizzle(postgres(DATABASE_URL, { max: 10, onnotice: () => {} }));
  const p = (name) => sql.placeholder(name);
  const owner = (c) => c.get("jwtPayload").sub;

  // Prepared, like the examples on Drizzle's page on performance, which are of reads. Changes are built for each request.
  const get = db
    .select()
    .from(tasks)
    .where(and(eq(tasks.user_id, p("owner")), eq(tasks.id, p("id"))))
    .prepare("get");
  const list = db
    .select()
    .from(tasks)
    .where(eq(tasks.user_id, p("owner")))
    .orderBy(desc(tasks.id))
    .limit(p("limit"))
    .prepare("list");

  const id = (c) => {
    const id = c.req.param("id");
    if (!UUID.test(id)) throw new HTTPException(404);
    return id;
  };
  const mine = (c) => and(eq(tasks.user_id, owner(c)), eq(tasks.id, id(c)));
  const change = (c, values) => {
    const later = { version: sql`${tasks.version} + 1`, updated_at: sql`greatest(${tasks.updated_at}, now())` };
    return db.update(tasks).set({ ...values, ...later }).where(mine(c)).returning();
  };
  const found = (c, [task]) => {
    if (!task) throw new HTTPException(404);
    return c.json({ data: task });
  };

  const app = new Hono();
  app.get("/health", (c) => c.json({}));
  app.use("/api/*", jwt({ secret: BETTER_AUTH_SECRET, alg: "HS256" }));
  app.get("/api/tasks", async (c) => {
    const { limit: given = "1000", completed, cursor } = c.req.query();
    const limit = Number(given);
    if (!(limit >= 1 && limit <= 1000)) throw new HTTPException(422);
    const rows =
      completed === undefined && cursor === undefined
        ? await list.execute({ owner: owner(c), limit: limit + 1 })
        : await db
            .select()
            .from(tasks)
            .where(
              and(
                eq(tasks.user_id, owner(c)),
                completed && eq(tasks.completed, completed === "true"),
                cursor && lt(tasks.id, cursor),
              ),
            )
            .orderBy(desc(tasks.id))
            .limit(limit + 1);
    const has_more = rows.length > limit;
    const data = has_more ? rows.slice(0, limit) : rows;
    return c.json({ data, meta: { limit, has_more, next_cursor: has_more ? data.at(-1).id : null } });
  });
  app.post("/api/tasks", async (c) => {
    const { title, description = null, completed = false } = checked(await c.req.json());
    if (title === undefined) throw new HTTPException(422);
    const now = new Date();
    const task = { id: uuid7(), user_id: owner(c), title, description, completed, created_at: now, updated_at: now, version: 1 };
    const [created] = await db.insert(tasks).values(task).returning();
    return c.json({ data: created }, 201);
  });
  app.get("/api/tasks/:id", async (c) => found(c, await get.execute({ owner: owner(c), id: id(c) })));
  app.patch("/api/tasks/:id", async (c) => found(c, await change(c, checked(await c.req.json()))));
  app.patch("/api/tasks/:id/complete", async (c) => {
    const body = await c.req.text();
    const { completed = not(tasks.completed) } = body ? checked(JSON.parse(body)) : {};
    return found(c, await change(c, { completed }));
  });
  app.delete("/api/tasks/:id", async (c) => {
    const [deleted] = await db.delete(tasks).where(mine(c)).returning({ id: tasks.id });
    if (!deleted) throw new HTTPException(404);
    return c.body(null, 204);
  });
  return app;
}

if (cluster.isPrimary) {
  for (let count = 0; count < PROCESSES; count++) cluster.fork();
  cluster.on("exit", () => process.exit(1));
} else {
  serve({ fetch: app().fetch, hostname: "127.0.0.1", port: Number(process.env.PORT) });
}
