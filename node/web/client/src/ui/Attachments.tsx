import { t } from '../i18n';
import { percent } from './format';
import { Icon } from './Icon';
import { IconButton } from './Button';

export interface Attachment {
  id: string;
  preview?: string;
  kind: 'image' | 'video' | 'audio' | 'gifv' | 'unknown';
  name?: string;
  description: string;
  /** Of 1, while it goes up. */
  progress?: number;
  failed?: string;
}

export interface AttachmentsProps {
  items: Attachment[];
  onDescribe: (id: string) => void;
  onRemove: (id: string) => void;
  /** Changes places with the neighbour: by buttons, so that nobody has to drag. */
  onMove?: (id: string, by: -1 | 1) => void;
  onRetry?: (id: string) => void;
}

/** What goes with the words, in order; each asks for its description, and nobody is forced. */
export function Attachments({ items, onDescribe, onRemove, onMove, onRetry }: AttachmentsProps) {
  if (!items.length) return null;
  const silent = items.filter((a) => !a.description.trim() && !a.failed).length;
  return (
    <div>
      <ul class="attached">
        {items.map((a, i) => (
          <li key={a.id} class={a.failed ? 'attachment attachment-failed' : 'attachment'}>
            {a.preview ? <img src={a.preview} alt={a.description} /> : <span class="attachment-sign"><Icon name={a.kind === 'video' ? 'video' : a.kind === 'audio' ? 'volume' : 'file'} /><span class="one">{a.name}</span></span>}
            {a.progress !== undefined && a.progress < 1 && <span class="attachment-progress num" role="progressbar" aria-label={t('compose.progress')} aria-valuenow={Math.round(a.progress * 100)}>{percent(a.progress)}</span>}
            <span class="attachment-x"><IconButton icon="close" size={16} label={t('compose.remove')} onClick={() => onRemove(a.id)} /></span>
            {a.failed
              ? <button type="button" class="attachment-alt attachment-wrong reach" onClick={() => onRetry?.(a.id)}>{a.failed} {t('ui.again')}</button>
              : <button type="button" class={a.description.trim() ? 'attachment-alt attachment-told reach' : 'attachment-alt reach'} onClick={() => onDescribe(a.id)}>{a.description.trim() ? <><Icon name="check" size={14} />ALT</> : t('compose.describe')}</button>}
            {onMove && items.length > 1 && (
              <span class="attachment-move">
                {i > 0 && <IconButton icon="back" size={16} label={t('compose.earlier')} onClick={() => onMove(a.id, -1)} />}
                {i < items.length - 1 && <IconButton icon="next" size={16} label={t('compose.later')} onClick={() => onMove(a.id, 1)} />}
              </span>
            )}
          </li>
        ))}
      </ul>
      {silent > 0 && <p class="attached-hint"><Icon name="info" size={16} />{t('compose.silent', { count: silent })}</p>}
    </div>
  );
}
