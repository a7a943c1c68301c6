import { assertive, polite } from './live';

/** The two regions that are read to the ear. */
export function LiveRegions() {
  return (
    <>
      <div class="hear" aria-live="polite">{polite}</div>
      <div class="hear" aria-live="assertive">{assertive}</div>
    </>
  );
}
