export { createTasksClient } from "./client.js";
export type {
  ClientOptions,
  ConditionalOptions,
  CreateOptions,
  ListQuery,
  NewTask,
  Page,
  RequestOptions,
  Task,
  TaskChanges,
  TasksClient,
} from "./client.js";
export { newIdempotencyKey } from "./encoding.js";
export { isTasksError } from "./errors.js";
export type { ErrorCode, FieldError, TasksError } from "./errors.js";
export type { Retry, RetryOptions } from "./retry.js";
export { betterAuthToken } from "./token.js";
export type { BetterAuthTokenOptions, FetchToken } from "./token.js";
export type { components, operations, paths } from "./generated.js";
