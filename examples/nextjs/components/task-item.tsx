"use client";

import { Icon } from "@/components/icons";
import type { ShownTask } from "@/lib/task-store";

interface Props {
  readonly task: ShownTask;
  readonly onComplete: (task: ShownTask, completed: boolean) => void;
  readonly onEdit: (task: ShownTask) => void;
  readonly onDelete: (task: ShownTask) => void;
}

const DATES = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });

export function TaskItem({ task, onComplete, onEdit, onDelete }: Props) {
  const { title, description, completed, created_at, unsaved = false } = task;
  return (
    <li className="task card" data-completed={completed || undefined} data-unsaved={unsaved || undefined}>
      <label className="tick">
        <input
          type="checkbox"
          checked={completed}
          disabled={unsaved}
          onChange={(event) => onComplete(task, event.target.checked)}
          aria-label={`Done: ${title}`}
        />
        <Icon name="check" />
      </label>
      <div className="text">
        <p className="title">{title}</p>
        {description && <p className="description">{description}</p>}
        <p className="when">{unsaved ? "Saving…" : <time dateTime={created_at}>{DATES.format(new Date(created_at))}</time>}</p>
      </div>
      <div className="actions">
        <button className="quiet" disabled={unsaved} onClick={() => onEdit(task)} aria-label={`Edit ${title}`}>
          <Icon name="pencil" />
        </button>
        <button className="quiet danger" disabled={unsaved} onClick={() => onDelete(task)} aria-label={`Delete ${title}`}>
          <Icon name="trash" />
        </button>
      </div>
    </li>
  );
}
