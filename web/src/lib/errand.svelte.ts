// Something that the page asks of the box: whether it is under way, and what went wrong the last time.

export class Errand {
  isBusy = $state(false);
  error = $state.raw<unknown>(null);

  /** What `deed` throws is for the page to show. */
  async run(deed: () => Promise<void>): Promise<void> {
    this.isBusy = true;
    this.error = null;
    try {
      await deed();
    } catch (caught) {
      this.error = caught;
    } finally {
      this.isBusy = false;
    }
  }
}
