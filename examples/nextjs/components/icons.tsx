/** The paths of the icons. Screen readers skip icons: each is next to a text or in a control with a label. */
const PATHS = {
  check: "m5 12.5 4.5 4.5L19 7",
  pencil: "M4 20h4L19.5 8.5a2.1 2.1 0 0 0-3-3L5 17z",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13M10.5 11v5.5M13.5 11v5.5",
  close: "m6 6 12 12M18 6 6 18",
};

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Mark() {
  return (
    <span className="mark">
      <Icon name="check" />
    </span>
  );
}
