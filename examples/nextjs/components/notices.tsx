"use client";

import { Icon } from "@/components/icons";
import type { Notice } from "@/lib/task-store";

/** Shows errors until the user dismisses them. */
export function Notices({ notices, onDismiss }: { notices: readonly Notice[]; onDismiss: (id: number) => void }) {
  return (
    <div className="notices" role="alert">
      {notices.map(({ id, text, retry }) => (
        <div key={id} className="notice">
          <p>{text}</p>
          {retry && (
            <button className="small" onClick={retry}>
              Try again
            </button>
          )}
          <button className="quiet" onClick={() => onDismiss(id)} aria-label="Dismiss">
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
