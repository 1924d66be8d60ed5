// A minimal Better Auth app: sign-up by e-mail, the plugins `jwt` and `bearer`, and Postgres. README.md lists its variables. It
// exits when its standard input ends, so that it never outlives a test.
import { createServer } from "node:http";
import { once } from "node:events";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { fromNodeHeaders, toNodeHandler } from "better-auth/node";
import { anonymous, bearer, jwt } from "better-auth/plugins";
import { SignJWT } from "jose";
import pg from "pg";

const { DATABASE_URL, BETTER_AUTH_SECRET, BETTER_AUTH_URL, PORT, AUTH_OPTIONS, JWT_OPTIONS, JWT_SIGN, MIGRATE } =
  process.env;
const { ADAPTER, ADAPTER_OPTIONS, GUESTS, ON_LINK_ACCOUNT } = process.env;
process.stdin.on("end", () => process.exit()).resume();

// Listen first, since the app must know its own address and the port may be any.
const server = createServer();
server.listen(Number(PORT ?? 0), "127.0.0.1");
await once(server, "listening");
const address = `http://127.0.0.1:${server.address().port}`;

const secretKey = new TextEncoder().encode(BETTER_AUTH_SECRET);
const hs256 = (claims) => new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" });
const mails = [];

/** Merges `more` into `base`, recursively. */
function merged(base, more) {
  for (const [name, value] of Object.entries(more)) {
    const both = [base[name], value].every((one) => one?.constructor === Object);
    base[name] = both ? merged(base[name], value) : value;
  }
  return base;
}

const jwtOptions = JSON.parse(JWT_OPTIONS ?? "{}");
if (JWT_SIGN === "HS256") {
  // Better Auth requires both options for a custom `sign`, although it does not use them then.
  merged(jwtOptions, {
    jwks: { remoteUrl: `${address}/nowhere`, keyPairConfig: { alg: "ES256" } },
    jwt: { sign: (claims) => hs256(claims).sign(secretKey) },
  });
}

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 3 });

/** Guests, and what becomes of their rows when they sign up: the statement in docs/authentication.md. */
const guests = anonymous({
  onLinkAccount: async ({ anonymousUser, newUser }) => {
    if (ON_LINK_ACCOUNT) await pool.query(ON_LINK_ACCOUNT, [anonymousUser.user.id, newUser.user.id]);
  },
});

const options = {
  baseURL: BETTER_AUTH_URL ?? address,
  secret: BETTER_AUTH_SECRET,
  emailAndPassword: { enabled: true },
  emailVerification: { sendVerificationEmail: async ({ user, token }) => void mails.push({ to: user.email, token }) },
  user: { deleteUser: { enabled: true } },
  // Tests sign up in quick succession.
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  plugins: [bearer(), jwt(jwtOptions), ...(GUESTS === "on" ? [guests] : [])],
};
merged(options, JSON.parse(AUTH_OPTIONS ?? "{}"));

const onDrizzle = async () => (await import("./drizzle.mjs")).onDrizzle(pool, options, JSON.parse(ADAPTER_OPTIONS ?? "{}"));
const adapter = ADAPTER === "drizzle" ? await onDrizzle() : { database: pool };
const auth = betterAuth({ ...options, database: adapter.database });
const createTables = adapter.createTables ?? (async () => (await getMigrations(auth.options)).runMigrations());
if (MIGRATE !== "off") await createTables();

/** A route that signs a token for the user of a session, as many apps have instead of the `jwt` plugin. */
async function ownToken(request) {
  const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) });
  if (!session) return undefined;
  const claims = hs256({ email: session.user.email }).setSubject(session.user.id).setIssuedAt();
  return { token: await claims.setExpirationTime("15m").sign(secretKey) };
}

const betterAuthAnswers = toNodeHandler(auth);
const others = { "/api/token": ownToken, "/mails": () => mails };
server.on("request", async (request, response) => {
  const answer = others[request.url];
  if (!answer) return betterAuthAnswers(request, response);
  const body = await answer(request);
  response.writeHead(body ? 200 : 401, { "content-type": "application/json" }).end(JSON.stringify(body));
});
console.log(`ready on ${address}`);
