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
         * @description Without `limit` a page holds up to 1000 tasks. While `has_more` is true, `next_cursor` leads on. With `If-None-Match` and the page's `ETag` the answer is 304 while nothing on it has changed.
         */
        get: operations["listTasks"];
        put?: never;
        /**
         * Create a task
         * @description The read-only keys of a task are accepted and ignored. A request with an `Idempotency-Key` can be repeated: the task is created once, and the first response is given again.
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
         * @description With `If-None-Match` and the task's `ETag` the answer is 304 while it has not changed.
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
         * @description A second time the task is not found.
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
         * @description Without a body, or with `{}`, the mark is toggled. With `completed` it is set, so that a repeated request does no harm.
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
         * @description Without `limit` a page holds up to 1000 tasks. While `has_more` is true, `next_cursor` leads on. With `If-None-Match` and the page's `ETag` the answer is 304 while nothing on it has changed.
         */
        get: operations["listTasksOfUser"];
        put?: never;
        /**
         * Create a task
         * @description The read-only keys of a task are accepted and ignored. A request with an `Idempotency-Key` can be repeated: the task is created once, and the first response is given again.
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
         * @description With `If-None-Match` and the task's `ETag` the answer is 304 while it has not changed.
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
         * @description A second time the task is not found.
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
         * @description Without a body, or with `{}`, the mark is toggled. With `completed` it is set, so that a repeated request does no harm.
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
        /** Whether requests should be sent here */
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
        Task: {
            /**
             * Format: uuid
             * @example 019c3236-2a00-7000-8000-000000000001
             */
            id: string;
            /**
             * @description The id of a user, as the token's `sub` names it.
             * @example a2eQxzd2IgtwIiVzvmeWJwhxj0piF8Zh
             */
            user_id: string;
            /**
             * @description White space around it is cut. It has no control characters, and something of it is visible.
             * @example Buy groceries
             */
            title: string;
            /**
             * @description Kept exactly as sent. Of the control characters only tabs and line breaks are taken.
             * @example Milk, eggs, bread
             */
            description: string | null;
            completed: boolean;
            /**
             * Format: date-time
             * @description When it was made, in UTC.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When it was last changed, in UTC.
             */
            updated_at: string;
            /** @description One more on every change. */
            version: number;
        };
        TaskResponse: {
            data: components["schemas"]["Task"];
        };
        TaskPage: {
            data: components["schemas"]["Task"][];
            meta: {
                limit: number;
                has_more: boolean;
                next_cursor: string | null;
            };
        };
        /**
         * @example {
         *       "title": "Buy groceries",
         *       "description": "Milk, eggs, bread"
         *     }
         */
        NewTask: {
            /**
             * @description White space around it is cut. It has no control characters, and something of it is visible.
             * @example Buy groceries
             */
            title: string;
            /**
             * @description Kept exactly as sent. Of the control characters only tabs and line breaks are taken.
             * @example Milk, eggs, bread
             */
            description?: string | null;
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
         *       "description": "Milk, eggs, bread"
         *     }
         */
        TaskChanges: {
            /**
             * @description White space around it is cut. It has no control characters, and something of it is visible.
             * @example Buy groceries
             */
            title?: string;
            /**
             * @description Kept exactly as sent. Of the control characters only tabs and line breaks are taken.
             * @example Milk, eggs, bread
             */
            description?: string | null;
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
         *       "completed": true
         *     }
         */
        Completion: {
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
        Health: {
            /** @constant */
            status: "ok";
        };
        Readiness: {
            /** @constant */
            status: "ok";
            /** @description What was looked at, each by its name. Where something is not ready the answer is 503, and `details` names it. */
            checks: {
                [key: string]: "ok";
            };
        };
    };
    responses: {
        /** @description the body must be a JSON object */
        INVALID_JSON: {
            headers: {
                /** @description The request's id, as it stands in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description the input breaks a rule */
        VALIDATION_ERROR: {
            headers: {
                /** @description The request's id, as it stands in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description the input breaks a rule; or the body must be a JSON object */
        VALIDATION_ERROR_or_INVALID_JSON: {
            headers: {
                /** @description The request's id, as it stands in the log. */
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
                /** @description The request's id, as it stands in the log. */
                "X-Request-Id"?: string;
                /** @description `Bearer`, and what is wrong. */
                "WWW-Authenticate"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description the path names another user than the token */
        FORBIDDEN: {
            headers: {
                /** @description The request's id, as it stands in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description not found */
        NOT_FOUND: {
            headers: {
                /** @description The request's id, as it stands in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description this method is not allowed here */
        METHOD_NOT_ALLOWED: {
            headers: {
                /** @description The request's id, as it stands in the log. */
                "X-Request-Id"?: string;
                /** @description The methods that are allowed. */
                Allow?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description the body did not arrive in time */
        REQUEST_TIMEOUT: {
            headers: {
                /** @description The request's id, as it stands in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description the task was changed in the meantime: it is not as If-Match says */
        VERSION_CONFLICT: {
            headers: {
                /** @description The request's id, as it stands in the log. */
                "X-Request-Id"?: string;
                /** @description The tag of the task as it is now. */
                ETag?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description a request with this Idempotency-Key is running: wait for it, or ask again in a moment; or you have as many tasks as one user may have: delete some first */
        IDEMPOTENCY_KEY_IN_USE_or_QUOTA_EXCEEDED: {
            headers: {
                /** @description The request's id, as it stands in the log. */
                "X-Request-Id"?: string;
                /** @description Seconds to wait before the next attempt. */
                "Retry-After"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description this Idempotency-Key was used for another task: take a new one */
        IDEMPOTENCY_KEY_REUSED: {
            headers: {
                /** @description The request's id, as it stands in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description the input breaks a rule; or this Idempotency-Key was used for another task: take a new one */
        VALIDATION_ERROR_or_IDEMPOTENCY_KEY_REUSED: {
            headers: {
                /** @description The request's id, as it stands in the log. */
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
                /** @description The request's id, as it stands in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description send the body as Content-Type: application/json */
        UNSUPPORTED_MEDIA_TYPE: {
            headers: {
                /** @description The request's id, as it stands in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description too many requests in a second */
        RATE_LIMITED: {
            headers: {
                /** @description The request's id, as it stands in the log. */
                "X-Request-Id"?: string;
                /** @description Seconds to wait before the next attempt. */
                "Retry-After"?: string;
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description internal error */
        INTERNAL_ERROR: {
            headers: {
                /** @description The request's id, as it stands in the log. */
                "X-Request-Id"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
        /** @description the service is not available at the moment */
        UNAVAILABLE: {
            headers: {
                /** @description The request's id, as it stands in the log. */
                "X-Request-Id"?: string;
                /** @description Seconds to wait before the next attempt. */
                "Retry-After"?: string;
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
        /** @description How many requests a second the user may make, where that is limited: `"user";q=100;w=1`. */
        "RateLimit-Policy": string;
        /** @description And how many of them are left: `"user";r=73;t=1`. */
        RateLimit: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listTasks: {
        parameters: {
            query?: {
                /** @description The most tasks to send. */
                limit?: number;
                /** @description Where to go on: `next_cursor` of the page before. */
                cursor?: string;
                /** @description Only tasks that are done, or that are not. */
                completed?: boolean;
                /** @description The same filter in other words. It must not contradict `completed`. */
                status?: "all" | "pending" | "completed";
            };
            header?: {
                /** @description The `ETag` of what is known already. */
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
                    /** @description The request's id, as it stands in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description What was seen, in a word: for `If-Match` and `If-None-Match`. */
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
            /** @description As `If-None-Match` says: nothing has changed. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED"];
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
                /** @description A name for this create, unique among the user's, so that the request can be repeated: a UUID, for example. As it is or in double quotes. */
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
                    /** @description The request's id, as it stands in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description The path of the new task, in the style of the request. */
                    Location?: string;
                    /** @description `true`, if this is the response to an earlier request. */
                    "Idempotency-Replayed"?: string;
                    /** @description What was seen, in a word: for `If-Match` and `If-None-Match`. */
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
                /** @description The `ETag` of what is known already. */
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
                    /** @description The request's id, as it stands in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description What was seen, in a word: for `If-Match` and `If-None-Match`. */
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
            /** @description As `If-None-Match` says: nothing has changed. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED"];
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
                /** @description The `ETag` of the task that was seen: `"3"`. Or several, or `*` for any. */
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
                    /** @description The request's id, as it stands in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description What was seen, in a word: for `If-Match` and `If-None-Match`. */
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
                /** @description The `ETag` of the task that was seen: `"3"`. Or several, or `*` for any. */
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
                    /** @description The request's id, as it stands in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED"];
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
                /** @description The `ETag` of the task that was seen: `"3"`. Or several, or `*` for any. */
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
                    /** @description The request's id, as it stands in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description What was seen, in a word: for `If-Match` and `If-None-Match`. */
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
                /** @description The `ETag` of the task that was seen: `"3"`. Or several, or `*` for any. */
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
                    /** @description The request's id, as it stands in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description What was seen, in a word: for `If-Match` and `If-None-Match`. */
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
                /** @description The most tasks to send. */
                limit?: number;
                /** @description Where to go on: `next_cursor` of the page before. */
                cursor?: string;
                /** @description Only tasks that are done, or that are not. */
                completed?: boolean;
                /** @description The same filter in other words. It must not contradict `completed`. */
                status?: "all" | "pending" | "completed";
            };
            header?: {
                /** @description The `ETag` of what is known already. */
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
                    /** @description The request's id, as it stands in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description What was seen, in a word: for `If-Match` and `If-None-Match`. */
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
            /** @description As `If-None-Match` says: nothing has changed. */
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
                /** @description A name for this create, unique among the user's, so that the request can be repeated: a UUID, for example. As it is or in double quotes. */
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
                    /** @description The request's id, as it stands in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description The path of the new task, in the style of the request. */
                    Location?: string;
                    /** @description `true`, if this is the response to an earlier request. */
                    "Idempotency-Replayed"?: string;
                    /** @description What was seen, in a word: for `If-Match` and `If-None-Match`. */
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
            400: components["responses"]["VALIDATION_ERROR_or_INVALID_JSON"];
            401: components["responses"]["UNAUTHORIZED_or_TOKEN_EXPIRED"];
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
                /** @description The `ETag` of what is known already. */
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
                    /** @description The request's id, as it stands in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description What was seen, in a word: for `If-Match` and `If-None-Match`. */
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
            /** @description As `If-None-Match` says: nothing has changed. */
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
                /** @description The `ETag` of the task that was seen: `"3"`. Or several, or `*` for any. */
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
                    /** @description The request's id, as it stands in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description What was seen, in a word: for `If-Match` and `If-None-Match`. */
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
            400: components["responses"]["VALIDATION_ERROR_or_INVALID_JSON"];
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
                /** @description The `ETag` of the task that was seen: `"3"`. Or several, or `*` for any. */
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
                    /** @description The request's id, as it stands in the log. */
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
                /** @description The `ETag` of the task that was seen: `"3"`. Or several, or `*` for any. */
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
                    /** @description The request's id, as it stands in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description What was seen, in a word: for `If-Match` and `If-None-Match`. */
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
            400: components["responses"]["VALIDATION_ERROR_or_INVALID_JSON"];
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
                /** @description The `ETag` of the task that was seen: `"3"`. Or several, or `*` for any. */
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
                    /** @description The request's id, as it stands in the log. */
                    "X-Request-Id"?: string;
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    /** @description What was seen, in a word: for `If-Match` and `If-None-Match`. */
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
            400: components["responses"]["VALIDATION_ERROR_or_INVALID_JSON"];
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
  | "UNSUPPORTED_MEDIA_TYPE"
  | "VALIDATION_ERROR"
  | "VERSION_CONFLICT";
