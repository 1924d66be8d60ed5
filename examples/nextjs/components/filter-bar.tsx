"use client";

import type { Filter } from "@/lib/task-store";

const FILTERS: [Filter, string][] = [
  ["all", "All"],
  ["pending", "Open"],
  ["completed", "Done"],
];

export function FilterBar({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }) {
  return (
    <fieldset className="filters">
      <legend className="sr-only">Show</legend>
      {FILTERS.map(([value, label]) => (
        <label key={value}>
          <input type="radio" name="show" value={value} checked={value === filter} onChange={() => onChange(value)} />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}
