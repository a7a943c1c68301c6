/** The shape of what comes, drawn after 200 ms so that a quick answer shows nothing at all. */
export function Skeleton({ of, count = 4, label }: { of: 'post' | 'chat' | 'contact' | 'profile'; count?: number; label: string }) {
  return (
    <div class="bones" role="status" aria-label={label}>
      {Array.from({ length: of === 'profile' ? 1 : count }, (_, i) => <Bone key={i} of={of} odd={i % 2 === 1} />)}
    </div>
  );
}

function Bone({ of, odd }: { of: string; odd: boolean }) {
  if (of === 'profile') return <div class="bone-profile" aria-hidden="true"><i class="bone bone-cover" /><i class="bone bone-big" /><i class="bone bone-a" /><i class="bone bone-b" /></div>;
  return (
    <div class={`bone-row bone-${of}`} aria-hidden="true">
      <i class="bone bone-face" />
      <span><i class="bone bone-a" /><i class="bone bone-b" />{of === 'post' && <i class="bone bone-c" />}{of === 'post' && odd && <i class="bone bone-picture" />}</span>
    </div>
  );
}
