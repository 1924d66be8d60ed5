"use client";

import { Dialog } from "@/components/dialog";
import type { ShownTask } from "@/lib/task-store";

interface Props {
  readonly task: ShownTask;
  readonly onDelete: () => void;
  readonly onClose: () => void;
}

export function DeleteDialog({ task, onDelete, onClose }: Props) {
  return (
    <Dialog title="Delete this task?" onClose={onClose}>
      <p className="quoted">{task.title}</p>
      <p>This cannot be undone.</p>
      <div className="buttons">
        <button onClick={onClose}>Cancel</button>
        <button
          className="primary danger"
          onClick={() => {
            onDelete();
            onClose();
          }}
        >
          Delete
        </button>
      </div>
    </Dialog>
  );
}
