"use client";

import { useEffect, useLayoutEffect, useRef } from "react";
import { TaskItem } from "@/components/task-item";
import type { Filter, ShownTask, State } from "@/lib/task-store";

const EMPTY: Record<Filter, [string, string]> = {
  all: ["Nothing to do yet", "Add your first task above."],
  pending: ["All done", "You have no open tasks."],
  completed: ["Nothing done yet", "Completed tasks appear here."],
};

interface Props {
  readonly state: State;
  readonly onComplete: (task: ShownTask, completed: boolean) => void;
  readonly onEdit: (task: ShownTask) => void;
  readonly onDelete: (task: ShownTask) => void;
  readonly onMore: () => void;
  readonly onRetry: () => void;
}

export function TaskList({ state, onMore, onRetry, ...handlers }: Props) {
  const { tasks, phase, filter, hasMore, loadingMore } = state;
  const list = useRef<HTMLUListElement>(null);
  useFocusFallback(list, tasks);

  if (phase === "failed" && tasks.length === 0) {
    return (
      <div className="empty">
        <h2>Your tasks could not be loaded</h2>
        <button onClick={onRetry}>Try again</button>
      </div>
    );
  }
  if (phase === "loading" && tasks.length === 0) {
    return (
      <div className="skeletons" role="status">
        <span className="sr-only">Loading…</span>
        <i /> <i /> <i />
      </div>
    );
  }
  return (
    <>
      {tasks.length === 0 && !hasMore && (
        <div className="empty">
          <h2>{EMPTY[filter][0]}</h2>
          <p>{EMPTY[filter][1]}</p>
        </div>
      )}
      <ul ref={list} className="tasks" tabIndex={-1} aria-label="Tasks">
        {tasks.map((task) => (
          <TaskItem key={task.id} task={task} {...handlers} />
        ))}
      </ul>
      {hasMore && <More busy={loadingMore} onMore={onMore} />}
    </>
  );
}

/** A button that loads more tasks by itself shortly before it scrolls into view. */
function More({ busy, onMore }: { busy: boolean; onMore: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  const press = useRef(onMore);
  press.current = onMore;
  useEffect(() => {
    // Observed again after each page, because the button may still be in view.
    if (busy || !button.current) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) press.current();
      },
      { rootMargin: "600px" },
    );
    observer.observe(button.current);
    return () => observer.disconnect();
  }, [busy]);
  return (
    <button ref={button} className="quiet more" onClick={onMore} aria-disabled={busy}>
      {busy ? "Loading…" : "Load more"}
    </button>
  );
}

/** Moves the focus to the list if the focused item is removed. Otherwise it would move to the top of the page. */
function useFocusFallback(list: React.RefObject<HTMLUListElement | null>, tasks: readonly ShownTask[]) {
  const hadFocus = useRef(false);
  useLayoutEffect(() => {
    if (hadFocus.current && document.activeElement === document.body) list.current?.focus();
    const update = () => {
      hadFocus.current = !!list.current?.contains(document.activeElement) || !!document.activeElement?.closest("dialog");
    };
    update();
    document.addEventListener("focusin", update);
    return () => document.removeEventListener("focusin", update);
  }, [list, tasks]);
}
