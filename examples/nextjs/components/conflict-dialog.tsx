"use client";

import { Dialog } from "@/components/dialog";
import type { Conflict } from "@/lib/task-store";

/** Shows both versions of a task after an edit conflict, and lets the user choose. */
export function ConflictDialog({ conflict, onChoose }: { conflict: Conflict; onChoose: (winner: "mine" | "theirs") => void }) {
  const { current, changes } = conflict;
  return (
    <Dialog title="This task was changed elsewhere" onClose={() => onChoose("theirs")}>
      <p>It was changed while you were editing it. Which version do you want to keep?</p>
      <div className="versions">
        <section aria-labelledby="version-mine">
          <h3 id="version-mine">Your version</h3>
          <Version title={changes.title ?? current.title} description={textOf(changes, current)} />
          <button className="primary" onClick={() => onChoose("mine")}>
            Keep mine
          </button>
        </section>
        <section aria-labelledby="version-theirs">
          <h3 id="version-theirs">The other version</h3>
          <Version title={current.title} description={current.description} />
          <button onClick={() => onChoose("theirs")}>Keep the other</button>
        </section>
      </div>
    </Dialog>
  );
}

const textOf = (changes: Conflict["changes"], current: Conflict["current"]) =>
  changes.description === undefined ? current.description : changes.description;

function Version({ title, description }: { title: string; description: string | null }) {
  return (
    <div className="quoted">
      <p className="title">{title}</p>
      {description ? <p className="description">{description}</p> : <p className="hint">No details</p>}
    </div>
  );
}
