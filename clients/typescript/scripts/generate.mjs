// Prints src/generated.ts: the types and the error codes of docs/openapi.json.
import { readFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const document = new URL("../../../docs/openapi.json", import.meta.url);
const types = astToString(await openapiTS(document));

const { components } = JSON.parse(await readFile(document, "utf8"));
const examples = Object.values(components.responses).flatMap((response) =>
  Object.values(response.content?.["application/json"]?.examples ?? {}),
);
const codes = new Set(examples.map(({ value }) => value.error.code));
if (codes.size === 0) throw new Error("docs/openapi.json has no examples of errors, which hold the error codes");

console.log(`// Generated from docs/openapi.json by \`npm run generate\`. Not to be edited by hand.

${types}
/** The codes of the errors that the service answers with. */
export type ServiceErrorCode =${[...codes].sort().map((code) => `\n  | "${code}"`).join("")};`);
