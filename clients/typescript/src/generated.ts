// Generated from docs/openapi.json by `npm run generate`. Not to be edited by hand.

export interface paths {
    "/api/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List my tasks, newest first
         * @description Without `limit` a page holds up to 1000 tasks, and at most 4 MiB of titles and descriptions. While `has_more` is true, `next_cursor` leads to the next page. With the page's `ETag` in `If-None-Match` the response is 304 as long as nothing on the page has changed.
         */
        get: operations["listTasks"];
        put?: never;
        /**
         * Create a task
         * @description The read-only keys of a task are accepted and ignored. A request with an `Idempotency-Key` can be retried: the task is created once, and a retry gets the first response again.
         */
        post: operations["createTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tasks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        /**
         * Get one task
         * @description With the task's `ETag` in `If-None-Match` the response is 304 as long as the task has not changed.
         */
        get: operations["getTask"];
        /**
         * Change a task
         * @description Merges, exactly as PATCH does: a key that is absent keeps its value, `null` clears `description`. The read-only keys of a task are accepted and ignored.
         */
        put: operations["putTask"];
        post?: never;
        /**
         * Delete a task
         * @description Deleting it again returns 404.
         */
        delete: operations["deleteTask"];
        options?: never;
        head?: never;
        /**
         * Change a task
         * @description A key that is absent keeps its value, `null` clears `description`. The read-only keys of a task are accepted and ignored.
         */
        patch: operations["patchTask"];
        trace?: never;
    };
    "/api/tasks/{id}/complete": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Mark a task as done or not done
         * @description Without a body, or with `{}`, `completed` is toggled. With `completed` it is set, so that a retry is safe.
         */
        patch: operations["completeTask"];
        trace?: never;
    };
    "/api/{user_id}/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
            cookie?: never;
        };
        /**
         * List my tasks, newest first
         * @description Without `limit` a page holds up to 1000 tasks, and at most 4 MiB of titles and descriptions. While `has_more` is true, `next_cursor` leads to the next page. With the page's `ETag` in `If-None-Match` the response is 304 as long as nothing on the page has changed.
         */
        get: operations["listTasksOfUser"];
        put?: never;
        /**
         * Create a task
         * @description The read-only keys of a task are accepted and ignored. A request with an `Idempotency-Key` can be retried: the task is created once, and a retry gets the first response again.
         */
        post: operations["createTaskOfUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/{user_id}/tasks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
                id: string;
            };
            cookie?: never;
        };
        /**
         * Get one task
         * @description With the task's `ETag` in `If-None-Match` the response is 304 as long as the task has not changed.
         */
        get: operations["getTaskOfUser"];
        /**
         * Change a task
         * @description Merges, exactly as PATCH does: a key that is absent keeps its value, `null` clears `description`. The read-only keys of a task are accepted and ignored.
         */
        put: operations["putTaskOfUser"];
        post?: never;
        /**
         * Delete a task
         * @description Deleting it again returns 404.
         */
        delete: operations["deleteTaskOfUser"];
        options?: never;
        head?: never;
        /**
         * Change a task
         * @description A key that is absent keeps its value, `null` clears `description`. The read-only keys of a task are accepted and ignored.
         */
        patch: operations["patchTaskOfUser"];
        trace?: never;
    };
    "/api/{user_id}/tasks/{id}/complete": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
                id: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Mark a task as done or not done
         * @description Without a body, or with `{}`, `completed` is toggled. With `completed` it is set, so that a retry is safe.
         */
        patch: operations["completeTaskOfUser"];
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process answers */
        get: operations["health_live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether requests can be served */
        get: operations["health_ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same as /health/ready */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description The body of a response with a page of a list. */
        TaskPage: {
            data: components["schemas"]["Task"][];
            /** @description The position of a page in its list. */
            meta: {
                limit: number;
                has_more: boolean;
                next_cursor: string | null;
            };
        };
        /** @description A task. Every key is always present. */
        Task: {
            /**
             * Format: uuid
             * @example 019c3236-2a00-7000-8000-000000000001
             */
            id: string;
            /**
             * @description The id of a user: the `sub` of their tokens.
             * @example a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh
             */
            user_id: string;
            /**
             * @description Surrounding white space is trimmed. No control characters, and at least one visible character.
             * @example Buy groceries
             */
            title: string;
            /**
             * @description Kept exactly as sent. No control characters, except for tabs and line breaks.
             * @example Milk, eggs, bread
             */
            description: string | null;
            /** @example false */
            completed: boolean;
            /**
             * Format: date-time
             * @description When the task was created, in UTC.
             * @example 2026-02-06T10:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the task was last changed, in UTC.
             * @example 2026-02-06T10:00:00.000Z
             */
            updated_at: string;
            /**
             * @description One more with every change.
             * @example 1
             */
            version: number;
        };
        /** @description The body of every error response. */
        Error: {
            error: {
                /** @example NOT_FOUND */
                code: string;
                /** @description For people. It may change; `code` does not. */
                message: string;
                /** @description Every field at fault. */
                details?: {
                    field: string;
                    message: string;
                }[];
                current?: components["schemas"]["Task"];
                request_id: string;
            };
        };
        /** @description The body of a response with one resource. */
        TaskResponse: {
            data: components["schemas"]["Task"];
        };
        /**
         * @example {
         *       "title": "Buy groceries",
         *       "description": "Milk, eggs, bread",
         *       "completed": false
         *     }
         */
        NewTask: {
            /**
             * @description Surrounding white space is trimmed. No control characters, and at least one visible character.
             * @example Buy groceries
             */
            title: string;
            /**
             * @description Kept exactly as sent. No control characters, except for tabs and line breaks.
             * @example Milk, eggs, bread
             */
            description?: string | null;
            /** @example false */
            completed?: boolean;
            /**
             * @deprecated
             * @description Ignored.
             */
            id?: unknown;
            /**
             * @deprecated
             * @description Ignored.
             */
            user_id?: unknown;
            /**
             * @deprecated
             * @description Ignored.
             */
            created_at?: unknown;
            /**
             * @deprecated
             * @description Ignored.
             */
            updated_at?: unknown;
            /**
             * @deprecated
             * @description Ignored.
             */
            version?: unknown;
        };
        /**
         * @example {
         *       "title": "Buy groceries",
         *       "description": "Milk, eggs, bread",
         *       "completed": false
         *     }
         */
        TaskChanges: {
            /**
             * @description Surrounding white space is trimmed. No control characters, and at least one visible character.
             * @example Buy groceries
             */
            title?: string;
            /**
             * @description Kept exactly as sent. No control characters, except for tabs and line breaks.
             * @example Milk, eggs, bread
             */
            description?: string | null;
            /** @example false */
            completed?: boolean;
            /**
             * @deprecated
             * @description Ignored.
             */
            id?: unknown;
            /**
             * @deprecated
             * @description Ignored.
             */
            user_id?: unknown;
            /**
             * @deprecated
             * @description Ignored.
             */
            created_at?: unknown;
            /**
             * @deprecated
             * @description Ignored.
             */
            updated_at?: unknown;
            /**
             * @deprecated
             * @description Ignored.
             */
            version?: unknown;
        };
        /**
         * @example {
         *       "completed": false
         *     }
         */
        Completion: {
            /** @example false */
            completed?: boolean;
            /**
             * @deprecated
             * @description Ignored.
             */
            id?: unknown;
            /**
             * @deprecated
             * @description Ignored.
             */
            user_id?: unknown;
            /**
             * @deprecated
             * @description Ignored.
             */
            created_at?: unknown;
            /**
             * @deprecated
             * @description Ignored.
             */
            updated_at?: unknown;
            /**
             * @deprecated
             * @description Ignored.
             */
            version?: unknown;
        };
        /** @description The process answers. */
        Health: {
            /** @constant */
            status: "ok";
        };
        /** @description Requests can be served. */
        Readiness: {
            /** @constant */
            status: "ok";
            /** @description Each dependency, by its name. If one is not ready the response is 503, and `details` names it. */
            checks: {
                [key: string]: "ok";
            };
        };
    };
    responses: {
        /** @description not allowed for this user or from this page */
        FORBIDDEN: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description a request with this Idempotency-Key is in flight: retry in a moment; or you have reached your quota: delete something first */
        IDEMPOTENCY_KEY_IN_USE_or_QUOTA_EXCEEDED: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                /** @description The seconds to wait before a retry. */
                "Retry-After"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description this Idempotency-Key was used for a different request: use a new one */
        IDEMPOTENCY_KEY_REUSED: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description internal error */
        INTERNAL_ERROR: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description the body must be a JSON object */
        INVALID_JSON: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description the body must be a JSON object; or the input is not valid */
        INVALID_JSON_or_VALIDATION_ERROR: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description this route does not support the method */
        METHOD_NOT_ALLOWED: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                /** @description The methods that the route supports. */
                Allow?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description not found */
        NOT_FOUND: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description the body is too large */
        PAYLOAD_TOO_LARGE: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description too many requests: retry in a second */
        RATE_LIMITED: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                /** @description The seconds to wait before a retry. */
                "Retry-After"?: string;
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description the body did not arrive in time */
        REQUEST_TIMEOUT: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description a valid bearer token is required; or the token has expired */
        UNAUTHORIZED_or_TOKEN_EXPIRED: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                /** @description `Bearer`, and the error if a token was sent. */
                "WWW-Authenticate"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description a valid bearer token is required; or the token has expired; or the token is valid, but its user does not exist: sign up first */
        UNAUTHORIZED_or_TOKEN_EXPIRED_or_UNKNOWN_USER: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                /** @description `Bearer`, and the error if a token was sent. */
                "WWW-Authenticate"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description the service is temporarily unavailable */
        UNAVAILABLE: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                /** @description The seconds to wait before a retry. */
                "Retry-After"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description send the body as Content-Type: application/json */
        UNSUPPORTED_MEDIA_TYPE: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description the input is not valid */
        VALIDATION_ERROR: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description the input is not valid; or this Idempotency-Key was used for a different request: use a new one */
        VALIDATION_ERROR_or_IDEMPOTENCY_KEY_REUSED: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description the precondition does not hold: someone else may have changed this in the meantime */
        VERSION_CONFLICT: {
            headers: {
                /** @description The id of the request, as in the log. */
                "X-Request-Id"?: string;
                /** @description The tag of what the response shows, for `If-Match` and `If-None-Match`. */
                ETag?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description The user's limit of requests per second, if there is one: `"user";q=100;w=1`. */
        "RateLimit-Policy": string;
        /** @description How many requests of that limit are left: `"user";r=73;t=1`. */
        RateLimit: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listTasks: {
        parameters: {
            query?: {
                /** @description The most tasks to return. */
                limit?: number;
                /** @description Where the page begins: `next_cursor` of the page before. */
                cursor?: string;
                /** @description Only tasks that are done, or only tasks that are not. */
                completed?: boolean;
                /** @description The same filter by another name. It must not contradict `completed`. */
                status?: "all" | "pending" | "completed";
            };
            header?: {
                /** @description The `ETag` of what the client has already. */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List my tasks, newest first */
            200: {
                headers: {
                    /** @description The id of the request, as in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description The tag of what the response shows, for `If-Match` and `If-None-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "019c3236-2a00-7000-8000-000000000001",
                     *           "user_id": "a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh",
                     *           "title": "Buy groceries",
                     *           "description": "Milk, eggs, bread",
                     *           "completed": false,
                     *           "created_at": "2026-02-06T10:00:00.000Z",
                     *           "updated_at": "2026-02-06T10:00:00.000Z",
                     *           "version": 1
                     *         }
                     *       ],
                     *       "meta": {
                     *         "limit": 1000,
                     *         "has_more": false,
                     *         "next_cursor": null
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["TaskPage"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match`. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED"];
            403: components["responses"]["FORBIDDEN"];
            405: components["responses"]["METHOD_NOT_ALLOWED"];
            422: components["responses"]["VALIDATION_ERROR"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL_ERROR"];
            503: components["responses"]["UNAVAILABLE"];
        };
    };
    createTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description A name for this create, unique among the user's, so that the request can be retried: a UUID, for example. Plain or in double quotes. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        /** @description At most 64 KiB. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTask"];
            };
        };
        responses: {
            /** @description Create a task */
            201: {
                headers: {
                    /** @description The id of the request, as in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description The path of what was created, in the style of the request. */
                    Location?: string;
                    /** @description `true` if this is the response to an earlier request. */
                    "Idempotency-Replayed"?: string;
                    /** @description The tag of what the response shows, for `If-Match` and `If-None-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "id": "019c3236-2a00-7000-8000-000000000001",
                     *         "user_id": "a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh",
                     *         "title": "Buy groceries",
                     *         "description": "Milk, eggs, bread",
                     *         "completed": false,
                     *         "created_at": "2026-02-06T10:00:00.000Z",
                     *         "updated_at": "2026-02-06T10:00:00.000Z",
                     *         "version": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["TaskResponse"];
                };
            };
            400: components["responses"]["INVALID_JSON"];
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED_or_UNKNOWN_USER"];
            403: components["responses"]["FORBIDDEN"];
            405: components["responses"]["METHOD_NOT_ALLOWED"];
            408: components["responses"]["REQUEST_TIMEOUT"];
            409: components["responses"]["IDEMPOTENCY_KEY_IN_USE_or_QUOTA_EXCEEDED"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["VALIDATION_ERROR_or_IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL_ERROR"];
            503: components["responses"]["UNAVAILABLE"];
        };
    };
    getTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has already. */
                "If-None-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get one task */
            200: {
                headers: {
                    /** @description The id of the request, as in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description The tag of what the response shows, for `If-Match` and `If-None-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "id": "019c3236-2a00-7000-8000-000000000001",
                     *         "user_id": "a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh",
                     *         "title": "Buy groceries",
                     *         "description": "Milk, eggs, bread",
                     *         "completed": false,
                     *         "created_at": "2026-02-06T10:00:00.000Z",
                     *         "updated_at": "2026-02-06T10:00:00.000Z",
                     *         "version": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["TaskResponse"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match`. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            405: components["responses"]["METHOD_NOT_ALLOWED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL_ERROR"];
            503: components["responses"]["UNAVAILABLE"];
        };
    };
    putTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was seen: `"3"`. Or several, at most 64, or `*` for any. What a compressing proxy makes of it, such as `W/"3"` or `"3-gzip"`, means the same. */
                "If-Match"?: "*" | string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        /** @description At most 64 KiB. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["TaskChanges"];
            };
        };
        responses: {
            /** @description Change a task */
            200: {
                headers: {
                    /** @description The id of the request, as in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description The tag of what the response shows, for `If-Match` and `If-None-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "id": "019c3236-2a00-7000-8000-000000000001",
                     *         "user_id": "a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh",
                     *         "title": "Buy groceries",
                     *         "description": "Milk, eggs, bread",
                     *         "completed": false,
                     *         "created_at": "2026-02-06T10:00:00.000Z",
                     *         "updated_at": "2026-02-06T10:00:00.000Z",
                     *         "version": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["TaskResponse"];
                };
            };
            400: components["responses"]["INVALID_JSON"];
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            405: components["responses"]["METHOD_NOT_ALLOWED"];
            408: components["responses"]["REQUEST_TIMEOUT"];
            412: components["responses"]["VERSION_CONFLICT"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["VALIDATION_ERROR"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL_ERROR"];
            503: components["responses"]["UNAVAILABLE"];
        };
    };
    deleteTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was seen: `"3"`. Or several, at most 64, or `*` for any. What a compressing proxy makes of it, such as `W/"3"` or `"3-gzip"`, means the same. */
                "If-Match"?: "*" | string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Delete a task */
            204: {
                headers: {
                    /** @description The id of the request, as in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            405: components["responses"]["METHOD_NOT_ALLOWED"];
            412: components["responses"]["VERSION_CONFLICT"];
            422: components["responses"]["VALIDATION_ERROR"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL_ERROR"];
            503: components["responses"]["UNAVAILABLE"];
        };
    };
    patchTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was seen: `"3"`. Or several, at most 64, or `*` for any. What a compressing proxy makes of it, such as `W/"3"` or `"3-gzip"`, means the same. */
                "If-Match"?: "*" | string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        /** @description At most 64 KiB. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["TaskChanges"];
            };
        };
        responses: {
            /** @description Change a task */
            200: {
                headers: {
                    /** @description The id of the request, as in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description The tag of what the response shows, for `If-Match` and `If-None-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "id": "019c3236-2a00-7000-8000-000000000001",
                     *         "user_id": "a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh",
                     *         "title": "Buy groceries",
                     *         "description": "Milk, eggs, bread",
                     *         "completed": false,
                     *         "created_at": "2026-02-06T10:00:00.000Z",
                     *         "updated_at": "2026-02-06T10:00:00.000Z",
                     *         "version": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["TaskResponse"];
                };
            };
            400: components["responses"]["INVALID_JSON"];
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            405: components["responses"]["METHOD_NOT_ALLOWED"];
            408: components["responses"]["REQUEST_TIMEOUT"];
            412: components["responses"]["VERSION_CONFLICT"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["VALIDATION_ERROR"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL_ERROR"];
            503: components["responses"]["UNAVAILABLE"];
        };
    };
    completeTask: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was seen: `"3"`. Or several, at most 64, or `*` for any. What a compressing proxy makes of it, such as `W/"3"` or `"3-gzip"`, means the same. */
                "If-Match"?: "*" | string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        /** @description At most 64 KiB. */
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Completion"];
            };
        };
        responses: {
            /** @description Mark a task as done or not done */
            200: {
                headers: {
                    /** @description The id of the request, as in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description The tag of what the response shows, for `If-Match` and `If-None-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "id": "019c3236-2a00-7000-8000-000000000001",
                     *         "user_id": "a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh",
                     *         "title": "Buy groceries",
                     *         "description": "Milk, eggs, bread",
                     *         "completed": false,
                     *         "created_at": "2026-02-06T10:00:00.000Z",
                     *         "updated_at": "2026-02-06T10:00:00.000Z",
                     *         "version": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["TaskResponse"];
                };
            };
            400: components["responses"]["INVALID_JSON"];
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            405: components["responses"]["METHOD_NOT_ALLOWED"];
            408: components["responses"]["REQUEST_TIMEOUT"];
            412: components["responses"]["VERSION_CONFLICT"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["VALIDATION_ERROR"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL_ERROR"];
            503: components["responses"]["UNAVAILABLE"];
        };
    };
    listTasksOfUser: {
        parameters: {
            query?: {
                /** @description The most tasks to return. */
                limit?: number;
                /** @description Where the page begins: `next_cursor` of the page before. */
                cursor?: string;
                /** @description Only tasks that are done, or only tasks that are not. */
                completed?: boolean;
                /** @description The same filter by another name. It must not contradict `completed`. */
                status?: "all" | "pending" | "completed";
            };
            header?: {
                /** @description The `ETag` of what the client has already. */
                "If-None-Match"?: string;
            };
            path: {
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List my tasks, newest first */
            200: {
                headers: {
                    /** @description The id of the request, as in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description The tag of what the response shows, for `If-Match` and `If-None-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "019c3236-2a00-7000-8000-000000000001",
                     *           "user_id": "a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh",
                     *           "title": "Buy groceries",
                     *           "description": "Milk, eggs, bread",
                     *           "completed": false,
                     *           "created_at": "2026-02-06T10:00:00.000Z",
                     *           "updated_at": "2026-02-06T10:00:00.000Z",
                     *           "version": 1
                     *         }
                     *       ],
                     *       "meta": {
                     *         "limit": 1000,
                     *         "has_more": false,
                     *         "next_cursor": null
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["TaskPage"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match`. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["VALIDATION_ERROR"];
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED"];
            403: components["responses"]["FORBIDDEN"];
            405: components["responses"]["METHOD_NOT_ALLOWED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL_ERROR"];
            503: components["responses"]["UNAVAILABLE"];
        };
    };
    createTaskOfUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description A name for this create, unique among the user's, so that the request can be retried: a UUID, for example. Plain or in double quotes. */
                "Idempotency-Key"?: string;
            };
            path: {
                user_id: string;
            };
            cookie?: never;
        };
        /** @description At most 64 KiB. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTask"];
            };
        };
        responses: {
            /** @description Create a task */
            201: {
                headers: {
                    /** @description The id of the request, as in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description The path of what was created, in the style of the request. */
                    Location?: string;
                    /** @description `true` if this is the response to an earlier request. */
                    "Idempotency-Replayed"?: string;
                    /** @description The tag of what the response shows, for `If-Match` and `If-None-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "id": "019c3236-2a00-7000-8000-000000000001",
                     *         "user_id": "a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh",
                     *         "title": "Buy groceries",
                     *         "description": "Milk, eggs, bread",
                     *         "completed": false,
                     *         "created_at": "2026-02-06T10:00:00.000Z",
                     *         "updated_at": "2026-02-06T10:00:00.000Z",
                     *         "version": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["TaskResponse"];
                };
            };
            400: components["responses"]["INVALID_JSON_or_VALIDATION_ERROR"];
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED_or_UNKNOWN_USER"];
            403: components["responses"]["FORBIDDEN"];
            405: components["responses"]["METHOD_NOT_ALLOWED"];
            408: components["responses"]["REQUEST_TIMEOUT"];
            409: components["responses"]["IDEMPOTENCY_KEY_IN_USE_or_QUOTA_EXCEEDED"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            422: components["responses"]["IDEMPOTENCY_KEY_REUSED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL_ERROR"];
            503: components["responses"]["UNAVAILABLE"];
        };
    };
    getTaskOfUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has already. */
                "If-None-Match"?: string;
            };
            path: {
                user_id: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get one task */
            200: {
                headers: {
                    /** @description The id of the request, as in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description The tag of what the response shows, for `If-Match` and `If-None-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "id": "019c3236-2a00-7000-8000-000000000001",
                     *         "user_id": "a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh",
                     *         "title": "Buy groceries",
                     *         "description": "Milk, eggs, bread",
                     *         "completed": false,
                     *         "created_at": "2026-02-06T10:00:00.000Z",
                     *         "updated_at": "2026-02-06T10:00:00.000Z",
                     *         "version": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["TaskResponse"];
                };
            };
            /** @description Nothing has changed since the `ETag` in `If-None-Match`. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            405: components["responses"]["METHOD_NOT_ALLOWED"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL_ERROR"];
            503: components["responses"]["UNAVAILABLE"];
        };
    };
    putTaskOfUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was seen: `"3"`. Or several, at most 64, or `*` for any. What a compressing proxy makes of it, such as `W/"3"` or `"3-gzip"`, means the same. */
                "If-Match"?: "*" | string;
            };
            path: {
                user_id: string;
                id: string;
            };
            cookie?: never;
        };
        /** @description At most 64 KiB. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["TaskChanges"];
            };
        };
        responses: {
            /** @description Change a task */
            200: {
                headers: {
                    /** @description The id of the request, as in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description The tag of what the response shows, for `If-Match` and `If-None-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "id": "019c3236-2a00-7000-8000-000000000001",
                     *         "user_id": "a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh",
                     *         "title": "Buy groceries",
                     *         "description": "Milk, eggs, bread",
                     *         "completed": false,
                     *         "created_at": "2026-02-06T10:00:00.000Z",
                     *         "updated_at": "2026-02-06T10:00:00.000Z",
                     *         "version": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["TaskResponse"];
                };
            };
            400: components["responses"]["INVALID_JSON_or_VALIDATION_ERROR"];
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            405: components["responses"]["METHOD_NOT_ALLOWED"];
            408: components["responses"]["REQUEST_TIMEOUT"];
            412: components["responses"]["VERSION_CONFLICT"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL_ERROR"];
            503: components["responses"]["UNAVAILABLE"];
        };
    };
    deleteTaskOfUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was seen: `"3"`. Or several, at most 64, or `*` for any. What a compressing proxy makes of it, such as `W/"3"` or `"3-gzip"`, means the same. */
                "If-Match"?: "*" | string;
            };
            path: {
                user_id: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Delete a task */
            204: {
                headers: {
                    /** @description The id of the request, as in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["VALIDATION_ERROR"];
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            405: components["responses"]["METHOD_NOT_ALLOWED"];
            412: components["responses"]["VERSION_CONFLICT"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL_ERROR"];
            503: components["responses"]["UNAVAILABLE"];
        };
    };
    patchTaskOfUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was seen: `"3"`. Or several, at most 64, or `*` for any. What a compressing proxy makes of it, such as `W/"3"` or `"3-gzip"`, means the same. */
                "If-Match"?: "*" | string;
            };
            path: {
                user_id: string;
                id: string;
            };
            cookie?: never;
        };
        /** @description At most 64 KiB. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["TaskChanges"];
            };
        };
        responses: {
            /** @description Change a task */
            200: {
                headers: {
                    /** @description The id of the request, as in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description The tag of what the response shows, for `If-Match` and `If-None-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "id": "019c3236-2a00-7000-8000-000000000001",
                     *         "user_id": "a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh",
                     *         "title": "Buy groceries",
                     *         "description": "Milk, eggs, bread",
                     *         "completed": false,
                     *         "created_at": "2026-02-06T10:00:00.000Z",
                     *         "updated_at": "2026-02-06T10:00:00.000Z",
                     *         "version": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["TaskResponse"];
                };
            };
            400: components["responses"]["INVALID_JSON_or_VALIDATION_ERROR"];
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            405: components["responses"]["METHOD_NOT_ALLOWED"];
            408: components["responses"]["REQUEST_TIMEOUT"];
            412: components["responses"]["VERSION_CONFLICT"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL_ERROR"];
            503: components["responses"]["UNAVAILABLE"];
        };
    };
    completeTaskOfUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was seen: `"3"`. Or several, at most 64, or `*` for any. What a compressing proxy makes of it, such as `W/"3"` or `"3-gzip"`, means the same. */
                "If-Match"?: "*" | string;
            };
            path: {
                user_id: string;
                id: string;
            };
            cookie?: never;
        };
        /** @description At most 64 KiB. */
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Completion"];
            };
        };
        responses: {
            /** @description Mark a task as done or not done */
            200: {
                headers: {
                    /** @description The id of the request, as in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description The tag of what the response shows, for `If-Match` and `If-None-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": {
                     *         "id": "019c3236-2a00-7000-8000-000000000001",
                     *         "user_id": "a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh",
                     *         "title": "Buy groceries",
                     *         "description": "Milk, eggs, bread",
                     *         "completed": false,
                     *         "created_at": "2026-02-06T10:00:00.000Z",
                     *         "updated_at": "2026-02-06T10:00:00.000Z",
                     *         "version": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["TaskResponse"];
                };
            };
            400: components["responses"]["INVALID_JSON_or_VALIDATION_ERROR"];
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            405: components["responses"]["METHOD_NOT_ALLOWED"];
            408: components["responses"]["REQUEST_TIMEOUT"];
            412: components["responses"]["VERSION_CONFLICT"];
            413: components["responses"]["PAYLOAD_TOO_LARGE"];
            415: components["responses"]["UNSUPPORTED_MEDIA_TYPE"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL_ERROR"];
            503: components["responses"]["UNAVAILABLE"];
        };
    };
    health_live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Yes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok"
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
            405: components["responses"]["METHOD_NOT_ALLOWED"];
            503: components["responses"]["UNAVAILABLE"];
        };
    };
    health_ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Yes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok",
                     *       "checks": {
                     *         "database": "ok",
                     *         "migrations": "ok"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            405: components["responses"]["METHOD_NOT_ALLOWED"];
            503: components["responses"]["UNAVAILABLE"];
        };
    };
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Yes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok",
                     *       "checks": {
                     *         "database": "ok",
                     *         "migrations": "ok"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            405: components["responses"]["METHOD_NOT_ALLOWED"];
            503: components["responses"]["UNAVAILABLE"];
        };
    };
}

/** The codes of the errors that the service answers with. */
export type ServiceErrorCode =
  | "FORBIDDEN"
  | "IDEMPOTENCY_KEY_IN_USE"
  | "IDEMPOTENCY_KEY_REUSED"
  | "INTERNAL_ERROR"
  | "INVALID_JSON"
  | "METHOD_NOT_ALLOWED"
  | "NOT_FOUND"
  | "PAYLOAD_TOO_LARGE"
  | "QUOTA_EXCEEDED"
  | "RATE_LIMITED"
  | "REQUEST_TIMEOUT"
  | "TOKEN_EXPIRED"
  | "UNAUTHORIZED"
  | "UNAVAILABLE"
  | "UNKNOWN_USER"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "VALIDATION_ERROR"
  | "VERSION_CONFLICT";
