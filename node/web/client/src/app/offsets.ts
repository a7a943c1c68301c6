/** Where items of a list are: heights as measured, or guessed until then, added up. */
export class Offsets {
  private ids: string[] = [];
  private heights = new Map<string, number>();
  private guesses: (index: number) => number = () => 0;
  private tops: Float64Array<ArrayBuffer> = new Float64Array(1);
  private stale = 0; // the first index whose top is not right
  private width = 0;

  /** Says which items there are. */
  set(ids: string[], guess: (index: number) => number): void {
    this.guesses = guess;
    if (ids.length === this.ids.length && ids.every((id, i) => id === this.ids[i])) return;
    this.ids = ids;
    this.tops = new Float64Array(ids.length + 1);
    this.stale = 0;
  }

  /** Takes the heights of what is on the page. At another width everything is guessed anew. */
  measure(list: HTMLElement): void {
    if (list.clientWidth !== this.width) {
      this.width = list.clientWidth;
      this.heights.clear();
      this.stale = 0;
    }
    for (const child of list.children) {
      const id = (child as HTMLElement).dataset.item;
      const height = child.getBoundingClientRect().height;
      if (!id || this.heights.get(id) === height) continue;
      this.heights.set(id, height);
      const index = this.ids.indexOf(id);
      if (index >= 0) this.stale = Math.min(this.stale, index);
    }
  }

  /** The top of an item; of the length, the end of the last. */
  top(index: number): number {
    this.add();
    return this.tops[Math.min(index, this.ids.length)] ?? 0;
  }

  /** The item at a distance from the top. */
  at(distance: number): number {
    this.add();
    let low = 0, high = this.ids.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tops[middle + 1]! > distance) high = middle;
      else low = middle + 1;
    }
    return Math.max(0, low);
  }

  private add(): void {
    for (let i = this.stale; i < this.ids.length; i++) this.tops[i + 1] = this.tops[i]! + (this.heights.get(this.ids[i]!) ?? this.guesses(i));
    this.stale = this.ids.length;
  }
}
