// What takes two clicks, because it cannot be undone: the first asks, and the question goes away by itself.

const ASKED_FOR_MS = 5_000;
/** A double click is one answer, given before the question could be read. */
const READ_IN_MS = 500;

export class Twice {
  isAsked = $state(false);
  private askedAt = 0;
  private forgetting: ReturnType<typeof setTimeout> | undefined;

  /** True the second time. */
  isSure(): boolean {
    if (this.isAsked) {
      const isSure = performance.now() - this.askedAt >= READ_IN_MS;
      if (isSure) this.forget();
      return isSure;
    }
    this.isAsked = true;
    this.askedAt = performance.now();
    this.forgetting = setTimeout(this.forget, ASKED_FOR_MS);
    return false;
  }

  forget = (): void => {
    clearTimeout(this.forgetting);
    this.isAsked = false;
  };
}
