import type { ComponentChildren, LooseInputHTMLAttributes } from 'preact';

/** On or off, at once. Where it stands alone it needs a label; in a SettingsRow the row is its label. */
export function Switch({ checked, onChange, label, disabled, id }: { checked: boolean; onChange: (on: boolean) => void; label?: string; disabled?: boolean; id?: string }) {
  return <input id={id} type="checkbox" role="switch" class="switch" checked={checked} disabled={disabled} aria-label={label} onChange={(e) => onChange(e.currentTarget.checked)} />;
}

/** A box to tick, or one of several to choose, with its words. */
export function Tick({ type = 'checkbox', children, hint, ...input }: { type?: 'checkbox' | 'radio'; children: ComponentChildren; hint?: ComponentChildren } & Pick<LooseInputHTMLAttributes<HTMLInputElement>, 'name' | 'value' | 'checked' | 'disabled' | 'onChange'>) {
  return (
    <label class="tick-row">
      <input type={type} class="tick" {...input} />
      <span>{children}{hint && <span class="hint">{hint}</span>}</span>
    </label>
  );
}
