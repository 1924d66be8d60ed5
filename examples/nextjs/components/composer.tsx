"use client";

import { useRef, useState, type FormEvent } from "react";
import type { NewTask } from "@tasks-api/client";
import { NOT_BLANK } from "@/components/edit-dialog";

export function Composer({ onCreate }: { onCreate: (task: NewTask) => void }) {
  const [withDetails, setWithDetails] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const title = useRef<HTMLInputElement>(null);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const description = String(fields.get("description") ?? "");
    onCreate({ title: String(fields.get("title")).trim(), ...(description && { description }) });
    form.current?.reset();
    setWithDetails(false);
    title.current?.focus();
  }

  return (
    <form ref={form} className="composer card" onSubmit={submit}>
      <div className="line">
        <input
          ref={title}
          name="title"
          aria-label="New task"
          placeholder="What needs to be done?"
          autoComplete="off"
          required
          maxLength={500}
          {...NOT_BLANK}
        />
        <button className="primary">Add</button>
      </div>
      {withDetails ? (
        <textarea name="description" aria-label="Details" placeholder="Details" rows={3} maxLength={10_000} autoFocus />
      ) : (
        <button type="button" className="quiet small" onClick={() => setWithDetails(true)}>
          Add details
        </button>
      )}
    </form>
  );
}
