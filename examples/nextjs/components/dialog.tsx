"use client";

import { useLayoutEffect, useId, useRef, type ReactNode } from "react";

interface Props {
  readonly title: string;
  /** Called on Escape. If absent, Escape does nothing. */
  readonly onClose?: () => void;
  readonly children: ReactNode;
}

/** A modal dialog. The browser keeps the focus inside it, and restores the focus afterwards. */
export function Dialog({ title, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // A layout effect, because `close` restores the focus only while the dialog is still in the page.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    element?.querySelector<HTMLElement>("[data-first-focus]")?.focus();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
    >
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  );
}
