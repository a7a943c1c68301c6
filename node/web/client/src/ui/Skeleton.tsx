/** The shape of what comes, drawn after 200 ms so that a quick answer shows nothing at all. */
export function Skeleton({ of, count = 4, label }: { of: Shape; count?: number; label: string }) {
  return (
    <div class={`skels skels-${of}`} role="status" aria-label={label}>
      {Array.from({ length: of === 'profile' ? 1 : count }, (_, i) => <Bone key={i} of={of} odd={i % 2 === 1} />)}
    </div>
  );
}

export type Shape = 'post' | 'chat' | 'bubble' | 'contact' | 'profile' | 'row';

function Bone({ of, odd }: { of: Shape; odd: boolean }) {
  if (of === 'bubble') return <i class={odd ? 'skel skel-bubble skel-own' : 'skel skel-bubble'} aria-hidden="true" />;
  if (of === 'row') return <div class="skel-line" aria-hidden="true"><i class="skel skel-a" /><i class="skel skel-end" /></div>;
  if (of === 'profile') return <div class="skel-profile" aria-hidden="true"><i class="skel skel-cover" /><i class="skel skel-big" /><i class="skel skel-a" /><i class="skel skel-b" /></div>;
  return (
    <div class={`skel-row skel-${of}`} aria-hidden="true">
      <i class="skel skel-face" />
      <span><i class="skel skel-a" /><i class="skel skel-b" />{of === 'post' && <i class="skel skel-c" />}{of === 'post' && odd && <i class="skel skel-picture" />}</span>
    </div>
  );
}
