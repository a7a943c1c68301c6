import type { ComponentChildren } from 'preact';

/** What this place is for, in one line, and one thing to do: two arcs of the round house above it. */
export function Empty({ children, act, title }: { title?: string; children: ComponentChildren; act?: ComponentChildren }) {
  return (
    <div class="empty">
      <svg class="empty-arcs" viewBox="0 0 120 60" width="120" height="60" aria-hidden="true">
        <path d="M8 56a52 52 0 0 1 104 0" /><path d="M28 56a32 32 0 0 1 64 0" /><path d="M48 56a12 12 0 0 1 24 0" />
      </svg>
      {title && <h2 class="empty-title">{title}</h2>}
      <p>{children}</p>
      {act}
    </div>
  );
}
