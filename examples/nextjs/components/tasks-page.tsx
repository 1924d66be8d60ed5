"use client";

import { useEffect, useState, useSyncExternalStore } from "react";
import { betterAuthToken } from "@tasks-api/client";
import { Composer } from "@/components/composer";
import { ConflictDialog } from "@/components/conflict-dialog";
import { DeleteDialog } from "@/components/delete-dialog";
import { EditDialog } from "@/components/edit-dialog";
import { FilterBar } from "@/components/filter-bar";
import { Mark } from "@/components/icons";
import { Notices } from "@/components/notices";
import { SessionDialog } from "@/components/session-dialog";
import { TaskList } from "@/components/task-list";
import { authClient } from "@/lib/auth-client";
import { TaskStore, type Filter, type ShownTask } from "@/lib/task-store";

export interface User {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

interface Props {
  readonly user: User;
  /** The address of the service, or `null` if the page calls it through the app's server. */
  readonly serviceUrl: string | null;
  readonly initialFilter: Filter;
}

function storeFor(user: User, serviceUrl: string | null): TaskStore {
  if (serviceUrl !== null) return new TaskStore({ baseUrl: serviceUrl, token: betterAuthToken({ user: user.id }) });
  // The server reads the session from the cookie, and rejects the request if another user has signed in since.
  return new TaskStore({
    baseUrl: "",
    fetch: (input, init) => fetch(input, { ...init, headers: { ...(init?.headers as object), "X-User-Id": user.id } }),
  });
}

export function TasksPage({ user, serviceUrl, initialFilter }: Props) {
  const [store] = useState(() => storeFor(user, serviceUrl));
  const state = useSyncExternalStore(store.subscribe, store.read, store.readInitial);
  const [editing, setEditing] = useState<ShownTask>();
  const [deleting, setDeleting] = useState<ShownTask>();

  useEffect(() => void store.show(initialFilter), [store, initialFilter]);

  // Shows changes from elsewhere when the user comes back to the page.
  useEffect(() => {
    const refresh = () => document.visibilityState === "visible" && void store.refresh();
    document.addEventListener("visibilitychange", refresh);
    window.addEventListener("online", refresh);
    return () => {
      document.removeEventListener("visibilitychange", refresh);
      window.removeEventListener("online", refresh);
    };
  }, [store]);

  function filterBy(filter: Filter) {
    window.history.replaceState(null, "", filter === "all" ? "/" : `/?show=${filter}`);
    void store.show(filter);
  }

  async function signOut() {
    await authClient.signOut().catch(() => undefined);
    window.location.assign("/sign-in");
  }

  return (
    <>
      <header className="top">
        <p className="brand">
          <Mark /> Tasks
        </p>
        <p className="who" title={user.email}>
          {user.name}
        </p>
        <button className="quiet" onClick={signOut}>
          Sign out
        </button>
      </header>

      <main>
        <div className="heading">
          <h1>Your tasks</h1>
          <FilterBar filter={state.filter} onChange={filterBy} />
        </div>
        {state.connection !== "up" && (
          <p className="banner" role="status">
            {state.connection === "retrying"
              ? "Connecting…"
              : "The task service cannot be reached. The list may be out of date. Reconnecting…"}
          </p>
        )}
        <Composer onCreate={(task) => store.create(task)} />
        <TaskList
          state={state}
          onComplete={(task, completed) => store.setCompleted(task, completed)}
          onEdit={setEditing}
          onDelete={setDeleting}
          onMore={() => void store.loadMore()}
          onRetry={() => void store.show(state.filter)}
        />
      </main>

      <Notices notices={state.notices} onDismiss={(id) => store.dismiss(id)} />
      <p className="sr-only" role="status">
        {state.announcement}
      </p>

      {editing && (
        <EditDialog task={editing} onSave={(changes) => store.edit(editing, changes)} onClose={() => setEditing(undefined)} />
      )}
      {deleting && (
        <DeleteDialog task={deleting} onDelete={() => store.remove(deleting)} onClose={() => setDeleting(undefined)} />
      )}
      {state.conflict && <ConflictDialog conflict={state.conflict} onChoose={(winner) => store.resolve(winner)} />}
      {state.sessionEnded && <SessionDialog user={user} onSignedIn={() => store.sessionRestored()} />}
    </>
  );
}
