// What the pages know of the ward: lists loaded from the box, loaded again when it says so.

import { call } from './api';
import type { Places } from './place';
import type { Alert, Bulletin, Camera, Cluster, Layer, Plays, StoredSound, Template } from './types';

/** A browser gives an event stream up when the box answers with an error; we do not. */
const REOPEN_MS = 5_000;
const PLAN_AGAIN_MS = 30_000;

/** One list and what became of loading it. */
export class Loaded<T> {
  value = $state<T | null>(null);
  error = $state<unknown>(null);
  private wanted: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly path: string) {}

  load = async (): Promise<void> => {
    try {
      this.value = await call<T>('GET', this.path);
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  };

  /** Many notices in a moment are one load. */
  loadSoon(): void {
    if (this.wanted !== undefined) return;
    this.wanted = setTimeout(() => {
      this.wanted = undefined;
      void this.load();
    }, 250);
  }

  forget(): void {
    clearTimeout(this.wanted);
    this.wanted = undefined;
    this.value = null;
    this.error = null;
  }
}

class Ward {
  cameras = new Loaded<Camera[]>('/cameras');
  alerts = new Loaded<Alert[]>('/alerts?limit=30');
  clusters = new Loaded<Cluster[]>('/clusters');
  places = new Loaded<Places>('/places');
  plays = new Loaded<Plays>('/plays');
  bulletins = new Loaded<Bulletin[]>('/bulletins');
  layers = new Loaded<Layer[]>('/calendar/layers');
  templates = new Loaded<Template[]>('/templates');
  shelf = new Loaded<StoredSound[]>('/shelf');
  /** Whether changes arrive by themselves right now. */
  isLive = $state(false);
  /** Wall time of this browser, each second: for clocks and "how long ago". */
  now = $state(Date.now());

  private readonly byTopic: Record<string, Set<Loaded<unknown>>> = {
    camera: new Set([this.cameras]),
    alert: new Set([this.alerts]),
    cluster: new Set<Loaded<unknown>>([this.clusters, this.places]),
    bulletin: new Set<Loaded<unknown>>([this.bulletins, this.plays, this.templates, this.shelf]),
    play: new Set([this.plays]),
    calendar: new Set([this.layers, this.plays]),
  };

  private get all(): Set<Loaded<unknown>> {
    return new Set(Object.values(this.byTopic).flatMap((it) => [...it]));
  }

  /** Keeps a list of one page up to date as well; answers with how to stop. */
  keep(topics: string | string[], list: Loaded<unknown>): () => void {
    const told = [topics].flat().flatMap((it) => this.byTopic[it] ?? []);
    void list.load();
    told.forEach((it) => it.add(list));
    return () => {
      told.forEach((it) => it.delete(list));
      list.forget();
    };
  }

  /** For whoever has just changed something: no need to wait for the box to say so. */
  async changed(topic: string): Promise<void> {
    await Promise.all([...(this.byTopic[topic] ?? [])].map((it) => it.load()));
  }

  /** Loads everything and follows every change; answers with how to stop. */
  follow(onLogout: () => void): () => void {
    const ticking = setInterval(() => (this.now = Date.now()), 1000);
    // Plays move from next to last by the clock alone.
    const replanning = setInterval(() => this.plays.loadSoon(), PLAN_AGAIN_MS);
    let close = this.listen(onLogout);
    const reopening = setInterval(() => {
      if (close.isOver()) close = this.listen(onLogout);
    }, REOPEN_MS);
    this.loadAll();
    return () => {
      [ticking, replanning, reopening].forEach(clearInterval);
      close.now();
      this.isLive = false;
      this.all.forEach((it) => it.forget());
    };
  }

  private loadAll = (): void => this.all.forEach((it) => void it.load());

  private listen(onLogout: () => void): { now: () => void; isOver: () => boolean } {
    const events = new EventSource('/api/v1/events');
    events.addEventListener('hello', () => {
      this.isLive = true;
      // What changed after the last load and before this moment was told to nobody.
      this.all.forEach((it) => it.loadSoon());
    });
    events.addEventListener('reload', this.loadAll);
    events.addEventListener('logout', onLogout);
    for (const [topic, lists] of Object.entries(this.byTopic)) {
      events.addEventListener(topic, () => lists.forEach((it) => it.loadSoon()));
    }
    events.addEventListener('error', () => {
      this.isLive = false;
      // Tells a box that is away from a session that has ended: the latter answers 401.
      void this.cameras.load();
    });
    return { now: () => events.close(), isOver: () => events.readyState === EventSource.CLOSED };
  }
}

export const ward = new Ward();
