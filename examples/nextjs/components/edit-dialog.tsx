"use client";

import type { FormEvent } from "react";
import type { TaskChanges } from "@tasks-api/client";
import { Dialog } from "@/components/dialog";
import type { ShownTask } from "@/lib/task-store";

/** For the title of a task: the service rejects a blank one. */
export const NOT_BLANK = { pattern: ".*\\S.*", title: "Must not be blank" };

interface Props {
  readonly task: ShownTask;
  readonly onSave: (changes: TaskChanges) => void;
  readonly onClose: () => void;
}

export function EditDialog({ task, onSave, onClose }: Props) {
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const title = String(fields.get("title")).trim();
    // Forms send line breaks as CR LF, and the service does not change them.
    const description = String(fields.get("description")).replaceAll("\r\n", "\n") || null;
    const changes: TaskChanges = {
      ...(title !== task.title && { title }),
      ...(description !== task.description && { description }),
    };
    if (Object.keys(changes).length > 0) onSave(changes);
    onClose();
  }

  return (
    <Dialog title="Edit task" onClose={onClose}>
      <form onSubmit={submit}>
        <label className="field">
          Title
          <input name="title" defaultValue={task.title} required maxLength={500} autoComplete="off" {...NOT_BLANK} />
        </label>
        <label className="field">
          Details
          <textarea name="description" defaultValue={task.description ?? ""} rows={6} maxLength={10_000} />
        </label>
        <div className="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button className="primary">Save</button>
        </div>
      </form>
    </Dialog>
  );
}
