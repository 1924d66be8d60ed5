"use client";

import Link from "next/link";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { Mark } from "@/components/icons";
import { authClient } from "@/lib/auth-client";

const TEXTS = {
  in: { title: "Sign in", action: "Sign in", question: "New here?", other: "Create an account", path: "/sign-up" },
  up: { title: "Create an account", action: "Sign up", question: "Already have an account?", other: "Sign in", path: "/sign-in" },
};

export function SignForm({ kind }: { kind: "in" | "up" }) {
  const texts = TEXTS[kind];
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  // The form does nothing until the page's scripts run.
  const [ready, setReady] = useState(false);
  const alert = useRef<HTMLParagraphElement>(null);
  useEffect(() => setReady(true), []);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [email, password] = [String(form.get("email")), String(form.get("password"))];
    setBusy(true);
    setError("");
    const { error } = await (
      kind === "in"
        ? authClient.signIn.email({ email, password })
        : authClient.signUp.email({ email, password, name: String(form.get("name")) })
    ).catch(() => ({ error: { message: "The app cannot be reached. Try again in a moment." } }));
    // A full page load, so that no data of another user stays in memory.
    if (!error) return window.location.assign("/");
    setBusy(false);
    setError(error.message ?? "Something went wrong. Try again in a moment.");
    alert.current?.focus();
  }

  return (
    <main className="sign">
      <div className="card">
        <p className="brand">
          <Mark /> Tasks
        </p>
        <h1>{texts.title}</h1>
        <form onSubmit={submit} aria-describedby="sign-error">
          {kind === "up" && (
            <label className="field">
              Name
              <input name="name" autoComplete="name" required maxLength={100} />
            </label>
          )}
          <label className="field">
            E-mail
            <input name="email" type="email" autoComplete="email" required />
          </label>
          <label className="field">
            Password
            <input
              name="password"
              type="password"
              autoComplete={kind === "in" ? "current-password" : "new-password"}
              minLength={8}
              maxLength={128}
              required
              aria-describedby={kind === "up" ? "password-rule" : undefined}
            />
            {kind === "up" && (
              <span id="password-rule" className="hint">
                At least 8 characters
              </span>
            )}
          </label>
          <p id="sign-error" ref={alert} role="alert" tabIndex={-1} className="error" hidden={!error}>
            {error}
          </p>
          <button className="primary wide" disabled={busy || !ready}>
            {busy ? "Please wait…" : texts.action}
          </button>
        </form>
        <p className="aside">
          {texts.question} <Link href={texts.path}>{texts.other}</Link>
        </p>
      </div>
    </main>
  );
}
