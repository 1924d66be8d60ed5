"use client";

import Link from "next/link";
import { useState, type FormEvent } from "react";
import { Dialog } from "@/components/dialog";
import type { User } from "@/components/tasks-page";
import { authClient } from "@/lib/auth-client";

/** Asks the user to sign in again after the session has ended. The page and what was typed stay. */
export function SessionDialog({ user, onSignedIn }: { user: User; onSignedIn: () => void }) {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget).get("password"));
    setBusy(true);
    const { error } = await authClient.signIn
      .email({ email: user.email, password })
      .catch(() => ({ error: { message: "The app cannot be reached. Try again in a moment." } }));
    setBusy(false);
    if (error) setError(error.message ?? "Signing in failed. Try again in a moment.");
    else onSignedIn();
  }

  return (
    <Dialog title="Your session has ended">
      <p>Sign in again to continue. Your changes are kept.</p>
      <form onSubmit={submit}>
        <label className="field">
          E-mail
          <input name="email" type="email" autoComplete="username" value={user.email} readOnly />
        </label>
        <label className="field">
          Password
          <input name="password" type="password" autoComplete="current-password" required data-first-focus />
        </label>
        <p role="alert" className="error" hidden={!error}>
          {error}
        </p>
        <div className="buttons">
          <Link className="button" href="/sign-in">
            Use another account
          </Link>
          <button className="primary" disabled={busy}>
            Sign in
          </button>
        </div>
      </form>
    </Dialog>
  );
}
