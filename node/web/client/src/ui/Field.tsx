import type { ComponentChildren, InputHTMLAttributes, LooseInputHTMLAttributes, TextareaHTMLAttributes } from 'preact';
import { useId } from 'preact/hooks';
import { Icon, type IconName } from './Icon';

type Shared = {
  label: string;
  /** Where the place says what it is for (a search field under its title), the label is for the ear. */
  quiet?: boolean;
  hint?: ComponentChildren;
  error?: ComponentChildren;
  value: string;
  onInput: (value: string) => void;
};

export type FieldProps = Shared & {
  icon?: IconName;
  /** Before and after what is typed: "@", "@hillside.town", a button. */
  before?: ComponentChildren;
  after?: ComponentChildren;
} & Omit<LooseInputHTMLAttributes<HTMLInputElement>, 'onInput' | 'value' | 'icon' | 'label'>;

function Frame({ id, label, quiet, hint, error, children, long }: Omit<Shared, 'value' | 'onInput'> & { id: string; children: ComponentChildren; long?: boolean }) {
  return (
    <div class={'field' + (error ? ' field-wrong' : '')}>
      <label for={id} class={quiet ? 'hear' : 'field-label'}>{label}</label>
      <div class={long ? 'field-box field-long' : 'field-box'}>{children}</div>
      {error ? <p id={id + 'e'} class="field-error" role="alert"><Icon name="warning" size={16} /><span>{error}</span></p> : hint && <p id={id + 'h'} class="hint">{hint}</p>}
    </div>
  );
}

/** A line to write in, its label always above it. */
export function Field({ label, quiet, hint, error, icon, before, after, value, onInput, ...input }: FieldProps) {
  const id = useId();
  return (
    <Frame id={id} label={label} quiet={quiet} hint={hint} error={error}>
      {icon && <Icon name={icon} size={20} />}
      {before && <span class="field-by">{before}</span>}
      <input {...(input as InputHTMLAttributes)} id={id} class="field-input" value={value} onInput={(e) => onInput(e.currentTarget.value)}
        aria-invalid={error ? true : undefined} aria-describedby={error ? id + 'e' : hint ? id + 'h' : undefined} />
      {after && <span class="field-by">{after}</span>}
    </Frame>
  );
}

/** Room for several lines; it grows with what is written. */
export function TextArea({ label, quiet, hint, error, value, onInput, ...area }: Shared & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'onInput' | 'value' | 'label'>) {
  const id = useId();
  return (
    <Frame id={id} label={label} quiet={quiet} hint={hint} error={error} long>
      <textarea rows={3} {...area} id={id} dir="auto" class="field-input" value={value} onInput={(e) => onInput(e.currentTarget.value)}
        aria-invalid={error ? true : undefined} aria-describedby={error ? id + 'e' : hint ? id + 'h' : undefined} />
    </Frame>
  );
}

/** One of a few, by the system's own list. */
export function Select({ label, quiet, hint, error, value, onInput, options }: Shared & { options: Array<{ value: string; label: string }> }) {
  const id = useId();
  return (
    <Frame id={id} label={label} quiet={quiet} hint={hint} error={error}>
      <select id={id} class="field-input" value={value} onChange={(e) => onInput(e.currentTarget.value)} aria-describedby={hint ? id + 'h' : undefined}>
        {options.map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}
      </select>
      <Icon name="down" size={16} />
    </Frame>
  );
}
