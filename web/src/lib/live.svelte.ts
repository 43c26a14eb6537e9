// The newest picture of a camera, again and again, for as long as somebody looks.

/** The next picture is asked for this long after the last has arrived: slow links never queue. */
const EVERY_MS = 2_000;

export interface Shot {
  url: string;
  takenAt: string;
  /** Whether people in it have been made unrecognisable. */
  isBlurred: boolean;
}

export class Live {
  shot = $state<Shot | null>(null);

  /** Answers with how to stop. `reason`: why people are to be seen as they are; empty: they are not. */
  follow(camera: string, reason: string): () => void {
    const leaving = new AbortController();
    const query = reason === '' ? '' : `?reason=${encodeURIComponent(reason)}`;
    void this.keepLooking(`/api/v1/cameras/${encodeURIComponent(camera)}/picture${query}`, leaving.signal);
    return () => {
      leaving.abort();
      this.show(null);
    };
  }

  private async keepLooking(path: string, left: AbortSignal): Promise<void> {
    while (!left.aborted) {
      // Nobody looks at a hidden tab: it costs the box nothing.
      if (document.visibilityState === 'visible') await this.look(path, left);
      await new Promise((next) => setTimeout(next, EVERY_MS));
    }
  }

  // Fetched whole and then swapped: a picture never flickers, and the box says when it was taken.
  private async look(path: string, left: AbortSignal): Promise<void> {
    try {
      const response = await fetch(path, { signal: left });
      if (!response.ok) return;
      const blob = await response.blob();
      if (left.aborted) return;
      const takenAt = response.headers.get('x-captured-at') ?? new Date().toISOString();
      const isBlurred = response.headers.get('x-picture') !== 'original';
      this.show({ url: URL.createObjectURL(blob), takenAt, isBlurred });
    } catch {
      // The box is away: the last picture stays, with its time, until it is back.
    }
  }

  private before: Shot | null = null;

  private show(next: Shot | null): void {
    const before = this.before;
    this.shot = this.before = next;
    if (before) URL.revokeObjectURL(before.url);
  }
}
