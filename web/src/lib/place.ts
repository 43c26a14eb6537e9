// The rows of the table of places as a page lists them: each below what it hangs on.

export interface Place {
  code: string;
  kind: string;
  name: string;
  parent: string | null;
  valid_from: string;
  valid_to: string | null;
  population: number | null;
  successors: string[];
  n_clusters: number;
}

export interface Places {
  on: string;
  revision: number;
  imported_by: string | null;
  imported_at: string | null;
  changes: string[];
  places: Place[];
  unplaced: string[];
}

export interface Leaf {
  place: Place;
  /** How far below the top, from 0. */
  depth: number;
}

/** In the order of reading a tree; what hangs on nothing of that day comes as if it were at the top. */
export function ordered(places: Place[]): Leaf[] {
  const codes = new Set(places.map((it) => it.code));
  const below = new Map<string | null, Place[]>();
  for (const place of places) {
    const above = place.parent !== null && codes.has(place.parent) ? place.parent : null;
    below.set(above, [...(below.get(above) ?? []), place]);
  }
  const leaves: Leaf[] = [];
  const walk = (above: string | null, depth: number): void => {
    const here = below.get(above) ?? [];
    here.sort((one, other) => one.name.localeCompare(other.name, 'vi', { numeric: true }));
    for (const place of here) {
      leaves.push({ place, depth });
      walk(place.code, depth + 1);
    }
  };
  walk(null, 0);
  return leaves;
}

/** What a bulletin may be for: a cluster is chosen by itself. */
export function choices(places: Place[]): Leaf[] {
  return ordered(places.filter((it) => it.kind !== 'cluster'));
}
