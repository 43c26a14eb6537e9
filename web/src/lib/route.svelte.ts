// Which page is shown: the path of the address, nothing else.

class Route {
  path = $state(location.pathname);

  constructor() {
    addEventListener('popstate', () => (this.path = location.pathname));
  }

  /** The camera whose page this is. */
  get camera(): string | null {
    const id = /^\/cameras\/([a-z0-9-]+)$/.exec(this.path)?.[1];
    return id ?? null;
  }

  go(path: string): void {
    history.pushState(null, '', path);
    this.path = path;
    scrollTo(0, 0);
  }

  /** For links: a plain click stays in the page, every other click is the browser's. */
  follow = (event: MouseEvent): void => {
    const link = event.currentTarget;
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    if (!isPlain || !(link instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    this.go(link.pathname);
  };
}

export const route = new Route();
